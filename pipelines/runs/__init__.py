"""Finished runs, each kept with its record, report, model; the promoted one is what `predict` takes."""
