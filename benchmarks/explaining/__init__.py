"""How faithful explanations are: measured, not asserted."""
