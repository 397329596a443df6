from textrnn.auditing.audit_texts import audit as audit
from textrnn.errors import TextrnnError as TextrnnError
from textrnn.estimators.classifier import TextClassifier as TextClassifier
from textrnn.model.text_predictor import TextPredictor as TextPredictor
from textrnn.model.text_predictor import load as load
from textrnn.sequences.regressor import SequenceRegressor as SequenceRegressor

__version__: str
__all__ = ["SequenceRegressor", "TextClassifier", "TextPredictor", "TextrnnError", "__version__", "audit", "load"]
