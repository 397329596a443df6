"""The page where a person asks a model, by hand: served, or put into one file."""
