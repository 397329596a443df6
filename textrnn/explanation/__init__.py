"""Why a classifier says what it says: what each word adds to a prediction."""
