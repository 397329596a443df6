"""One short program a library, each run by the Python of its own environment; named with `_`, to hide no library."""
