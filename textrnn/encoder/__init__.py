"""A sentence encoder that others trained: read as data, texts to vectors. Training alone uses it."""
