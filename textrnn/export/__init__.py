"""From a saved model to the formats of other engines."""
