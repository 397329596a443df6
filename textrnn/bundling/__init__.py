"""A trained classifier becomes the files of a model folder."""
