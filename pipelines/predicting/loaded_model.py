"""The model that predicts, with its digests."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textrnn.storage.bounded_reading import read_consistently
from textrnn.storage.files import content_digest, read_manifest

if TYPE_CHECKING:
    from textrnn.model.predictor import Predictor


@dataclass(frozen=True)
class LoadedModel:
    """A predictor, with the SHA-256 of all files that it was made of, the card apart; `decision` is that of the
    decision alone, `rest` that of the others.
    """

    predictor: "Predictor"
    digest: str
    decision: str
    rest: str


def load_model(folder: Path) -> LoadedModel:
    """The model in `folder`, all of it from one folder, should another be put in its place. Raises ModelError."""
    from textrnn.decision.decision import DECISION_FILE
    from textrnn.model.folder import load_predictor

    def read() -> LoadedModel:
        predictor = load_predictor(folder)
        files = read_manifest(folder)["files"]
        rest = {name: entry for name, entry in files.items() if name != DECISION_FILE}
        return LoadedModel(predictor, content_digest(files), files[DECISION_FILE]["sha256"], content_digest(rest))

    return read_consistently(folder, read)
