"""A saved model on new rows: what is read, what is written."""
