"""How fast textrnn is beside others: every way of a benchmark in the same run, interleaved. `make bench` runs it."""
