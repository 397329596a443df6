"""How the logits of the branches become probabilities and a label."""
