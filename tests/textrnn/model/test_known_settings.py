"""The settings that made a model, as far as its folder says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from textrnn.data.columns import Columns
from textrnn.model.folder import ModelFolder, load_predictor
from textrnn.model.known_settings import known_settings

FOLDER = Path(__file__).resolve().parents[2] / "formats" / "model-3"


def test_one_text_column_is_a_name_several_are_a_list() -> None:
    model, predictor = ModelFolder.load(FOLDER), load_predictor(FOLDER)
    assert known_settings(model, predictor)["data.text_column"] == "text"
    several = replace(predictor, columns=Columns(("subject", "body")))
    assert known_settings(model, several)["data.text_column"] == ("subject", "body")
