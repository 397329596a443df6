"""Demonstrations of what a recurrence is for."""
