"""`SequenceRegressor`: sequences of numbers in place of texts."""
