"""Data: readers, splits, checks, and the corpus they build."""
