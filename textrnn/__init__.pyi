from textrnn.errors import TextrnnError as TextrnnError
from textrnn.estimators.classifier import TextClassifier as TextClassifier
from textrnn.sequences.regressor import SequenceRegressor as SequenceRegressor

__version__: str
__all__ = ["SequenceRegressor", "TextClassifier", "TextrnnError", "__version__"]
