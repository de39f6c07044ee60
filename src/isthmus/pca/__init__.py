"""Principal axes, and networks that start at them."""
