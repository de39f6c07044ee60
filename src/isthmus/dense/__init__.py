"""Dense networks, written once against a table of array operations: NumPy's or torch's."""
