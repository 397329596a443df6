"""Training: the loop, its checkpoints, the number formats it runs in."""
