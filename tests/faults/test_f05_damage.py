"""F5: bytes that changed on disk are never taken for a result: a miss and a rebuild, or exit 3."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faulting import SCALE, record, scaled
from hostile import mutate
from hostile_models import made_model, saved_models
from made import make_rows, write_csv
from predicted import Stopped, predict_lines
from running import SMALL, START, environment
from tiny import MODEL, TRAIN

from pipelines.app import run_app
from pipelines.caching.cache import DATA_FOLDER, Cache, Entry
from pipelines.caching.keys import key_of
from pipelines.running.signals import interruptible
from pipelines.stages import STAGES, find_stage
from textrnn.auditing.audit import Audit, AuditRow
from textrnn.config.baseline import BaselineConfig
from textrnn.config.data import TargetKind
from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.vocabulary import VocabularyConfig
from textrnn.data.load import corpus_of
from textrnn.data.target import Label
from textrnn.decision.decision import RULES, Decision
from textrnn.errors import ConfigError, DamagedFilesError, ModelError
from textrnn.evaluation.report import Report
from textrnn.inference.classifier import Classifier
from textrnn.linear.fit_baseline import fit_baseline
from textrnn.linear.ngram_branch import empty_branch
from textrnn.model.files import CARD
from textrnn.model.folder import load_predictor
from textrnn.nn.classifier import build_model
from textrnn.nn.from_network import to_arrays
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.sequences.folder import load_sequence_model
from textrnn.storage.files import MANIFEST
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.make_word_vectors import make_word_vectors
from textrnn.text.numericalize import numericalize
from textrnn.text.pseudo_labels import PseudoLabels
from textrnn.text.tokenize import tokenize
from textrnn.text.unlabelled import Unlabelled

READER = {  # a stage that reads what another makes, so that damage in it is met
    "load": "tokenize",
    "tokenize": "vocabulary",
    "vocabulary": "numericalize",
    "numericalize": "ngram_branch",
    "train": "decide",
    "ngram_branch": "decide",
    "decide": "evaluate",
    "baseline": "evaluate",
    "evaluate": "bundle",
}


KINDS: dict[TargetKind, list[Label]] = {  # labels of the kinds of target whose files hold something of their own
    "multi": [("a",), ("a", "b"), (), ("b",)],
    "number": [0.5, 1.0, 3.25, -2.0],
    "ordinal": ["1", "2", "3", "2"],
    "path": ["a > b", "a > c", "d > e", "a > b"],
}


def nouns_of(kind: TargetKind) -> dict[str, Any]:
    """Of texts with a target of this `kind`: what says, or holds, its labels."""
    labels = KINDS[kind] * 20
    corpus = corpus_of([text for text, _ in make_rows(80)], labels, target=kind)
    words = tokenize(corpus, TokenizeConfig())
    thresholds = (0.5,) * corpus.target.outputs if kind == "multi" else ()
    return {
        "load": corpus,
        "tokenize": words,
        "numericalize": numericalize(words, build_vocabulary(words, VocabularyConfig(min_count=1))),
        "decide": Decision(0.5, 0.5, rule=RULES[kind], thresholds=thresholds),
        "baseline": fit_baseline(words, BaselineConfig(ngrams=1, nb_ngrams=1, inverse_penalties=(1.0,))),
        "bundle": made_model(target_kind=kind),
    }


def nouns() -> dict[str, Any]:
    """What each stage makes, by stage, of made-up texts."""
    texts, labels = zip(*make_rows(80), strict=True)
    corpus = corpus_of(texts, labels)
    words = tokenize(corpus, TokenizeConfig())
    vocabulary = build_vocabulary(words, VocabularyConfig(min_count=1))
    ids = numericalize(words, vocabulary)
    network = build_model(MODEL, len(vocabulary), 2, seed=0)
    weights = to_arrays(network).weights
    return {
        "load": corpus,
        "audit": Audit((AuditRow(7, "test", "", "a", "good", "bad", 0.9, ("label",), ("so",), "r0"),), {"rows": 80}),
        "tokenize": words,
        "vocabulary": vocabulary,
        "numericalize": ids,
        "embeddings": make_word_vectors(ids, vocabulary, EmbeddingsConfig("none", size=4)),
        "pretrain_encoder": PretrainedWeights(
            {name: network.state_dict()[name] for name in ("embedding.weight", "encoder.bias_hh_l0")}
        ),
        "unlabelled": Unlabelled(ids.splits["validation"]),
        "self_train": PseudoLabels(
            ids.splits["validation"], np.full((len(ids.splits["validation"]), 2), 0.5, np.float32)
        ),
        "train": Classifier(weights, MODEL, TRAIN, ids.target, len(vocabulary), [], 1),
        "ngram_branch": empty_branch(2),
        "decide": Decision(0.5, 0.5),
        "baseline": fit_baseline(words, BaselineConfig(ngrams=1, inverse_penalties=(1.0,))),
        "evaluate": Report({"metrics": {"accuracy": 0.5}}, "<p>a page</p>"),
        "bundle": made_model(),
    }


@dataclass(frozen=True)
class Kept:
    """One artifact on disk: the files that may be damaged, and what is loaded where all is well."""

    name: str
    folder: Path
    entry: Entry | None = None  # none: a model folder, which `load` reads
    load: Callable[[Path], object] = load_predictor

    def accepts(self, cache: Cache) -> str | None:
        """What was wrongly taken, None where the damage was seen."""
        if self.entry is None:
            try:
                self.load(self.folder)
            except ModelError as error:
                return None if str(error).isprintable() else f"an unclear error: {error}"
            return "the model was loaded"
        found = cache.find(self.entry.stage, self.entry.key)
        if found is None:
            return None
        try:
            cache.read(found, find_stage(self.entry.stage))
        except DamagedFilesError as error:
            return None if str(error).isprintable() else f"an unclear error: {error}"
        same = {**found.manifest, "made": 0} == {**self.entry.manifest, "made": 0}
        return "the entry was read" if same else "the entry was read under another manifest"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return Cache(tmp_path_factory.mktemp("damage") / "cache")


@pytest.fixture(scope="module")
def artifacts(cache: Cache) -> list[Kept]:
    """An entry of every stage, those that differ by the kind of target for each, and a model folder of each kind."""
    made: dict[str, dict[str, Any]] = {"single": nouns(), **{kind: nouns_of(kind) for kind in KINDS}}
    about: Mapping[str, Any] = {"at": "then", "seconds": 1.0, "host": "here", "reasons": ["never run"]}
    kept = []
    for kind, of_kind in made.items():
        for name, noun in of_kind.items():
            parts = {"params": {"kind": kind}, "inputs": {}, "code": {}, "libraries": {}}
            preimage = {"stage": name, "format": 1, **parts}
            entry = cache.commit(find_stage(name), key_of(preimage), noun, preimage, about)
            kept.append(Kept(f"{name} ({kind})", entry.folder, entry))
    assert {entry.entry.stage for entry in kept if entry.entry} == {stage.name for stage in STAGES}
    for name, save in saved_models().items():
        save(folder := cache.root.parent / "models" / name)
        load = load_sequence_model if name == "sequence" else load_predictor
        kept.append(Kept(f"a model folder ({name})", folder, load=load))
    return kept


def classifier_in(artifacts: list[Kept]) -> Kept:
    """The model folder that `predict` reads in most of the tests."""
    return next(kept for kept in artifacts if kept.name == "a model folder (word)")


def damage(files: list[Path], chance: random.Random, elsewhere: Path) -> tuple[dict[Path, bytes], str]:
    """One damage done to `files`: the bytes of what was changed, to put back, and what was done."""
    path = chance.choice(files)
    before = {path: path.read_bytes()}
    kind = chance.choice(["bytes"] * 7 + ["swap", "gone", "link"] + (["permissions"] if os.geteuid() else []))
    if kind == "swap":
        other = chance.choice([file for file in files if file != path])
        before[other] = other.read_bytes()
        path.write_bytes(before[other])
        other.write_bytes(before[path])
        return before, f"{path.name} and {other.name} swapped"
    if kind == "bytes":
        changed, what = mutate(before[path], chance)
        path.write_bytes(changed)
        return before, f"{path.name}: {what}"
    if kind == "permissions":
        path.chmod(0)
        return before, f"{path.name}: not readable"
    path.unlink()
    if kind == "link":
        elsewhere.write_bytes(before[path])
        path.symlink_to(elsewhere)
    return before, f"{path.name}: {kind}"


def put_back(before: dict[Path, bytes]) -> None:
    for path, data in before.items():
        path.unlink(missing_ok=True)
        path.write_bytes(data)


def is_harmless(kept: Kept, before: dict[Path, bytes]) -> bool:
    """Nothing changed, or white space in a manifest, or the words in it that are for people alone."""
    for path, data in before.items():
        if not path.exists():
            return False
        if path.is_symlink():  # the cache is ours, and so are links in it; a model folder may not hold one
            return path == kept.folder / MANIFEST and kept.entry is not None
        if path.read_bytes() == data:
            continue
        if path != kept.folder / MANIFEST:
            return False
        try:
            now, then = json.loads(path.read_bytes()), json.loads(data)
            if {**now, "made": 0} != {**then, "made": 0}:
                return False
        except (ValueError, TypeError):
            return False
    return True


def files_of(kept: Kept) -> list[Path]:
    found = [path for path in sorted(kept.folder.rglob("*")) if path.is_file()]
    return [path for path in found if kept.entry is not None or path.name != CARD]


def test_no_damage_is_accepted(cache: Cache, artifacts: list[Kept], request: pytest.FixtureRequest) -> None:
    rounds, harmless = scaled(1500, least=len(artifacts)), 0
    wrong = []
    for number in range(rounds):
        kept, chance = artifacts[number % len(artifacts)], random.Random(number)
        before, what = damage(files_of(kept), chance, cache.root.parent / "elsewhere")
        spared = is_harmless(kept, before)
        harmless += spared
        found = None if spared else kept.accepts(cache)
        put_back(before)
        if found:
            wrong.append(f"round {number}, {kept.name}, {what}: {found}")
    record(request, "F5", rounds=rounds, held=rounds - len(wrong), note=f"mutations, {harmless} of them harmless")
    assert not wrong, f"{len(wrong)} of {rounds}: {wrong[:5]}"
    assert harmless < rounds / 10
    assert all(kept.accepts(cache) for kept in artifacts), "put back, every one is read again"


def test_white_space_and_the_card_are_no_damage(cache: Cache, artifacts: list[Kept]) -> None:
    for kept in artifacts:
        data = (kept.folder / MANIFEST).read_bytes()
        (kept.folder / MANIFEST).write_bytes(json.dumps(json.loads(data), indent=4).encode() + b"\n\n")
        assert kept.accepts(cache) in ("the entry was read", "the model was loaded")
        (kept.folder / MANIFEST).write_bytes(data)
    model = classifier_in(artifacts)
    card = (model.folder / CARD).read_bytes()
    (model.folder / CARD).write_bytes(b"my own words\xff\0")
    assert model.accepts(cache) == "the model was loaded"
    (model.folder / CARD).write_bytes(card)


@pytest.mark.skipif(SCALE < 0.05, reason="seconds a process; test_cli_use.py and test_bundle.py have quick ones")
def test_the_command_refuses_a_damaged_model(
    artifacts: list[Kept], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    rounds = scaled(20)
    for number in range(rounds):
        folder = tmp_path / "model"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(classifier_in(artifacts).folder, folder)
        kept = Kept("model", folder)
        before, what = damage(files_of(kept), random.Random(number), tmp_path / "elsewhere")
        done = subprocess.run(
            [sys.executable, "-c", START, "predict", "--model", str(folder), "a text"],
            cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        if is_harmless(kept, before):
            continue
        lines = done.stderr.strip().splitlines()
        assert done.returncode == 3, f"round {number}, {what}: {done.stderr}"
        assert [line.startswith("error: ") for line in lines] == [True], f"round {number}, {what}: {done.stderr}"
        assert done.stdout == "", f"round {number}, {what}: it answered all the same"
    record(request, "F5", rounds=rounds, held=rounds, note="damaged models: `predict` exits 3 with one line")


@pytest.mark.skipif(SCALE < 0.05, reason="a run of ten stages; test_runner.py has a quick one")
def test_a_damaged_result_is_made_again_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "data.csv", make_rows(80))
    (tmp_path / "textrnn.toml").write_text(SMALL, encoding="utf-8")
    with interruptible():
        assert run_app(["run", "--quiet"]) == 0
    root = Cache(tmp_path / ".textrnn")
    sound = {(entry.stage, entry.key): entry.content for entry in root.entries()}
    rounds = scaled(40)
    for number in range(rounds):
        chance = random.Random(number)
        stage, reader = list(READER.items())[number % len(READER)]
        entry = next(entry for entry in root.entries() if entry.stage == stage)
        path = chance.choice(sorted((entry.folder / DATA_FOLDER).iterdir()))
        changed, what = mutate(data := path.read_bytes(), chance)
        if changed == data:
            continue
        path.write_bytes(changed)
        capsys.readouterr()
        with interruptible():
            code = run_app(["run", "--quiet", "--force", reader])
        said = capsys.readouterr().err
        assert code == 0, f"round {number}, {stage}, {path.name}: {what}: {said}"
        assert "damaged in the cache" in said, f"round {number}, {stage}, {path.name}: {what}: no warning: {said}"
        now = {(entry.stage, entry.key): entry.content for entry in root.entries()}
        assert now == sound, f"round {number}, {stage}, {path.name}: {what}"
        assert root.verify() == {}, f"round {number}, {stage}, {path.name}: {what}"
    record(request, "F5", rounds=rounds, held=rounds, note="damaged results: a warning, made again, the same bytes")


def test_the_manifest_inside_a_bundle_is_compared_too(cache: Cache, artifacts: list[Kept]) -> None:
    """Damaged, it would be published as it is, run after run."""
    bundle = next(kept for kept in artifacts if kept.name == "bundle (single)")
    path = bundle.folder / DATA_FOLDER / MANIFEST
    data = path.read_bytes()
    try:
        path.write_bytes(data.replace(b"sha256", b"sha255"))
        assert bundle.accepts(cache) is None
    finally:
        path.write_bytes(data)


def test_damaged_parts_are_made_again_or_refused(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    source, output = tmp_path / "in.txt", tmp_path / "out.jsonl"
    parts = tmp_path / "out.jsonl.parts"
    source.write_text("".join(f"line {i} {'x' * (i * 7 % 13)}\n" for i in range(24)))
    predict_lines(source, tmp_path / "whole.jsonl")
    whole = (tmp_path / "whole.jsonl").read_bytes()
    rounds, refused = scaled(400), 0
    for number in range(rounds):
        with contextlib.suppress(Stopped):
            predict_lines(source, output, stop_after=4, restart=True)
        chance = random.Random(number)
        _, what = damage(sorted(parts.iterdir()), chance, tmp_path / "elsewhere")
        error = ""
        try:
            predict_lines(source, output)
        except ConfigError as found:
            error = str(found)
        if error:
            refused += 1
            assert error.isprintable(), f"round {number}, {what}"
            assert not output.exists(), f"round {number}, {what}"
            shutil.rmtree(parts)
        else:
            assert output.read_bytes() == whole, f"round {number}, {what}: damage was taken for a part"
            output.unlink()
    record(
        request, "F5", rounds=rounds, held=rounds, note=f"parts of predictions; {refused} refused, others made again"
    )
