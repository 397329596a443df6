"""Numbers and names that files, models and people keep: compared with literals, not with what the code calls them."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path
from typing import Any

from textrnn import errors


def test_padding_is_0_and_unknown_is_1_and_one_module_says_so() -> None:
    from running import TREE

    from textrnn.text import special_tokens

    assert (special_tokens.PAD, special_tokens.UNK, special_tokens.FIRST_TOKEN_ID) == (0, 1, 2)
    assert special_tokens.SPECIAL_TOKENS == ("[PAD]", "[UNK]")
    names, strings = {"PAD", "UNK", "PAD_TOKEN", "UNK_TOKEN"}, {"[PAD]", "[UNK]"}
    for path in (TREE / "textrnn").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            defines = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in names
            spells = isinstance(node, ast.Constant) and node.value in strings
            assert path.stem == "special_tokens" or not (defines or spells), f"{path}:{node.lineno}"


def test_a_vocabulary_begins_with_them_and_an_unknown_word_is_1() -> None:
    from made import make_rows

    from textrnn.config.tokenize import TokenizeConfig
    from textrnn.config.vocabulary import VocabularyConfig
    from textrnn.data.load import corpus_of
    from textrnn.text.build_vocabulary import build_vocabulary
    from textrnn.text.tokenize import tokenize
    from textrnn.text.tokenizer import encode_texts
    from textrnn.text.vocabulary import lookup, tokenizer_of

    texts, labels = zip(*make_rows(40), strict=True)
    words = tokenize(corpus_of(texts, labels), TokenizeConfig())
    for kind in ("word", "bpe", "unigram"):
        made = build_vocabulary(words, VocabularyConfig(kind=kind, min_count=1, max_size=80))  # type: ignore[arg-type]
        assert made.tokens[:2] == ("[PAD]", "[UNK]")
        assert lookup(made, ["\u4e2d"]).flat.tolist() == [1]
        assert encode_texts(tokenizer_of(made), ["\u4e2d"])[0].tolist() == [1]
        assert made.counts[0] == 0, "nothing is padding before there is a batch"


EXIT_CODES = {
    "TextrnnError": 1, "ConfigError": 2, "DataError": 3, "ModelError": 3, "NoWinError": 4, "StaleError": 5,
    "LockTimeoutError": 75, "DamagedFilesError": 1, "TrainingError": 1, "OutOfMemoryError": 1,
}  # fmt: skip


def test_exit_codes_are_those_that_scripts_know() -> None:
    found = {
        name: kind.exit_code
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.TextrnnError)
    }
    assert {name: found[name] for name in EXIT_CODES} == EXIT_CODES
    assert set(found.values()) <= {1, 2, 3, 4, 5, 75}
    assert (errors.Interrupted("", 2).exit_code, errors.Interrupted("", 15).exit_code) == (130, 143)


def test_formats_are_those_of_the_folders_that_are_kept() -> None:
    from pipelines.caching import cache
    from pipelines.stages import STAGES
    from textrnn.auditing import audit
    from textrnn.data import corpus
    from textrnn.evaluation import build_report as compose
    from textrnn.inference import classifier
    from textrnn.linear import baseline
    from textrnn.model import files as model_files
    from textrnn.nn import pretrained
    from textrnn.sequences import folder as sequence_folder
    from textrnn.text import ids, pseudo_labels, unlabelled, vocabulary, words
    from textrnn.text import word_vectors as vectors
    from textrnn.training import checkpoint

    numbered = {
        1: (
            audit,
            cache,
            classifier,
            compose,
            ids,
            pretrained,
            pseudo_labels,
            sequence_folder,
            unlabelled,
            vectors,
            vocabulary,
            words,
        ),
        2: (corpus,),
        3: (checkpoint,),
        4: (baseline,),
        7: (model_files,),
    }
    assert {module.__name__: module.FORMAT for each in numbered.values() for module in each} == {
        module.__name__: number for number, each in numbered.items() for module in each
    }
    root = Path(__file__).parents[1]
    sources = [path.read_text("utf-8") for name in ("textrnn", "pipelines") for path in (root / name).rglob("*.py")]
    kept = [source for source in sources if re.search(r"^FORMAT\b.* = ", source, re.MULTILINE)]
    assert len(kept) == sum(map(len, numbered.values())), "a format that is not among these"
    assert (model_files.KIND, sequence_folder.KIND) == ("textrnn model", "textrnn sequence model")
    assert {stage.name: stage.format for stage in STAGES if stage.format != 1} == {"baseline": 2}


# results were published with these
DEFAULTS: dict[str, dict[str, Any]] = {
    "data": {
        "source": None, "train": None, "validation": None, "test": None, "format": "auto", "text_column": "text",
        "label_column": "label", "id_column": None, "numeric": (), "categorical": (), "max_categories": 1000,
        "target": "single", "classes": (), "label_separator": None, "delimiter": None, "on_bad_row": "refuse",
        "encoding": "auto", "errors": "strict", "quoting": "minimal", "header": True, "validation_fraction": 0.1,
        "test_fraction": 0.1, "split_seed": 0, "max_rows": 10_000_000, "max_bytes": 2_147_483_648,
        "max_labels": 10_000, "max_characters": 1_000_000, "fixes": None, "slice_by": (),
        "probability_columns": (), "confidence_column": None, "folds": 0,
    },
    "tokenize": {"unit": "auto", "lowercase": True, "normalize": "nfkc", "simplify": False},
    "vocabulary": {"kind": "word", "max_size": 30_000, "min_count": "auto"},
    "unlabelled": {
        "source": None, "text_column": "text", "delimiter": None, "encoding": "auto", "errors": "strict",
        "quoting": "minimal", "header": True, "max_rows": 10_000_000, "max_characters": 1_000_000,
    },
    "embeddings": {"encoder": "none", "encoder_size": 256, "vectors": "auto", "size": 128, "window": 5, "scale": 0.3},
    "encoder_pretraining": {
        "epochs": 0, "window": 20, "stride": 8, "subsampling_threshold": 0.0001, "batch_size": 32,
        "learning_rate": 0.003,
    },
    "ngram_branch": {
        "enabled": True, "candidates": "auto", "ngrams": 3, "min_documents": "auto", "max_features": 300_000,
        "inverse_penalties": (16.0, 4.0, 64.0),
    },
    "model": {
        "encoder": "lstm", "embedding_size": 128, "hidden_size": 128, "num_layers": 1, "bidirectional": True,
        "pooling": "max_mean", "word_dropout": "auto", "embedding_dropout": 0.3, "layer_dropout": 0.3, "dropout": 0.5,
        "tabular_size": 32,
    },
    "self_training": {"teacher": "self", "temperature": 1.0, "teachers": 0, "epochs": "auto"},
    "train": {
        "init_from": "none", "compare_cold_start": "auto",
        "seed": 0, "epochs": "auto", "batch_size": 64, "max_tokens": 400, "truncation": "both", "learning_rate": 0.003,
        "warmup": 0.1, "schedule": "linear", "label_smoothing": 0.0, "soft_weight": 1.0, "soft_temperature": 1.0,
        "adversarial": "auto", "class_weight": "none",
        "sampling": "plain", "weight_decay": 0.01, "clip_norm": 0.25, "ema_decay": 0.99, "best_by": "loss",
        "patience": "auto", "precision": "auto", "device": "auto", "processes": "auto", "checkpoint_seconds": 60.0,
    },
    "decision": {
        "precision": None, "recall": None, "for_class": None, "confidence": 0.9, "coverage": 1.0,
        "abstain_below": None, "costs": None,
    },
    "baseline": {
        "candidates": ("tfidf", "nb", "svm", "svm_characters"), "ngrams": 2, "nb_ngrams": 3,
        "min_documents": 2, "max_features": 500_000, "inverse_penalties": (1.0, 10.0),
        "nb_inverse_penalties": (4.0, 16.0, 64.0), "svm_inverse_penalties": (0.3, 1.0),
    },
    "audit": {"similarity": 0.8},
    "evaluate": {"bootstrap": 1000, "seed": 0, "errors": 20},
}  # fmt: skip


def test_defaults_are_those_that_results_were_published_with() -> None:
    from pipelines.config import SECTIONS

    found = {name: {f.name: f.default for f in dataclasses.fields(kind)} for name, kind in SECTIONS.items()}
    assert {name: set(fields) for name, fields in found.items()} == {name: set(DEFAULTS[name]) for name in DEFAULTS}
    assert found == DEFAULTS


def test_defaults_of_a_network_over_numbers() -> None:
    from textrnn.config.sequence_model import SequenceConfig

    assert dataclasses.asdict(SequenceConfig()) == {
        "encoder": "rnn", "hidden_size": 50, "num_layers": 1, "bidirectional": False, "pooling": "last",
        "layer_dropout": 0.0, "dropout": 0.0,
    }  # fmt: skip
