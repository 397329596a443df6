"""Text in: the boundary, the tokenizer, the vocabulary, ragged token ids."""
