"""The n-gram branch of a classifier."""
