"""Slices: groups of rows that are alike, scored against the other rows."""
