"""Files: one writer, bounded reading, locks."""
