"""The estimators: scikit-learn's interface over a fit that is a value."""
