"""Training: losses, noise, nested dropout, batches and the loop."""
