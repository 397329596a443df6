"""The steps of recurrences and of the optimizer in C, for x86-64; where they cannot be built, torch's are taken."""
