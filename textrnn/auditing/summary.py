"""What an audit found, summed up: as plain JSON, as lines for a terminal."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from textrnn.auditing.audit import Audit
from textrnn.auditing.class_overlap import ClassOverlap
from textrnn.auditing.indicative_words import IndicativeWord
from textrnn.auditing.listed_rows import AuditFindings
from textrnn.auditing.near_duplicates import NearDuplicates
from textrnn.auditing.rows import Rows
from textrnn.data.label_text import label_text
from textrnn.data.readers.wording import count, quote
from textrnn.data.text_boundary import show_columns
from textrnn.metrics.validation_score import SCORE_NAMES, validation_score

MAX_SHOWN = 5  # rows, words or pairs of classes in a terminal


def summarize_audit(
    rows: Rows,
    found: AuditFindings,
    alike: NearDuplicates,
    telling: Sequence[IndicativeWord],
    overlaps: Sequence[ClassOverlap],
    table: Sequence[str],
) -> dict[str, Any]:
    """Sum up what was `found` in all `rows` as plain JSON.

    `rows` and `splits` count them; `out_of_fold` is the score of the models on rows that they have not seen; `labels`
    says how many labels are suspicious, and in each split, and of how many nothing can be said since no other fold has
    their class; `near_duplicates` counts rows that have one, their groups, rows whose label contradicts, and rows in a
    later split than a near-duplicate, by pair of splits; `telling_words` and `overlaps` are those of their files;
    `outliers` and `blank` count rows.
    """
    target, errors = rows.corpus.target, found.errors
    name = SCORE_NAMES[target.kind][0]
    score = validation_score(target, rows.codes, found.scores)[0]
    return {
        "rows": len(rows),
        "splits": {split: len(rows.corpus.splits[split]) for split in rows.names},
        "target": target.kind,
        "out_of_fold": {"score": name, "value": round(float(score), 6)},
        "labels": {
            "suspicious": int(errors.flagged.sum()),
            "by_split": dict(
                zip(
                    rows.names, np.bincount(rows.split[errors.flagged], minlength=len(rows.names)).tolist(), strict=True
                )
            ),
            "not_judged": int((~errors.judged).sum()),
        },
        "near_duplicates": _count_near(rows, found, alike),
        "telling_words": [_describe_word(word, target.names, table) for word in telling],
        "overlaps": [
            {
                "classes": [target.names[pair.first], target.names[pair.second]],
                "confused": pair.confused,
                "rows": pair.texts,
                "share": round(pair.share, 6),
            }
            for pair in overlaps
        ],
        "outliers": int(found.outliers.found.sum()),
        "blank": int(found.blank.sum()),
    }


def _count_near(rows: Rows, found: AuditFindings, alike: NearDuplicates) -> dict[str, Any]:
    sizes = np.bincount(alike.groups)
    across = {}
    for first, second in itertools.combinations(range(len(rows.names)), 2):
        leaked = (row for row, other in found.leaks.items() if (rows.split[other], rows.split[row]) == (first, second))
        across[f"{rows.names[first]}-{rows.names[second]}"] = len(list(leaked))
    return {
        "rows": int(sizes[sizes > 1].sum()),
        "groups": int((sizes > 1).sum()),
        "conflicting": len(found.conflicts),
        "across_splits": across,
    }


def _describe_word(word: IndicativeWord, classes: Sequence[str], table: Sequence[str]) -> dict[str, Any]:
    return {
        "word": table[word.word],
        "class": classes[word.label],
        "rows_with_word": word.texts,
        "rows_of_class": word.members,
        "rows_with_both": word.both,
        "f1": round(word.f1, 6),
    }


def describe_audit(audit: Audit) -> list[str]:
    """Describe an audit in lines for a terminal."""
    about = audit.summary
    rows, wrong, near = about["rows"], about["labels"]["suspicious"], about["near_duplicates"]
    score = about["out_of_fold"]
    lines = [
        f"{count(rows, 'labelled row')}; {score['score']} {score['value']:.4f} by linear models, each on rows that it "
        "has not seen",
        f"suspicious labels: {wrong:,} ({wrong / rows:.1%})",
        *_first_rows(audit),
    ]
    if unjudged := about["labels"]["not_judged"]:
        lines.append(f"not judged: {count(unjudged, 'row')} of classes that have too few rows")
    found = f"{count(near['rows'], 'row')} in {count(near['groups'], 'group')}" if near["rows"] else "none"
    lines.append(f"near-duplicates: {found}")
    if near["conflicting"]:
        lines.append(f"  {count(near['conflicting'], 'row')} with a different label from a near-duplicate")
    for pair, leaked in near["across_splits"].items():
        if leaked:
            first, second = pair.split("-")
            lines.append(f"  {count(leaked, f'{second} row')} with a near-duplicate in {first}: scores are too high")
    lines += _describe_words(about["telling_words"])
    lines += _describe_overlaps(about["overlaps"])
    for name, what in (("outliers", "unlike all others"), ("blank", "without a visible character")):
        if about[name]:
            lines.append(f"texts {what}: {about[name]:,}")
    return lines


def _first_rows(audit: Audit) -> Iterator[str]:
    for row in [row for row in audit.rows if "label" in row.kinds][:MAX_SHOWN]:
        suggested = "" if row.suggested is None else f" -> {quote(label_text(row.suggested))}"
        label = f"{quote(label_text(row.label))}{suggested}"
        named = f"row {row.row}" + (f", id {quote(row.id)}" if row.id else "")
        yield f"  {named} ({row.split}), {row.score:.2f}: {label}  {quote(show_columns(row.text))}"


def _describe_words(words: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for word in words[:MAX_SHOWN]:
        with_word, of_class = count(word["rows_with_word"], "row"), f"{word['rows_of_class']:,}"
        yield (
            f"the word {quote(word['word'])} nearly equals the class {quote(word['class'])}: {with_word} have it, "
            f"{of_class} are of the class, {word['rows_with_both']:,} both; will new texts have it?"
        )


def _describe_overlaps(pairs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for pair in pairs[:MAX_SHOWN]:
        first, second = map(quote, pair["classes"])
        yield (
            f"classes that look alike: {first} and {second}; {pair['confused']:,} of {pair['rows']:,} rows "
            f"({pair['share']:.0%}) are taken for the other"
        )
