"""A run: planned, carried out, shown, recorded."""
