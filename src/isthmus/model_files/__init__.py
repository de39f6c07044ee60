"""Model files: one signed file of tensors and settings."""
