"""Measurements that the checks read, each of one thing that can be wrong."""
