"""The data check: statistics of the splits, from which warnings come before training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from textrnn.data.count_empty_cells import count_empty_cells, describe_empty_cells
from textrnn.data.examples import Examples, SplitName
from textrnn.data.fix_words import describe_fixes, warn_of_suggested
from textrnn.data.look_alikes import describe_look_alikes, find_look_alikes
from textrnn.data.readers.notes import replaced_bytes
from textrnn.data.readers.rows import BadRow
from textrnn.data.readers.wording import count, quote_list, suggest_nearest
from textrnn.data.row_names import with_names
from textrnn.data.split_statistics import count_texts
from textrnn.data.suspicious_columns import find_suspicious_columns
from textrnn.data.tabular import NO_TABULAR, TabularColumns
from textrnn.data.tabular_checks import check_tabular, describe_tabular, warn_of_tabular
from textrnn.data.target import Target

MIN_CLASS_ROWS = 10  # training rows: a class with fewer is hard to learn
MAX_IMBALANCE = 100  # times the rarest class
MIN_TEST_ROWS = 100  # rows: below, the report's intervals are wide
MAX_DUPLICATE_SHARE = 0.05  # of the training rows
MAX_LOOK_ALIKE_GROUPS = 5  # of look-alike labels that get a line each


@dataclass(frozen=True)
class ReadingSummary:
    """Changes that the readers made to the cells of all splits.

    `cut` counts texts cut at the limit, `surrogates` replaced characters, `trimmed` labels stripped of blanks;
    `dropped` counts dropped rows by reason; `left_out` names splits of the source that are not used. `nuls` counts
    texts with NUL characters, `replaced` byte sequences that could not be decoded, `unlabelled` test rows without a
    label. `bad` rows could not be used and were dropped; `first_bad` holds a few of them, each with its split, where
    splits were `separate` as separate files. `merged` holds sentences about rows that are probably several rows;
    `fixes` counts what fixes changed, by split: see `textrnn.data.fix_counts`.
    """

    cut: int = 0
    surrogates: int = 0
    trimmed: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    nuls: int = 0
    replaced: int = 0
    unlabelled: int = 0
    bad: int = 0
    first_bad: tuple[tuple[str, BadRow], ...] = ()
    merged: tuple[str, ...] = ()
    separate: bool = False
    fixes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def check_splits(
    splits: Mapping[SplitName, Examples], target: Target, reading: ReadingSummary, tabular: TabularColumns = NO_TABULAR
) -> dict[str, Any]:
    """Return the statistics of `splits` and the changes made by `reading` them, as plain JSON.

    `splits.<name>` has rows, classes, empty, duplicates and characters; `shared` has, for each pair of splits, how
    many rows of the second repeat a text of the first; `conflicting_texts` counts texts with two different labels;
    `named` has the first rows of each of these as text; `empty_cells` counts those of several text columns;
    `tabular_warnings` has the statistics of tabular columns, if any (see `textrnn.data.tabular_checks`); `warnings` are
    sentences for the user.
    """
    found: dict[str, Any] = {
        **count_texts(splits, target, separate=reading.separate),
        "cut_texts": reading.cut,
        "surrogates": reading.surrogates,
        "nul_texts": reading.nuls,
        "replaced_bytes": reading.replaced,
        "merged_rows": list(reading.merged),
        "unlabelled_test": reading.unlabelled,
        "trimmed_labels": reading.trimmed,
        "bad_rows": {"rows": reading.bad, "first": [_describe_bad(*named) for named in reading.first_bad]},
        "dropped": dict(reading.dropped),
        "left_out_splits": list(reading.left_out),
        "look_alike_labels": find_look_alikes(list(map(str, target.classes))),
    }
    if empty_cells := count_empty_cells(splits, separate=reading.separate):
        found["empty_cells"] = empty_cells
    if reading.fixes:
        found["fixes"] = {name: dict(counts) for name, counts in reading.fixes.items()}
    if tabular.numeric or tabular.categorical:
        found["tabular"] = check_tabular(splits, tabular)
    training: list[str] = []  # rows to score have none
    if "train" in splits:
        about = found["splits"]["train"]
        training = [*find_suspicious_columns(about, splits["train"].texts, target), *_warn_of_training(about)]
    rows = {name: about["rows"] for name, about in found["splits"].items()}
    tabular_warnings = list(warn_of_tabular(found.get("tabular", {}), rows))
    flattered = warn_of_suggested(reading.fixes)
    found["warnings"] = flattered + training + _warn_of_classes(found) + _warn_of_texts(found) + tabular_warnings
    return found


def _describe_bad(split: str, bad: BadRow) -> dict[str, Any]:
    name = f"{split} split, {bad.name}" if split else bad.name
    return {"row": bad.number, "name": name, "id": bad.id, "reason": bad.what}


def describe_checks(checks: Mapping[str, Any]) -> list[str]:
    """Format the data check for a terminal: one line per split, then the warnings."""
    lines = []
    for name, about in checks["splits"].items():
        size = about["characters"]
        lines.append(
            f"{name}: {count(about['rows'], 'row')} ({_describe_labels(about)}), "
            f"{size['median']:,} characters in the median, {size['max']:,} at most"
        )
    lines += describe_empty_cells(checks)
    lines += describe_tabular(checks.get("tabular", {}))
    lines += [f"left out: {count(number, 'row')}, {reason}" for reason, number in sorted(checks["dropped"].items())]
    if fixed := describe_fixes(checks.get("fixes", {})):
        lines.append(fixed)
    return lines + [f"warning: {warning}" for warning in checks["warnings"]]


def _describe_labels(about: Mapping[str, Any]) -> str:
    if numbers := about.get("numbers"):
        return f"{numbers['min']:g} to {numbers['max']:g}, {numbers['mean']:g} on average"
    without = f", none {about['without_label']:,}" if about.get("without_label") else ""
    return _describe_classes(about["classes"]) + without


def _describe_classes(classes: Mapping[str, int]) -> str:
    largest = sorted(classes.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{name[:40]} {number:,}" for name, number in largest[:5])
    return shown if len(classes) <= 5 else f"{shown}, ... {len(classes):,} classes"


# --- warnings ---------------------------------------------------------------------------------


def _warn_of_training(about: Mapping[str, Any]) -> list[str]:
    warnings = []
    classes: Mapping[str, int] = {name: number for name, number in about["classes"].items() if number}
    common, rare = (end(classes, key=classes.__getitem__, default="") for end in (max, min))
    if classes and classes[common] >= MAX_IMBALANCE * classes[rare]:
        ratio = classes[common] // classes[rare]
        warnings.append(
            f"the class {common[:40]!r} has {ratio:,} times the training rows of {rare[:40]!r}; "
            "look at macro F1 rather than at accuracy"
        )
    if few := [name for name, number in classes.items() if number < MIN_CLASS_ROWS]:
        verb = "has" if len(few) == 1 else "have"
        warnings.append(
            f"{count(len(few), 'class')} {verb} fewer than {MIN_CLASS_ROWS} training rows: {quote_list(few, 5)}"
        )
    if about["duplicates"] >= MAX_DUPLICATE_SHARE * about["rows"]:
        warnings.append(f"{about['duplicates']:,} of {count(about['rows'], 'training row')} repeat an earlier text")
    return warnings


def _warn_of_classes(found: Mapping[str, Any]) -> list[str]:
    splits = found["splits"]
    trained, tested = (splits.get(name, {}).get("classes", {}) for name in ("train", "test"))
    warnings = _warn_of_unseen(trained, tested) if trained and tested else []
    for split, about in splits.items():
        if split != "train" and (absent := [name for name, number in about["classes"].items() if not number]):
            verb = "has" if len(absent) == 1 else "have"
            warnings.append(f"{count(len(absent), 'class')} {verb} no {split} rows: {quote_list(absent, 5)}")
    alike = found["look_alike_labels"]
    warnings += map(describe_look_alikes, alike[:MAX_LOOK_ALIKE_GROUPS])
    if len(alike) > MAX_LOOK_ALIKE_GROUPS:
        warnings.append(f"so do {count(len(alike) - MAX_LOOK_ALIKE_GROUPS, 'more group')} of labels")
    if found["trimmed_labels"]:
        warnings.append(f"whitespace around {count(found['trimmed_labels'], 'label')} were removed")
    return warnings


def _warn_of_unseen(trained: Mapping[str, int], tested: Mapping[str, int]) -> list[str]:
    """Yield a line for each of the first labels that occur in the test split alone, then how many more there are."""
    seen = [name for name, number in trained.items() if number]
    unseen = [name for name, number in trained.items() if not number and tested[name]]
    warnings = [
        f"no training row has the label {name[:40]!r}: {count(tested[name], 'test row')} with it cannot be predicted"
        f"{suggest_nearest(name, seen)}"
        for name in unseen[:5]
    ]
    return warnings + (
        [f"the same holds for {len(unseen) - 5:,} more labels of the test split"] if len(unseen) > 5 else []
    )


def _warn_of_texts(found: Mapping[str, Any]) -> list[str]:
    warnings = []
    splits = found["splits"]
    for pair, shared in found["shared"].items():
        first, second = pair.split("-")
        if shared["rows"]:
            rows = count(shared["rows"], f"{second} row")
            message = f"{rows} ({shared['share']:.1%}) repeat a text of {first}; scores on them are too high"
            warnings.append(with_names(message, found["named"]["shared"][pair], shared["rows"] + 1))
    if conflicting := found["conflicting_texts"]:
        message = f"{count(conflicting, 'text')} with two different labels: no model can predict both"
        warnings.append(with_names(message, found["named"]["conflicting"], conflicting + 1))
    if empty := sum(about["empty"] for about in splits.values()):
        message = f"{count(empty, 'text')} without a visible character"
        warnings.append(with_names(message, found["named"]["blank"], empty))
    if found["bad_rows"]["rows"]:
        warnings.append(_warn_of_bad(**found["bad_rows"]))
    if found["cut_texts"]:
        warnings.append(f"{count(found['cut_texts'], 'text')} cut to the maximum length (data.max_characters)")
    if found["surrogates"]:
        warnings.append(f"{count(found['surrogates'], 'lone surrogate')} replaced by U+FFFD")
    if found["nul_texts"]:
        warnings.append(f"{count(found['nul_texts'], 'text')} with NUL characters, which are read as spaces")
    if found["replaced_bytes"]:
        warnings.append(replaced_bytes(found["replaced_bytes"]))
    warnings += found["merged_rows"]
    if found["unlabelled_test"]:
        rows = count(found["unlabelled_test"], "row")
        warnings.append(f"the test split has no labels ({rows}, all -1); it is left out, and validation is scored")
    if "test" in splits and splits["test"]["rows"] < MIN_TEST_ROWS:
        warnings.append(f"the test split has {count(splits['test']['rows'], 'row')}: its scores are uncertain")
    if found["left_out_splits"]:
        warnings.append(f"splits that were not read: {quote_list(found['left_out_splits'], 5)}")
    return warnings


def _warn_of_bad(rows: int, first: Sequence[Mapping[str, Any]]) -> str:
    named = "; ".join(f"{bad['name']}: {bad['reason']}" for bad in first)
    more = f"; and {rows - len(first):,} more" if rows > len(first) else ""
    return f"{count(rows, 'row')} left out that cannot be used: {named}{more}"
