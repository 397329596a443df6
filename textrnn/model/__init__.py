"""The model folder: written, read, used."""
