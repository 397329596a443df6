"""Explanations: what each word adds to a prediction."""
