"""The page where a person asks a model: hand-written HTML, CSS and modules, served or put into one file."""
