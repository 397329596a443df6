"""Linear models on sparse counts of n-grams."""
