"""`TextClassifier` as scikit-learn has estimators."""
