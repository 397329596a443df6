"""The engine: token ids -> logits, from numpy arrays, by native kernels or by numpy; without torch."""
