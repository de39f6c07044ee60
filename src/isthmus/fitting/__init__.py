"""A fit as a value: one function from rows and parameters to ``Fitted``."""
