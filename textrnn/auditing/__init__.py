"""The audit: labelled rows that look wrong."""
