"""From a source to rows: one short file a format; nothing is guessed on the way."""
