"""What starts a network: principal axes, and the networks made from them."""
