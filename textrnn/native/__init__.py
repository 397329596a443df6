"""The steps of an LSTM in C, for processors of the x86-64 kind; where they cannot be built, torch's are taken."""
