"""Reports: a classifier measured, drawn, put into words."""
