"""From the logits of the branches to probabilities, then predictions."""
