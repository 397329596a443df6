"""Text: tokenizer, vocabulary, token ids, word vectors."""
