"""From a source to rows: one short file a format, and nothing guessed on the way."""
