"""Data in: readers, splits, checks, and the corpus they make."""
