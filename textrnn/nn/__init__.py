"""The network: batches, embedding, recurrence, pooling, head."""
