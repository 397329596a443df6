"""A person's decisions about an audit's rows, added to the fixes that the data has already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from textrnn.config.data import DataConfig
from textrnn.data.apply_fixes import LabelCells, apply_fixes, is_as_suggested, place_of, read_right_label, split_of
from textrnn.data.examples import Examples
from textrnn.data.fixes import Fix, Key, read_decisions, read_fixes
from textrnn.data.label_text import label_text
from textrnn.data.load import read_tables
from textrnn.data.readers.wording import count
from textrnn.data.row_digest import row_digest
from textrnn.data.text_boundary import show_columns
from textrnn.errors import DataError

MAX_TEXT_LENGTH = 200  # characters of a text, for people


@dataclass(frozen=True)
class MergedFixes:
    """All `fixes` of a source now, with the label and the text of each row as the source has them; of the decisions
    that came, how many change a label (`relabelled`), drop a row (`dropped`), or leave the source's own
    label (`confirmed`); `accepted` and `left` are those of `textrnn.data.fixes.Decisions`, `as_suggested` counts new
    labels that are the audit's suggestion.
    """

    fixes: tuple[Fix, ...]
    about: dict[Key, tuple[str, str]]
    relabelled: int
    dropped: int
    confirmed: int
    as_suggested: int = 0
    accepted: int = 0
    left: int = 0


def merge_fixes(config: DataConfig, decided: Path, accept_above: float | None = None) -> MergedFixes:
    """Merge the decisions in the file `decided` with the fixes that `config` names, if any.

    With `accept_above` suggestions for training rows are accepted too: see `textrnn.data.fixes.read_decisions`.

    The rows were looked at under those fixes; the merged ones are about the rows of the source. A right label that is
    the source's own takes an earlier fix back. Raises DataError, naming file, row and column, for a decision about a
    row that changed since, and for no decision at all.
    """
    read = read_decisions(decided, accept_above)
    if not read.fixes:
        high = "" if accept_above is None else f", or a suggestion with a score of at least {accept_above:g}"
        raise DataError(
            f"{decided}: expected at least one decision{high}, found none; fill in 'right_label', or put an x "
            "under 'drop'"
        )
    source = {name: table.examples for name, table in read_tables(config).splits.items()}
    cells = LabelCells.of(source.values(), config.target, config.label_separator, config.classes)
    before = read_fixes(Path(config.fixes)) if config.fixes is not None else []
    current = apply_fixes(source, before, cells).splits
    merged = {(split_of(fix, source), fix.row): fix for fix in before}
    seen: set[Key] = set()
    relabelled = dropped = confirmed = suggested = 0
    for fix in read.fixes:
        name = split_of(fix, source)
        place_of(fix, current[name])  # as it was looked at
        if (name, fix.row) in seen:
            raise DataError(f"{fix.place}, column 'row': expected one decision about row {fix.row}, found a second one")
        seen.add((name, fix.row))
        place = int(source[name].rows.searchsorted(fix.row))
        text, label = source[name].texts[place], source[name].labels[place]
        right = label if fix.drop else read_right_label(fix, cells)
        if right == label and not fix.drop:
            merged.pop((name, fix.row), None)
            confirmed += 1
            continue
        written = "" if fix.drop else label_text(right, config.label_separator)
        merged[name, fix.row] = replace(fix, check=row_digest(text, label), right_label=written)
        dropped += fix.drop
        relabelled += not fix.drop
        suggested += not fix.drop and is_as_suggested(fix, right, cells)
    about = {fix.key: _label_and_text(source[name], row, config) for (name, row), fix in merged.items()}
    fixes = tuple(merged.values())
    return MergedFixes(fixes, about, relabelled, dropped, confirmed, suggested, read.accepted, read.left)


def describe_merged(merged: MergedFixes) -> list[str]:
    """Describe what was decided in lines for a terminal."""
    suggested = f" ({merged.as_suggested:,} as the audit suggested)" if merged.as_suggested else ""
    confirmed = f", {merged.confirmed:,} as the source has them" if merged.confirmed else ""
    lines = [
        f"{count(merged.relabelled, 'label')} changed{suggested}, {count(merged.dropped, 'row')} dropped{confirmed}"
    ]
    if merged.accepted:
        lines.append(f"  {count(merged.accepted, 'suggestion')} for training rows accepted by score alone")
    if merged.left:
        lines.append(
            f"  {count(merged.left, 'row')} of validation and test with such a score: a person decides about those, "
            "since they measure the model"
        )
    return lines


def _label_and_text(examples: Examples, row: int, config: DataConfig) -> tuple[str, str]:
    """The label of a row and the beginning of its text, for people."""
    place = int(examples.rows.searchsorted(row))
    text = " ".join(show_columns(examples.texts[place])[: 2 * MAX_TEXT_LENGTH].split())[:MAX_TEXT_LENGTH]
    return label_text(examples.labels[place], config.label_separator), text
