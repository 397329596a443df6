"""What the recurrences can do, shown on made-up sequences and on a real series."""
