"""The training loop, its checkpoints, and the number formats it runs in."""
