"""Learning curves: accuracy by the number of labelled texts, beside others. `make curve` runs it."""
