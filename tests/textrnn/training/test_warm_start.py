"""Starting from another model: the same network in the tokens of another vocabulary."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from classifiers import text_classifier
from made import make_rows
from tiny import made_ids, model_config, train_config

from textrnn import TextClassifier
from textrnn.bundling.bundle import folder_of
from textrnn.bundling.card import plain_card
from textrnn.config.arguments.encoder_pretraining import PretrainingLoop, pretraining_arguments
from textrnn.config.arguments.warm_start import warm_start_arguments
from textrnn.config.encoder_pretraining import EncoderPretrainingConfig
from textrnn.config.field_types import select_fields
from textrnn.config.model import ModelConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.train import TrainConfig
from textrnn.config.vocabulary import VocabularyConfig
from textrnn.data.load import corpus_of
from textrnn.data.target import UNSEEN_LOGIT, Target
from textrnn.decision.decision import Decision
from textrnn.errors import ConfigError, DataError, ModelError
from textrnn.inference.classifier import Classifier
from textrnn.linear.ngram_branch import empty_branch
from textrnn.model.files import FORMAT, KIND
from textrnn.nn.classifier import RecurrentClassifier, build_model
from textrnn.nn.encoder_pretraining import build_language_model
from textrnn.nn.from_network import to_torch
from textrnn.nn.predict import compute_logits
from textrnn.nn.pretrained import PretrainedWeights, load_pretrained
from textrnn.storage.files import MANIFEST, read_json, read_manifest, write_manifest
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged, ragged
from textrnn.text.special_tokens import UNK
from textrnn.text.tokenize import tokenize
from textrnn.text.vocabulary import Vocabulary
from textrnn.text.warm_start_source import resolve_warm_start
from textrnn.text.word_vectors import WordVectors
from textrnn.training.pretrain_encoder import new_pretraining_state, pretrain_encoder, pretraining_train_config
from textrnn.training.resume import TrainingStopped
from textrnn.training.schedule import make_schedule
from textrnn.training.train import train
from textrnn.training.warm_start import load_warm_start
from textrnn.training.warm_start_tokens import read_warm_start_tokens

VOCABULARY, IDS = made_ids()
NOTHING = WordVectors(np.zeros((len(VOCABULARY), 0), np.float32))


def start_of(
    source: str, ids: Ids, vocabulary: Vocabulary, vectors: WordVectors, config: ModelConfig, **options: Any
) -> PretrainedWeights:
    """What a network of `config` starts from in the model folder `source`."""
    return load_warm_start(
        ids, vocabulary, vectors, warm_start_arguments(config, TrainConfig(init_from=source)), **options
    )


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return train(IDS, model_config(), train_config())


@pytest.fixture(scope="module")
def source(classifier: Classifier, tmp_path_factory: pytest.TempPathFactory) -> str:
    return saved(classifier, VOCABULARY, tmp_path_factory.mktemp("start") / "model")


def saved(classifier: Classifier, vocabulary: Vocabulary, folder: Path) -> str:
    decision = Decision(1.0, 0.0)
    about: dict[str, Any] = {"metrics": {}, "provenance": {}, "card": ""}
    folder_of(vocabulary, classifier, empty_branch(classifier.target.outputs), decision, **about).save(folder)
    return str(folder)


def other_vocabulary(tokens: list[str]) -> Vocabulary:
    """PAD, UNK and `tokens`, each met three times."""
    return replace(VOCABULARY, tokens=(*VOCABULARY.tokens[:2], *tokens), counts=(0, 0, *[3] * len(tokens)))


def started(found: PretrainedWeights, vocabulary: Vocabulary, target: Target = IDS.target) -> RecurrentClassifier:
    network = build_model(model_config(), len(vocabulary), target.outputs, seed=9).eval()
    load_pretrained(network, found)
    return network


def logits(network: RecurrentClassifier, rows: Ragged) -> np.ndarray:
    return compute_logits(network, rows, max_tokens=20)


# --- what comes along -----------------------------------------------------------------------------


def test_in_another_order_of_tokens_and_classes_it_is_the_same_network(classifier: Classifier, source: str) -> None:
    tokens = list(VOCABULARY.tokens[2:])
    vocabulary = other_vocabulary(["a token of its own", *reversed(tokens)])
    target = Target("single", tuple(reversed(IDS.target.classes)))
    ids = replace(IDS, target=target, vocabulary_size=len(vocabulary))
    said: list[str] = []
    found = start_of(source, ids, vocabulary, vectors_of(vocabulary, 0), model_config(), on_progress=said.append)
    number = {token: i for i, token in enumerate(vocabulary.tokens)}
    rows = IDS.splits["validation"]
    again = ragged([number[VOCABULARY.tokens[i]] for i in row] for row in as_lists(rows))
    ours = logits(started(found, vocabulary, target), again)
    np.testing.assert_array_equal(ours[:, ::-1], logits(to_torch(classifier.network()), rows))
    assert said == [f"{source}: knows {len(tokens) / (len(tokens) + 1):.1%} of the training tokens; the head too"]


def test_other_classes_get_a_head_of_their_own(source: str) -> None:
    for target in (
        Target("single", ("good", "bad", "so-so")),
        Target("single", ("yes", "no")),
        Target("ordinal", IDS.target.classes),
        Target("number", ()),
    ):
        found = start_of(source, replace(IDS, target=target), VOCABULARY, NOTHING, model_config())
        assert {name.partition(".")[0] for name in found.weights} == {"embedding", "encoder"}, target
    found = start_of(source, IDS, VOCABULARY, NOTHING, model_config(pooling="mean"))
    assert "head.weight" not in found.weights


def test_words_that_the_new_texts_lack_are_kept(source: str) -> None:
    """What they mean is known: a text that holds them can be read, though no training text did."""
    texts, labels = zip(*make_rows(120), strict=True)
    words = tokenize(corpus_of(texts[:20], labels[:20]), TokenizeConfig())
    alone, both = (
        build_vocabulary(words, VocabularyConfig(max_size=12), more) for more in ((), read_warm_start_tokens(source))
    )
    assert len(alone) == 12
    assert both.tokens[:12] == alone.tokens, "what the texts say themselves comes first"
    assert {*both.tokens} == {*alone.tokens, *VOCABULARY.tokens}
    assert sum(both.counts) == sum(alone.counts)
    assert both.counts[UNK] < alone.counts[UNK], "and some of them stand in the texts"
    pieces = VocabularyConfig("bpe", max_size=60)
    assert build_vocabulary(words, pieces, read_warm_start_tokens(source)) == build_vocabulary(words, pieces)
    assert read_warm_start_tokens("none") == ()
    with pytest.raises(ModelError, match=r"train\.init_from: "):
        read_warm_start_tokens("/")


def test_a_class_that_the_model_was_never_shown_can_be_learned(tmp_path: Path) -> None:
    """Of such a class its head says never, which no step of training leads back from."""
    target = Target("single", (*IDS.target.classes, "so-so"))
    first = train(replace(IDS, target=target), model_config(), train_config(epochs=1))
    assert first.weights["head.bias"][2] == UNSEEN_LOGIT
    source = saved(first, VOCABULARY, tmp_path / "two of three")
    said: list[str] = []
    found = start_of(source, replace(IDS, target=target), VOCABULARY, NOTHING, model_config(), on_progress=said.append)
    assert said[0].endswith("the head too")
    assert found.weights["head.bias"][2] == 0
    assert np.array_equal(found.weights["head.weight"][:2], first.weights["head.weight"][:2])
    labels = {name: np.arange(len(rows), dtype=np.int64) % 3 for name, rows in IDS.splits.items()}
    settings = train_config(epochs=2, learning_rate=0.01)
    again = train(replace(IDS, target=target, labels=labels), model_config(), settings, pretrained=found)
    assert again.history[-1]["train_loss"] < 2, "with the old bias it is in the thousands"


def test_labels_that_are_numbers_are_the_same_as_their_names(classifier: Classifier, tmp_path: Path) -> None:
    named = replace(classifier, target=Target("single", ("0", "1")))
    source = saved(named, VOCABULARY, tmp_path / "named")
    ids = replace(IDS, target=Target("single", (0, 1)))
    assert "head.weight" in start_of(source, ids, VOCABULARY, NOTHING, model_config()).weights


def test_where_it_came_from_stays_with_the_model(source: str, tmp_path: Path) -> None:
    found = start_of(source, IDS, VOCABULARY, NOTHING, model_config())
    found.save(tmp_path / "kept")
    assert PretrainedWeights.load(tmp_path / "kept").origin == found.origin
    started = train(IDS, model_config(), train_config(epochs=1), pretrained=found)
    folder = Path(saved(started, VOCABULARY, tmp_path / "model"))
    digest = read_manifest(Path(source))["files"]["model.safetensors"]["sha256"]
    assert read_json(folder / "provenance.json")["started_from"] == digest
    assert digest in plain_card(started, empty_branch(2), VOCABULARY)
    assert "started_from" not in read_json(Path(source) / "provenance.json")


def test_a_new_token_is_put_where_its_vector_says(classifier: Classifier, source: str) -> None:
    """Vectors from which the model's own rows follow by an affine map say where any other token belongs."""
    rows = classifier.weights["embedding.weight"]
    turn = np.random.default_rng(0).normal(size=(rows.shape[1], rows.shape[1]))
    vectors = ((rows - 0.3) @ turn).astype(np.float32)
    kept = [i for i in range(2, len(rows)) if i % 5]
    vocabulary = other_vocabulary([VOCABULARY.tokens[i] if i % 5 else f"new {i}" for i in range(2, len(rows))])
    assert len(kept) < len(rows) - 2
    found = start_of(source, IDS, vocabulary, WordVectors(vectors), model_config()).weights["embedding.weight"].numpy()
    np.testing.assert_array_equal(found[kept], rows[kept])
    new = [i for i in range(2, len(rows)) if i not in kept]
    np.testing.assert_allclose(found[new], rows[new], atol=0.02)
    assert np.abs(rows[new] - rows[UNK]).max() > 0.1, "or the line above says nothing"


def test_a_token_that_nothing_knows_starts_as_the_unknown_one_and_pad_stays_zero(source: str) -> None:
    vocabulary = other_vocabulary([*VOCABULARY.tokens[2:5], "never met", "nor this"])
    vectors = vectors_of(vocabulary, 4)
    vectors.matrix[-1] = 0
    found = start_of(source, IDS, vocabulary, vectors, model_config()).weights["embedding.weight"]
    assert torch.equal(found[-1], found[UNK])
    assert not torch.equal(found[-2], found[UNK])
    assert not found[0].any()


def test_it_learns_from_a_few_texts_what_a_fresh_network_does_not(tmp_path: Path) -> None:
    few = replace(
        IDS,
        splits={**IDS.splits, "train": ragged(as_lists(IDS.splits["train"])[:12])},
        labels={**IDS.labels, "train": IDS.labels["train"][:12]},
        target=Target("single", ("yes", "no")),  # so that the head must be learned
    )
    long = saved(train(IDS, model_config(), train_config(epochs=12, learning_rate=0.01)), VOCABULARY, tmp_path / "long")
    settings = train_config(epochs=4, learning_rate=0.01, batch_size=4)
    accuracy = [
        max(each["validation_accuracy"] for each in train(few, model_config(), settings, pretrained=start).history)
        for start in (PretrainedWeights(), start_of(long, few, VOCABULARY, NOTHING, model_config()))
    ]
    assert accuracy[1] > accuracy[0] + 0.15


def test_pretraining_goes_on_from_it(source: str) -> None:
    config, start = (
        EncoderPretrainingConfig(epochs=1, batch_size=16),
        start_of(source, IDS, VOCABULARY, NOTHING, model_config()),
    )
    schedule = make_schedule(pretraining_train_config(select_fields(PretrainingLoop, train_config()), config), 1)
    network = new_pretraining_state(model_config(), schedule, len(VOCABULARY), NOTHING, start).network
    fresh = build_language_model(model_config(), len(VOCABULARY), seed=0).state_dict()
    for name, weight in network.state_dict().items():
        wanted = start.weights.get(name, fresh[name])
        assert torch.equal(weight, wanted), name
    learned = pretrain_encoder(
        IDS, NOTHING, ragged([]), pretraining_arguments(model_config(), train_config(), config), start
    )
    assert learned.weights.keys() == start.weights.keys()
    same = [name for name in start.weights if torch.equal(learned.weights[name], start.weights[name])]
    assert same == ["head.weight", "head.bias"], "what the pretraining has no part in stays"
    without = pretrain_encoder(
        IDS,
        NOTHING,
        ragged([]),
        pretraining_arguments(model_config(), train_config(), EncoderPretrainingConfig()),
        start,
    )
    assert without is start


def test_a_checkpoint_of_another_start_is_left_alone(source: str, tmp_path: Path) -> None:
    config, start = (
        EncoderPretrainingConfig(epochs=2, batch_size=16),
        start_of(source, IDS, VOCABULARY, NOTHING, model_config()),
    )
    settings = train_config(checkpoint_seconds=1e-9)

    def learn(start: PretrainedWeights | None, **options: Any) -> Mapping[str, torch.Tensor]:
        return pretrain_encoder(
            IDS, NOTHING, ragged([]), pretraining_arguments(model_config(), settings, config), start, **options
        ).weights

    calls = iter(range(1, 1000))
    with pytest.raises(TrainingStopped):
        learn(None, checkpoints=tmp_path, stop_requested=lambda: next(calls) >= 9)
    wanted = learn(start)
    assert all(torch.equal(weight, wanted[name]) for name, weight in learn(start, checkpoints=tmp_path).items())


# --- what is refused ------------------------------------------------------------------------------


def test_none_is_no_start() -> None:
    assert start_of("none", IDS, VOCABULARY, NOTHING, model_config()).weights == {}


def test_another_shape_says_what_to_set(source: str) -> None:
    config = model_config(hidden_size=7, bidirectional=False)
    wanted = r"found hidden_size 5 in .* and 7 in .*; --set model\.hidden_size=5 --set model\.bidirectional=true"
    with pytest.raises(ConfigError, match=wanted):
        start_of(source, IDS, VOCABULARY, NOTHING, config)


def test_a_bag_has_no_shape_but_its_embedding(tmp_path: Path) -> None:
    bag = model_config(encoder="bag")
    source = saved(train(IDS, bag, train_config(epochs=1)), VOCABULARY, tmp_path / "bag")
    wider = model_config(encoder="bag", hidden_size=9, num_layers=2)
    assert "embedding.weight" in start_of(source, IDS, VOCABULARY, NOTHING, wider).weights


def test_weights_too_large_to_map_to_are_refused(classifier: Classifier, tmp_path: Path) -> None:
    weights = {name: np.array(weight) for name, weight in classifier.weights.items()}
    weights["embedding.weight"][2:] = np.random.default_rng(0).random(weights["embedding.weight"][2:].shape) * 1e38
    source = saved(replace(classifier, weights=weights), VOCABULARY, tmp_path / "huge")
    vocabulary = other_vocabulary([*VOCABULARY.tokens[2:20], "new"])
    vectors = vectors_of(vocabulary, 4)
    vectors.matrix[-1] = 1e6
    with pytest.raises(ModelError, match="found too large ones"):
        start_of(source, IDS, vocabulary, vectors, model_config())


def test_another_language_is_refused(source: str) -> None:
    vocabulary = other_vocabulary(["eins", "zwei"])
    with pytest.raises(DataError, match=r"found none in .*; is it of the same language"):
        start_of(source, IDS, vocabulary, vectors_of(vocabulary, 0), model_config())


def test_a_damaged_model_and_none_at_all_are_refused(source: str, tmp_path: Path) -> None:
    for gone in (str(tmp_path / "gone"), "/", "x" * 5000, "a\0b", "~nobody-of-that-name/model"):
        with pytest.raises(ModelError, match=r"train\.init_from: .*"):
            start_of(gone, IDS, VOCABULARY, NOTHING, model_config())
        with pytest.raises(ModelError, match=r"train\.init_from: "):
            resolve_warm_start(gone, model_config().shape)
    folder = tmp_path / "model"
    folder.mkdir()
    for file in Path(source).iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    with pytest.raises(ModelError, match=r"train\.init_from: .*model\.safetensors.*" + re.escape(MANIFEST)):
        start_of(str(folder), IDS, VOCABULARY, NOTHING, model_config())


def test_a_model_whose_files_contradict_one_another_is_refused(classifier: Classifier, tmp_path: Path) -> None:
    """Each file is as its manifest says, but weights are of another network, or tokens of another vocabulary."""
    weights = {name: np.array(weight) for name, weight in classifier.weights.items()}
    weights["encoder.weight_hh_l0"] = np.ascontiguousarray(weights["encoder.weight_hh_l0"][:, :-1])
    torn = saved(replace(classifier, weights=weights), VOCABULARY, tmp_path / "torn")
    fewer = saved(classifier, other_vocabulary(list(VOCABULARY.tokens[2:-1])), tmp_path / "fewer")
    for source, words in ((torn, "encoder.weight_hh_l0"), (fewer, rf"has {len(VOCABULARY) - 1} tokens, config\.json")):
        with pytest.raises(ModelError, match=rf"train\.init_from: .*{words}"):
            start_of(source, IDS, VOCABULARY, NOTHING, model_config())


def test_of_a_start_that_is_not_there_fit_says_so_before_it_reads_a_text(tmp_path: Path) -> None:
    read: list[int] = []
    texts = (str(read.append(number)) for number in range(4))
    with pytest.raises(ModelError, match=r'^settings\["train\.init_from"\]: '):
        TextClassifier(settings={"train.init_from": str(tmp_path / "gone")}).fit(texts, ["a", "b"] * 2)
    assert not read


def test_before_a_run_the_small_files_are_looked_at(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source)
    monkeypatch.setenv("HOME", str(Path(source).parent))
    for name in (source, ".", "~/model"):
        files = [file.name for file in resolve_warm_start(name, model_config().shape).files]
        assert files == ["config.json", "model.safetensors", "tokenizer.json"]
        assert start_of(name, IDS, VOCABULARY, NOTHING, model_config()).weights
    with pytest.raises(ConfigError, match="found hidden_size 5"):
        resolve_warm_start(source, model_config(hidden_size=7).shape)
    damages: dict[str, Callable[[Path], object]] = {
        "expected .* bytes, found": lambda folder: os.truncate(folder / "model.safetensors", 1 << 40),
        "missing or not a plain file": lambda folder: link_out(folder / "tokenizer.json"),
        "not complete|plain file": lambda folder: (folder / "manifest.json").unlink(),
        "expected the settings of a model": lambda folder: rewrite_config(folder, b'{"model": 3}'),
    }
    for number, (words, damage) in enumerate(damages.items()):
        folder = tmp_path / f"model\n{number}"
        shutil.copytree(source, folder)
        damage(folder)
        with pytest.raises(ModelError, match=words) as refused:
            resolve_warm_start(str(folder), model_config().shape)
        assert str(refused.value).isprintable()


def link_out(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


def rewrite_config(folder: Path, data: bytes) -> None:
    (folder / "config.json").write_bytes(data)
    (folder / MANIFEST).unlink()
    write_manifest(folder, {"format": FORMAT, "kind": KIND})


def test_the_classifier_starts_from_one_that_it_saved(tmp_path: Path) -> None:
    texts, labels = zip(*make_rows(300), strict=True)
    shape: dict[str, Any] = {"embedding_size": 24, "hidden_size": 16, "vectors": "none", "ngram_branch.enabled": False}
    plain = dict.fromkeys(
        ("model.word_dropout", "dropout", "model.embedding_dropout", "train.adversarial", "train.ema_decay"), 0.0
    )
    first = text_classifier({**shape, **plain, "train.patience": 0}, epochs=20, learning_rate=0.005, batch_size=16).fit(
        texts, labels
    )
    assert first.score(texts, labels) > 0.85
    first.save(tmp_path / "first")
    few, theirs = zip(*make_rows(30, seed=1), strict=True)
    settings: dict[str, Any] = {"epochs": 1, "learning_rate": 1e-6, **shape}
    from_it = text_classifier({**settings, "train.init_from": str(tmp_path / "first")}).fit(few, theirs)
    assert from_it.score(texts, labels) > text_classifier(settings).fit(few, theirs).score(texts, labels) + 0.2
    with pytest.raises(ConfigError, match="embedding_size=24 hidden_size=16"):
        TextClassifier(settings={"train.init_from": str(tmp_path / "first")}).fit(few, theirs)


# --- helpers --------------------------------------------------------------------------------------


def vectors_of(vocabulary: Vocabulary, size: int) -> WordVectors:
    return WordVectors(np.random.default_rng(1).normal(size=(len(vocabulary), size)).astype(np.float32))


def as_lists(rows: Ragged) -> list[list[int]]:
    return [rows.flat[start:stop].tolist() for start, stop in zip(rows.offsets[:-1], rows.offsets[1:], strict=True)]


def test_of_three_classes_each_takes_its_own_row_of_the_head_along(tmp_path: Path) -> None:
    ids = replace(IDS, target=Target("single", ("a", "b", "c")))
    ids = replace(ids, labels={name: np.arange(len(rows)) % 3 for name, rows in ids.splits.items()})
    theirs = train(ids, model_config(), train_config(epochs=1))
    source = saved(theirs, VOCABULARY, tmp_path / "three")
    target = Target("single", ("c", "a", "b"))
    found = start_of(source, replace(ids, target=target), VOCABULARY, NOTHING, model_config())
    ours = logits(started(found, VOCABULARY, target), IDS.splits["validation"])
    np.testing.assert_array_equal(ours[:, [1, 2, 0]], logits(to_torch(theirs.network()), IDS.splits["validation"]))
