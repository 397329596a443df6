"""One program a library, run by the Python of its own environment: it fits and scores the ways that a task names."""
