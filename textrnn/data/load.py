"""From a source to a corpus: read, split, check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from textrnn.config.data import DataConfig, TargetKind
from textrnn.config.text_format import require_text_format
from textrnn.data.apply_fixes import LabelCells, apply_fixes
from textrnn.data.columns import Columns, columns_of, require_distinct
from textrnn.data.corpus import Corpus
from textrnn.data.data_check import ReadingSummary, check_splits
from textrnn.data.examples import SPLITS, Examples, SplitName
from textrnn.data.fix_counts import count_fixes
from textrnn.data.fixes import read_fixes
from textrnn.data.new_classes import require_known
from textrnn.data.python_columns import require_same_length
from textrnn.data.readers.gather import MAX_LABELS, GatheredExamples, gather
from textrnn.data.readers.read_source import SourceSplits, read_source
from textrnn.data.readers.source import resolve
from textrnn.data.readers.wording import count
from textrnn.data.row_names import name_row
from textrnn.data.soft_labels import require_soft
from textrnn.data.split_examples import split_examples
from textrnn.data.tabular import fit_tabular
from textrnn.data.target import UNLABELLED, Label, Target, target_of
from textrnn.data.text_boundary import MAX_CHARACTERS
from textrnn.errors import ConfigError, DataError

UNLIMITED_BYTES = 1 << 62  # texts in memory need no limit
_HELD_OUT: tuple[Literal["validation", "test"], ...] = ("validation", "test")


def load_corpus(config: DataConfig) -> Corpus:
    """Load the corpus that `config` names, with the splits train, validation and test.

    A missing split is taken from train, by its fraction. Raises ConfigError for settings that contradict each other,
    DataError for data that cannot be used.
    """
    require_consistent(config)
    tables = _with_fixes(read_tables(config), config)
    if config.folds:
        _require_one_table(tables)
    missing = {name: share for name, share in _fractions(config).items() if name not in tables.splits}
    return _assemble(tables, missing, config, config.split_seed, config.source or config.train or "")


def corpus_of(
    texts: Iterable[str | tuple[object, ...]],
    labels: Iterable[Label],
    *,
    validation_fraction: float = 0.1,
    seed: int = 0,
    max_characters: int = MAX_CHARACTERS,
    target: TargetKind = "single",
    classes: Sequence[str] = (),
    columns: Columns | None = None,
    max_categories: int = DataConfig.max_categories,
    max_labels: int = MAX_LABELS,
    known: Sequence[str] = (),
) -> Corpus:
    """Build a corpus of train and validation from N texts and labels (N) in memory; labels are not stripped.

    `target`, `classes`, `max_categories` and `max_labels` have the meaning they have in `DataConfig`; `known` lists
    the classes of a `multi` target in order, including those without a text. With `columns` other than one text, each
    text is a tuple of the cells `columns.asked`. Raises ConfigError for a fraction outside (0, 1), DataError for texts
    or labels that cannot be used.
    """
    _require_fractions({"validation": validation_fraction})
    texts, labels = list(texts), list(labels)
    columns = (columns or Columns()).in_memory  # rows in memory are numbered from 1
    config = DataConfig(
        target=target,
        classes=tuple(classes),
        text_column=columns.text,
        label_column=columns.label,
        numeric=columns.numeric,
        categorical=columns.categorical,
        max_categories=max_categories,
        max_characters=max_characters,
        label_separator=columns.label_separator,
    )
    _require_order(config)
    require_same_length(texts, labels)
    limits = {"max_labels": max_labels, "max_characters": max_characters}
    table = examples_from_sequences(texts, labels, columns, target, **limits)
    missing: dict[SplitName, float] = {"validation": validation_fraction}
    return _assemble(SourceSplits({"train": table}), missing, config, seed, "the examples", known)


def examples_from_sequences(
    texts: Sequence[str | tuple[object, ...]],
    labels: Sequence[Label],
    columns: Columns,
    target: TargetKind,
    *,
    max_labels: int | None = None,
    max_characters: int | None = None,
) -> GatheredExamples:
    """N texts and labels (N), held in memory, as a table: see `gather`. With `columns` other than one text, each text
    is a tuple of the cells `columns.asked`. Raises DataError.
    """
    columns = columns.in_memory  # rows in memory have their numbers
    at = len(columns.text)
    asked = ((text,) if columns.text_only else text for text in texts)
    rows = enumerate(((*cells[:at], label, *cells[at:]) for cells, label in zip(asked, labels, strict=True)), 1)
    return gather(
        rows,
        columns,
        "the examples",
        max_rows=len(texts) + 1,
        max_characters=columns.max_characters if max_characters is None else max_characters,
        max_labels=max(MAX_LABELS, len(texts)) if max_labels is None else max_labels,
        max_bytes=UNLIMITED_BYTES,
        trim=False,
        kind=target,
    )


def require_consistent(config: DataConfig) -> None:
    """Raise ConfigError for settings that contradict each other; reads nothing."""
    if (config.source is None) == (config.train is None):
        found = "neither" if config.source is None else "both"
        raise ConfigError(f"data: expected exactly one of data.source and data.train, found {found}")
    separate: set[SplitName] = {name for name in _HELD_OUT if getattr(config, name) is not None}
    if config.source is not None and separate:
        raise ConfigError(
            f"data: expected data.{sorted(separate)[0]} with data.train, found it with data.source, "
            "which is split; name the training file data.train"
        )
    require_distinct(config)
    require_soft(config.target, config.confidence_column, config.probability_columns)
    require_text_format(config.text_format, "data.{}".format)
    _require_order(config)
    if config.folds and separate:
        raise ConfigError(
            f"data.folds: expected data.source or data.train alone, found data.{sorted(separate)[0]} too; put all rows "
            "into one file, or leave out --folds"
        )
    if config.train is not None:
        _require_fractions({name: share for name, share in _fractions(config).items() if name not in separate})


def _require_order(config: DataConfig) -> None:
    if config.classes and config.target != "ordinal":
        raise ConfigError(
            f'data.classes: expected the order of an ordinal target, found data.target = "{config.target}"; '
            'leave it out, or set data.target = "ordinal"'
        )
    if len(set(config.classes)) != len(config.classes):
        raise ConfigError("data.classes: expected each class once, found one twice")


def _fractions(config: DataConfig) -> dict[SplitName, float]:
    """The share of each split that is taken from the training rows; with folds no test split is."""
    shares: dict[SplitName, float] = {"validation": config.validation_fraction, "test": config.test_fraction}
    return {"validation": shares["validation"]} if config.folds else shares


def _require_one_table(tables: SourceSplits) -> None:
    if len(tables.splits) > 1:
        raise DataError(
            f"data.folds: expected rows of one table, found the splits {', '.join(tables.splits)}; leave out --folds"
        )


def _require_fractions(missing: Mapping[SplitName, float]) -> None:
    for name, share in missing.items():
        if not 0 < share < 1:
            raise ConfigError(
                f"data.{name}_fraction: expected more than 0 and less than 1, found {share:g}; "
                f"no {name} split is given, so it is taken from the training rows"
            )
    if (total := sum(missing.values())) >= 1:
        raise ConfigError(f"data: expected fractions that leave rows for training, found {total:g} held out")


def read_tables(config: DataConfig) -> SourceSplits:
    """Read the tables that `config` names, as their files have them: no fixes, no split. Raises DataError."""
    if config.source is not None:
        return read_source(resolve(config.source, config.format), config)
    # resolve all before reading the first: a wrong name fails at once
    named = {name: getattr(config, name) for name in SPLITS if getattr(config, name) is not None}
    sources = {name: resolve(source, config.format) for name, source in named.items()}
    splits: dict[SplitName, GatheredExamples] = {}
    dropped: dict[str, int] = {}
    replaced, merged = 0, list[str]()
    for name, source in sources.items():
        tables = read_source(source, config)
        if len(tables.splits) > 1 or tables.left_out:
            raise DataError(f"{source.name}: expected one table as data.{name}, found splits; name it data.source")
        splits[name] = tables.splits["train"]
        replaced += tables.replaced
        merged += tables.merged
        for reason, number in tables.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + number
    return SourceSplits(splits, dropped, replaced=replaced, merged=tuple(merged))


def _with_fixes(tables: SourceSplits, config: DataConfig) -> SourceSplits:
    """Return `tables` with the fixes that `config` names applied to their rows."""
    if config.fixes is None:
        return tables
    splits = {name: table.examples for name, table in tables.splits.items()}
    cells = LabelCells.of(splits.values(), config.target, config.label_separator, config.classes)
    fixed = apply_fixes(splits, read_fixes(Path(config.fixes)), cells)
    dropped = {**tables.dropped, **({"by data.fixes": sum(fixed.dropped.values())} if fixed.dropped else {})}
    found = {name: replace(table, examples=fixed.splits[name]) for name, table in tables.splits.items()}
    return replace(
        tables,
        splits=found,
        dropped=dropped,
        relabelled=fixed.relabelled,
        fixed_away=fixed.dropped,
        unfixed=splits["train"],
    )


def _assemble(
    tables: SourceSplits,
    missing: Mapping[SplitName, float],
    config: DataConfig,
    seed: int,
    place: str,
    known: Sequence[str] = (),
) -> Corpus:
    """Build the corpus of the given splits; those `missing` are taken from train by their fractions."""
    _require_fractions(missing)
    separate = {name: table.examples for name, table in tables.splits.items()}
    train = separate["train"]
    try:
        target = target_of(config.target, train.labels, config.classes or known)
    except DataError as error:
        raise DataError(f"{place}: {error}") from None
    splits = dict(separate)
    if missing:
        splits |= split_examples(train, tables.unfixed, missing, target, config.classes or known, seed, place)
    if target.kind == "number":  # statistics of the training split alone
        target = target_of("number", splits["train"].labels)
    unlabelled = 0
    if "test" in separate and _is_unlabelled(separate["test"], target):
        unlabelled = len(splits.pop("test"))
    splits = {name: splits[name] for name in SPLITS if name in splits}
    for name in _HELD_OUT:
        if name in separate and name in splits:
            target = require_known(splits[name], target, name)
    try:
        tabular = fit_tabular(splits["train"].tabular, config.numeric, config.categorical, config.max_categories)
    except DataError as error:
        raise DataError(f"{place}: {error}") from None
    return Corpus(
        splits,
        target,
        check_splits(splits, target, _sum_up(tables, splits, unlabelled), tabular),
        columns_of(config),
        tabular,
    )


def _is_unlabelled(test: Examples, target: Target) -> bool:
    """Whether every test label is -1 and training has no such class. Raises DataError if only some are."""
    if not target.exclusive:
        return False
    without = [i for i, label in enumerate(test.labels) if str(label) == UNLABELLED]
    if not without or UNLABELLED in target.names:
        return False
    if len(without) < len(test):
        raise DataError(
            f"test split, {name_row(test, without[0])}: expected a label in each row or -1 (none) in all of them, "
            f"found -1 in {count(len(without), 'row')} of {len(test):,}; leave those rows out"
        )
    return True


def _sum_up(tables: SourceSplits, splits: Mapping[SplitName, Examples], unlabelled: int) -> ReadingSummary:
    read = tables.splits.values()
    return ReadingSummary(
        sum(table.cut for table in read),
        sum(table.surrogates for table in read),
        sum(table.trimmed for table in read),
        tables.dropped,
        tables.left_out,
        sum(table.nuls for table in read),
        tables.replaced,
        unlabelled,
        sum(table.bad for table in read),
        tuple(
            (name if len(tables.splits) > 1 else "", bad)
            for name, table in tables.splits.items()
            for bad in table.first_bad
        ),
        tables.merged,
        separate=len(tables.splits) > 1,
        fixes=count_fixes(splits, tables.relabelled, tables.fixed_away),
    )
