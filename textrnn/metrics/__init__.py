"""Scores, calibration, paired tests on labels with probabilities."""
