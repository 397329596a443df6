"""What a stage reads of its settings while it runs is in its key: no field that it starts to read is forgotten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from recorded import recording, recording_settings
from settings import tree_of, write_files
from stages import call_stage, config_of, run_stages

from pipelines.caching.file_memo import FileMemo
from pipelines.caching.keys import preimage_of
from pipelines.stages import STAGES
from textrnn.bundling.bundle import folder_of

pytestmark = pytest.mark.usefixtures("without_plots")

# read, and kept out of keys: what is there is keyed in their place, or nothing that is made hangs on them
NOT_IN_KEY = {
    "data": {"source", "train", "validation", "test", "fixes"},  # the bytes of the files
    "unlabelled": {"source"},
    "embeddings": {"vectors", "encoder"},
    "self_training": {"teacher"},
    "train": {"checkpoint_seconds", "init_from"},  # how often a checkpoint is kept
}
MORE = {"unlabelled": {"source": "more.jsonl"}}
PASS = {"encoder_pretraining": {"epochs": 1, "window": 4, "stride": 2}}
START = {"train": {"init_from": "model"}}
# configurations between which every branch of the key's own rules is taken
TRIED: dict[str, list[dict[str, Any]]] = {
    "plain": [],
    "beside": [{"data": {"numeric": ["price"], "categorical": ["shop"]}}],
    "pass": [PASS, MORE],
    "auto": [{"encoder_pretraining": {"epochs": "auto"}, "train": {"patience": "auto", "adversarial": "auto"}}],
    "start": [START],
    "start and pass": [START, PASS, MORE],
    "teachers": [MORE, {"self_training": {"teachers": 1, "epochs": 1}}],
    "multi": [{"data": {"source": "several.csv", "text_column": "text", "target": "multi"}}],
    "encoder": [{"embeddings": {"encoder": "encoder"}}],
    "encoder as a teacher": [MORE, {"self_training": {"teacher": "encoder"}}],
    "model as a teacher": [MORE, {"self_training": {"teacher": "model"}}],
    "bpe": [{"vocabulary": {"kind": "bpe"}}],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the configurations read, a model among them."""
    place = tmp_path_factory.mktemp("read")
    write_files(place)
    nouns = run_stages(config_of(tree_of(), place), place / "made")
    parts = (nouns[name] for name in ("vocabulary", "classifier", "ngram_branch", "decision"))
    folder_of(*parts, metrics={}, provenance={}, card="").save(place / "model")
    return place


@pytest.mark.parametrize("name", TRIED)
def test_what_a_stage_reads_of_its_settings_is_in_its_key(name: str, folder: Path, tmp_path: Path) -> None:
    config = config_of(tree_of(*TRIED[name]), folder)
    memo = FileMemo(tmp_path / "memo.json")
    nouns: dict[str, Any] = {}
    for stage in STAGES:
        if stage.name in ("baseline", "evaluate", "bundle") and name != "beside":
            continue  # which read the same fields, whatever there is
        sections, read = config.sections(stage.params), {section: set[str]() for section in stage.params}
        nouns[stage.makes] = call_stage(stage, nouns, recording_settings(stage, sections, read), tmp_path)
        keyed = preimage_of(stage, sections, dict.fromkeys(stage.reads, ""), {}, memo)["params"]
        for section, found in read.items():
            known = set(keyed.get(section, ())) | NOT_IN_KEY.get(section, set())
            assert found <= known, f"{stage.name} reads {section}.{sorted(found - known)}, which its key does not hold"
        if stage.arguments and name == "start and pass" and stage.name != "self_train":  # which is off here
            idle = {section: set(fields) - read[section] for section, fields in keyed.items()}
            assert not any(idle.values()), f"{stage.name} does not read {idle}, which its key holds"


def test_a_field_that_is_read_is_noted_and_one_that_is_copied_is_not() -> None:
    from textrnn.config.train import TrainConfig

    read: set[str] = set()
    section = recording(TrainConfig(), read)
    copy = replace(section, epochs=3)
    assert read == set()
    assert (copy.epochs, read) == (3, {"epochs"}), "the copy records too"
