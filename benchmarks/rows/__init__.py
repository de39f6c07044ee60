"""Fits to tables and images, beside PCA and others, and the commands that apply them."""
