"""The command line round the library `textrnn`: stages, cache, runner."""
