"""From the logits of the branches to probabilities and predictions."""
