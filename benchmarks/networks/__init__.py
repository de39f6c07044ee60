"""Networks by themselves: convolutions and codes of images."""
