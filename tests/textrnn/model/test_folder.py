from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made import make_rows, write_csv
from safetensors.torch import load_file, save_file
from tiny import made_ids, model_config, predict_encoded, train_config

import textrnn
from textrnn.bundling.bundle import bundle, folder_of, weak_slices
from textrnn.bundling.card import plain_card
from textrnn.config.model import Encoder
from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.decision.decision import Decision
from textrnn.decision.weights_digest import weights_digest
from textrnn.errors import ConfigError, ModelError
from textrnn.estimators.classifier import TextClassifier
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.linear.ngram_branch import empty_branch, to_bytes
from textrnn.model import replace as replacing
from textrnn.model.files import CARD, FORMAT, read_folder, read_weak_slices, rename_keys
from textrnn.model.folder import ModelFolder, load_predictor, predictor_of
from textrnn.model.score_rows import score_rows
from textrnn.storage.files import MANIFEST, digest_file, read_json, read_manifest, write_json, write_manifest
from textrnn.training.train import train

FORMATS = Path(__file__).resolve().parents[2] / "formats"
FILES = [
    "README.md", "config.json", "decision.json", "manifest.json", "metrics.json", "model.safetensors",
    "provenance.json", "tokenizer.json", "wide.safetensors",
]  # fmt: skip
TEXTS = [text for text, _ in make_rows(20)]


@pytest.fixture(scope="module")
def model() -> ModelFolder:
    vocabulary, ids = made_ids()
    classifier = train(ids, model_config(), train_config(epochs=1))
    ngram_branch = fit_ngram_branch(ids, NgramBranchConfig())
    card = plain_card(classifier, ngram_branch, vocabulary)
    about: dict[str, Any] = {"metrics": {"a": 1}, "provenance": {"b": 2}, "card": card}
    return folder_of(vocabulary, classifier, ngram_branch, Decision(0.5, 0.5), **about)


@pytest.fixture
def folder(model: ModelFolder, tmp_path: Path) -> Path:
    model.save(tmp_path / "model")
    return tmp_path / "model"


def test_what_is_saved_gives_the_same_probabilities_bit_for_bit(model: ModelFolder, folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == FILES
    found = load_predictor(folder).predict_probabilities(TEXTS)
    assert np.array_equal(found, predictor_of(model).predict_probabilities(TEXTS))
    assert found.std(axis=0).min() > 0
    assert load_predictor(folder).max_tokens == train_config().max_tokens
    assert ModelFolder.load(folder).files == model.files


@pytest.mark.parametrize(
    ("encoder", "words"),
    [
        ("lstm", "A bidirectional LSTM with 5 units a direction and 1 layer(s) over 6-number"),
        ("bag", "A bag of embeddings over 6-number"),
        ("convolution", "A convolution with 5 maps of each of the widths 3, 4, 5 over 6-number"),
    ],
)
def test_every_kind_of_encoder_goes_into_a_folder_and_comes_back(encoder: Encoder, words: str, tmp_path: Path) -> None:
    vocabulary, ids = made_ids()
    classifier = train(ids, model_config(encoder=encoder), train_config(epochs=1))
    card = plain_card(classifier, empty_branch(2), vocabulary)
    assert words in card
    made = folder_of(vocabulary, classifier, empty_branch(2), Decision(), metrics={}, provenance={}, card=card)
    made.save(tmp_path / "model")
    found = load_predictor(tmp_path / "model").predict_encoded(ids.splits["validation"])
    assert np.array_equal(found, predict_encoded(classifier, ids.splits["validation"]))
    assert found.std(axis=0).min() > 0


def test_a_folder_of_somebody_is_refused_at_once_and_again_when_it_is_our_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(path: Path) -> Any:
        taken.mkdir()
        (taken / "letter.txt").write_text("mine")
        return contextlib.nullcontext()

    def wait(path: Path) -> Any:
        raise AssertionError("it waits for others before it looks")

    taken = tmp_path / "model"
    for folder_lock in (leave, wait):  # somebody puts a letter there while we wait; then it is there
        monkeypatch.setattr(replacing, "folder_lock", folder_lock)
        with pytest.raises(ConfigError, match=r"found other files \(letter\.txt\)"):
            replacing.replace_model(lambda folder: folder.mkdir(), taken)
        assert [(path.name, path.read_text()) for path in taken.iterdir()] == [("letter.txt", "mine")]
        assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_folder_can_be_moved_and_equal_models_have_equal_bytes(model: ModelFolder, folder: Path) -> None:
    model.save(folder.parent / "again")
    for name in FILES:
        assert (folder / name).read_bytes() == (folder.parent / "again" / name).read_bytes()
    moved = shutil.move(folder, folder.parent / "elsewhere")
    assert load_predictor(Path(moved)).predict(TEXTS)


def test_the_bundle_of_an_evaluated_model_names_its_report(folder: Path, tmp_path: Path) -> None:
    vocabulary, ids = made_ids()
    classifier = train(ids, model_config(), train_config(epochs=1))
    report = score_rows(load_predictor(folder), str(write_csv(tmp_path / "rows.csv", make_rows(30, seed=1))))
    ngram_branch = fit_ngram_branch(ids, NgramBranchConfig())
    bundle(vocabulary, classifier, ngram_branch, Decision(0.5, 0.5), report).save(tmp_path / "whole")
    assert read_json(tmp_path / "whole" / "metrics.json") == report.data["metrics"]
    provenance = (tmp_path / "whole" / "provenance.json").read_bytes()
    assert len(json.loads(provenance)["report_sha256"]) == 64
    rows = report.data["diagnosis"].get("slices", {"rows": []})["rows"]
    assert [name for name, _, _ in read_weak_slices(provenance)] == [row["name"] for row in rows if row["weak"]][:10]
    assert "## How good it is" in (tmp_path / "whole" / CARD).read_text(encoding="utf-8")
    assert np.array_equal(
        load_predictor(tmp_path / "whole").predict_probabilities(TEXTS),
        load_predictor(folder).predict_probabilities(TEXTS),
    )


# --- damage -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in FILES if name != CARD])
def test_any_flipped_byte_is_refused(name: str, folder: Path) -> None:
    path = folder / name
    data = path.read_bytes()
    places = {0, len(data) // 2, len(data) - 1, *random.Random(0).sample(range(len(data)), min(60, len(data)))}
    for place in places:
        for bit in (1, 128):
            path.write_bytes(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
            with pytest.raises(ModelError) as caught:
                load_predictor(folder)
            assert "\n" not in str(caught.value)
    path.write_bytes(data)
    assert load_predictor(folder)


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def make_empty(path: Path) -> None:
    path.write_bytes(b"")


def link(path: Path) -> None:
    elsewhere = path.parent.parent / "elsewhere"
    os.replace(path, elsewhere)
    path.symlink_to(elsewhere)


@pytest.mark.parametrize("damage", [cut_short, make_empty, Path.unlink, link])
@pytest.mark.parametrize("name", [name for name in FILES if name not in (CARD, MANIFEST)])
def test_any_damaged_file_is_refused(name: str, damage: Callable[[Path], None], folder: Path) -> None:
    damage(folder / name)
    with pytest.raises(ModelError, match="the model folder is damaged, copy it or train it again"):
        load_predictor(folder)


def test_the_card_may_be_edited_or_removed(folder: Path) -> None:
    before = load_predictor(folder).predict_probabilities(TEXTS)
    (folder / CARD).write_text("my own words", encoding="utf-8")
    assert ModelFolder.load(folder).files[CARD] == b"my own words"
    assert np.array_equal(load_predictor(folder).predict_probabilities(TEXTS), before)
    (folder / CARD).unlink()
    (folder / CARD).symlink_to("/etc/hostname")  # no path out of the folder is followed
    assert CARD not in ModelFolder.load(folder).files
    (folder / CARD).unlink()
    assert np.array_equal(load_predictor(folder).predict_probabilities(TEXTS), before)


def test_other_files_next_to_it_do_not_matter(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    assert "notes.txt" not in ModelFolder.load(folder).files


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ({"format": FORMAT + 1, "kind": "textrnn model"}, f"of format {FORMAT + 1}"),
        ({"format": "1", "kind": "textrnn model"}, "of format '1'"),
        ({"format": 1, "kind": "another model"}, "'another model' of format 1"),
        ({}, "None of format None"),
        ({"format": True, "kind": "textrnn model"}, "of format True"),
        ({"format": 2.0, "kind": "textrnn model"}, r"of format 2\.0"),
        ({"format": 1, "kind": "x" * 10_000}, "of format 1"),
    ],
)
def test_another_format_is_refused(header: dict[str, Any], found: str, folder: Path) -> None:
    write_manifest(folder, header, leave_out=frozenset({CARD}))
    with pytest.raises(ModelError, match=f"expected a textrnn model of format 1 to {FORMAT}, found .*{found}"):
        load_predictor(folder)


def test_what_is_no_model_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected a model folder, found none"):
        load_predictor(tmp_path / "absent")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="expected a model folder, found a file"):
        load_predictor(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"expected manifest\.json, found none.*is it a model folder, copied whole\?"):
        load_predictor(tmp_path / "empty")


def test_a_file_that_the_manifest_leaves_out_is_refused(folder: Path) -> None:
    manifest = read_manifest(folder)
    del manifest["files"]["decision.json"]
    write_json(folder / MANIFEST, manifest)
    with pytest.raises(ModelError, match=r"expected an entry for decision\.json"):
        load_predictor(folder)


def test_a_file_that_no_format_has_is_refused(folder: Path) -> None:
    (folder / "more\n.bin").write_bytes(b"")
    write_manifest(folder, {"format": FORMAT, "kind": "textrnn model"}, leave_out=frozenset({CARD}))
    with pytest.raises(ModelError, match=r"files of format 7 alone, found 'more\\n\.bin'"):
        load_predictor(folder)


def test_an_ngram_branch_is_not_dropped_by_calling_the_folder_format_1(folder: Path) -> None:
    write_json(folder / MANIFEST, {**read_manifest(folder), "format": 1})
    with pytest.raises(ModelError, match=r"files of format 1 alone, found 'wide\.safetensors'"):
        load_predictor(folder)


@pytest.mark.parametrize("name", [MANIFEST, "metrics.json", CARD])
def test_what_is_no_plain_file_is_not_opened(name: str, folder: Path) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)  # which would wait for ever
    if name == CARD:
        assert CARD not in ModelFolder.load(folder).files
    else:
        with pytest.raises(ModelError, match="plain file"):
            load_predictor(folder)
    (folder / name).unlink()
    (folder / name).symlink_to("/dev/zero")
    if name == CARD:
        assert CARD not in ModelFolder.load(folder).files
    else:
        with pytest.raises(ModelError, match="plain file"):
            load_predictor(folder)


@pytest.mark.parametrize(
    "name", [MANIFEST, "metrics.json", CARD, "config.json", "model.safetensors", "wide.safetensors"]
)
def test_a_file_of_ours_is_bounded_before_it_is_read(name: str, folder: Path) -> None:
    most = 1 << (40 if name.endswith(".safetensors") else 24)
    with open(folder / name, "ab") as file:
        file.truncate(most + 1)  # holes, no bytes
    if name not in (MANIFEST, CARD):
        manifest = read_manifest(folder)
        manifest["files"][name]["size"] = most + 1
        write_json(folder / MANIFEST, manifest)
    with pytest.raises(ModelError, match=f"expected at most {most} bytes, found {most + 1}"):
        load_predictor(folder)


# --- a folder that is whole but lies ----------------------------------------------------------


def bind(folder: Path) -> None:
    """Say that the decision was fitted for the weights that are there, where it is a decision."""
    try:
        decision = json.loads((folder / "decision.json").read_bytes())
    except (ValueError, RecursionError):
        return
    digests = [digest_file(folder / name) for name in ("model.safetensors", "wide.safetensors")]
    if isinstance(decision, dict):
        write_json(folder / "decision.json", {**decision, "weights": weights_digest(*digests)})


def rewrite(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    bind(folder)
    write_manifest(folder, {"format": FORMAT, "kind": "textrnn model"}, leave_out=frozenset({CARD}))


def test_a_wide_branch_for_other_classes_is_refused(folder: Path) -> None:
    rewrite(folder, "wide.safetensors", to_bytes(empty_branch(3)))
    with pytest.raises(ModelError, match=r"wide\.safetensors has 3 classes, config\.json says 2"):
        load_predictor(folder)


def test_both_branches_reach_the_probabilities(folder: Path) -> None:
    both = load_predictor(folder).predict_probabilities(TEXTS)
    for recurrent, ngram_branch in ((1, 0), (0, 1)):
        decision = json.dumps({"rule": "argmax", "recurrent": recurrent, "ngram_branch": ngram_branch})
        rewrite(folder, "decision.json", decision.encode())
        assert abs(load_predictor(folder).predict_probabilities(TEXTS) - both).max() > 0.01


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"vocabulary_size": 7}, "has .* tokens, config.json says 7"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1 << 63}, "max_tokens"),
        ({"vocabulary_size": 1 << 40}, "vocabulary_size"),
        ({"target": {"kind": "single", "classes": ["a"]}}, "at least two classes"),
        ({"target": {"kind": "single", "classes": []}}, "at least two classes"),
        ({"target": {"kind": "single", "classes": ["a", "\ud800"]}}, r"config\.json"),
        ({"truncation": "middle"}, "truncation"),
        ({"target": {"kind": "several", "classes": ["a", "b"]}}, "target kind"),
        ({"target": {"kind": "multi", "classes": ["bad", "good"]}}, "expected the rule of a multi target"),
        ({"target": {"kind": "single", "classes": ["a", "a"]}}, "listed twice"),
        ({"target": {"kind": "single", "classes": ["a", 1]}}, "target classes"),
        ({"target": {"kind": "single", "classes": ["a", "b", "c"]}}, "head.weight"),
        ({"model": {"encoder": "cnn"}}, "encoder"),
        ({"model": {"hidden_size": 1 << 16}}, "weight_ih_l0"),
        ({"model": {"hidden_size": 1 << 20}}, "hidden_size"),
        ({"model": {"pooling": "attention"}}, "weights"),
        ({"model": {"num_layers": 3}}, "weights"),
        ({"model": {"bidirectional": False}}, "weights"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changed: dict[str, Any], words: str, folder: Path) -> None:
    config = read_json(folder / "config.json")
    if "model" in changed:
        changed = {"model": {**config["model"], **changed["model"]}}
    rewrite(folder, "config.json", json.dumps({**config, **changed}).encode())
    with pytest.raises(ModelError, match=words) as caught:
        load_predictor(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff" * 100, b"[" * 100_000])
@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer.json", "model.safetensors", "wide.safetensors", "decision.json"]
)
def test_a_file_of_another_kind_is_refused(name: str, data: bytes, folder: Path) -> None:
    rewrite(folder, name, data)
    with pytest.raises(ModelError) as caught:
        load_predictor(folder)
    assert "\n" not in str(caught.value)


def test_weights_that_are_not_finite_are_refused(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights["head.bias"][0] = torch.nan
    save_file(weights, folder / "model.safetensors")
    rewrite(folder, "model.safetensors", (folder / "model.safetensors").read_bytes())
    with pytest.raises(ModelError, match=r"head\.bias"):
        load_predictor(folder)


# --- what is and is not in it -----------------------------------------------------------------


def test_there_is_no_pickle_in_it(folder: Path) -> None:
    for path in folder.iterdir():
        data = path.read_bytes()
        assert not data.startswith(b"\x80")  # a pickle of protocol 2 or later
        assert b"PK\x03\x04" not in data  # the zip of torch.save
        for word in (b"c__builtin__", b"__reduce__", b"torch._utils", b"numpy.core"):
            assert word not in data


def test_no_code_of_ours_unpickles() -> None:
    root = Path(textrnn.__file__).parent
    for path in root.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for word in ("import pickle", "torch.load", "allow_pickle=True", "joblib", "eval(", "exec("):
            assert word not in text.replace(".eval(", "").replace("literal_eval(", ""), f"{path}: {word}"


def test_nothing_of_this_machine_is_in_it(folder: Path) -> None:
    for path in folder.iterdir():
        text = path.read_bytes().decode("utf-8", "replace")
        for word in (socket.gethostname(), str(Path.cwd()), str(folder), str(Path.home()) + os.sep, sys.prefix):
            by_chance = path.suffix == ".safetensors" and len(word) < 8  # in the bytes of numbers
            assert by_chance or word not in text, path.name


def run_python(script: str, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def test_a_model_is_used_without_datasets_or_the_pipeline(folder: Path) -> None:
    script = """
import sys
from pathlib import Path
from textrnn.model.folder import load_predictor
print(load_predictor(Path(sys.argv[1])).predict(["a text"])[0])
heavy = {"datasets", "pipelines", "typer", "sklearn", "pandas", "matplotlib", "torch", "scipy", "pyarrow"}
print(sorted(heavy & sys.modules.keys()))
"""
    label, loaded = run_python(script, str(folder)).splitlines()
    assert label in ("good", "bad")
    assert loaded == "[]"


def test_importing_textrnn_costs_nothing() -> None:
    script = """
import sys, textrnn
print(textrnn.__version__, dir(textrnn))
print(sorted({"torch", "sklearn", "numpy", "tokenizers", "datasets"} & sys.modules.keys()))
"""
    said, loaded = run_python(script).splitlines()
    names = ["SequenceRegressor", "TextClassifier", "TextPredictor", "TextrnnError", "__version__", "audit", "load"]
    assert said == f"{textrnn.__version__} {names}"
    assert loaded == "[]"


# --- kept folders of each format --------------------------------------------------------------


@pytest.mark.parametrize("number", range(1, FORMAT + 1))
def test_a_kept_folder_of_each_format_gives_its_probabilities(number: int, tmp_path: Path) -> None:
    kept = FORMATS / f"model-{number}"
    expected = read_json(FORMATS / f"model-{number}.expected.json")
    predictor = load_predictor(kept)
    found = predictor.predict_probabilities(expected["texts"])
    assert list(predictor.target.classes) == expected["classes"]
    assert np.abs(found - np.array(expected["probabilities"])).max() <= 1e-6
    assert found[0].argmax() != found[1].argmax()  # "good" and "not good"
    assert sum(path.stat().st_size for path in kept.iterdir()) < 60_000
    shutil.copytree(kept, tmp_path / "later")
    manifest = read_manifest(tmp_path / "later")
    write_json(tmp_path / "later" / MANIFEST, {**manifest, "format": FORMAT + 1})
    with pytest.raises(ModelError, match=f"found 'textrnn model' of format {FORMAT + 1}"):
        load_predictor(tmp_path / "later")


@pytest.mark.parametrize("number", range(1, FORMAT + 1))
def test_the_keys_of_a_kept_folder_are_those_of_now(number: int) -> None:
    files = read_folder(FORMATS / f"model-{number}")
    config, decision, provenance = (
        json.loads(files[name]) for name in ("config.json", "decision.json", "provenance.json")
    )
    assert config["truncation"] == provenance["train"]["truncation"] == ("head" if number < 3 else "both")
    assert not {"keep", "side"} & config.keys()
    assert not {"wide", "least"} & decision.keys()
    assert number < 4 or config["tabular"] == {"categorical": [], "numeric": []}
    assert number == 1 or decision["ngram_branch"] > 0
    loaded = TextClassifier.load(FORMATS / f"model-{number}")
    assert (loaded.settings or {}).get("train.truncation", "both") == provenance["train"]["truncation"]
    decay = "average" if number < 6 else "ema_decay"  # renamed since
    assert (loaded.settings or {})["train.ema_decay"] == provenance["train"][decay] == 0.9


def test_former_keys_are_renamed_wherever_they_stand_and_in_former_formats_alone() -> None:
    former: dict[str, dict[str, Any]] = {
        "config.json": {"keep": "tail", "side": {"numeric": []}, "model": {"side_size": 3, "encoder": "gru"}},
        "decision.json": {"rule": "argmax or none", "recurrent": 1, "wide": 0.5, "least": 0.75},
        "provenance.json": {
            "train": {"keep": "tail", "seed": 1},
            "settings": {"language.passes": 2, "wide.ngrams": 2, "train.keep": "tail", "train.seed": 1},
        },
        "metrics.json": {"keep": 1, "wide": 2},
    }
    now: dict[str, dict[str, Any]] = {
        "config.json": {
            "truncation": "tail", "tabular": {"numeric": []}, "model": {"tabular_size": 3, "encoder": "gru"},
        },
        "decision.json": {"rule": "argmax or none", "recurrent": 1, "ngram_branch": 0.5, "min_confidence": 0.75},
        "provenance.json": {
            "train": {"truncation": "tail", "seed": 1},
            "settings": {
                "encoder_pretraining.epochs": 2, "ngram_branch.ngrams": 2, "train.truncation": "tail", "train.seed": 1,
            },
        },
        "metrics.json": {"keep": 1, "wide": 2},
    }  # fmt: skip
    stored = {name: json.dumps(content).encode() for name, content in former.items()}
    assert {name: json.loads(data) for name, data in rename_keys(stored, 4).items()} == now
    assert rename_keys(stored, 5) == stored
    for broken in (b"", b"{", b"\xff", b"[1]", b"3", b"[" * 100_000):
        assert rename_keys(dict.fromkeys(stored, broken), 4) == dict.fromkeys(stored, broken)
    strange = dict.fromkeys(stored, b'{"model": 3, "train": [], "settings": null}')
    assert {name: json.loads(data) for name, data in rename_keys(strange, 4).items()} == {
        name: json.loads(data) for name, data in strange.items()
    }


def test_weak_slices_are_kept_and_read_whatever_a_folder_says() -> None:
    row = {"name": "short", "count": 30, "value": 0.51239, "weak": True}
    data = {"diagnosis": {"slices": {"rows": [row, {**row, "name": "long", "weak": False}]}}}
    assert weak_slices(data) == [["short", 30, 0.5124]]
    assert weak_slices({"diagnosis": {"slices": None}}) == weak_slices({"diagnosis": {}}) == []
    assert read_weak_slices(json.dumps({"weak_slices": weak_slices(data)}).encode()) == [["short", 30, 0.5124]]
    for strange in (b"{}", b"[]", b"no", b'{"weak_slices": [1]}', b'{"weak_slices": [["a", "b", 1]]}', b"[" * 99_999):
        assert read_weak_slices(strange) == []
