from textrnn.errors import TextrnnError as TextrnnError
from textrnn.estimator import TextClassifier as TextClassifier

__version__: str
__all__ = ["TextClassifier", "TextrnnError", "__version__"]
