"""Data: readers, splits, checks, the corpus they build."""
