"""What each ingredient of the default configuration is worth. `make ablation` runs it."""
