"""Scores, calibration and paired tests on labels and probabilities."""
