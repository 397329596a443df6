"""The linear baseline of every report."""
