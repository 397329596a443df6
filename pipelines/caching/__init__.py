"""The cache: keys, digests of code, results kept whole."""
