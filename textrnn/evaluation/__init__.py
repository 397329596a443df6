"""Reports: what is measured, drawn and said of a classifier."""
