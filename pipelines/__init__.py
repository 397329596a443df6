"""Stages, cache, runner and command line round the library `textrnn`."""
