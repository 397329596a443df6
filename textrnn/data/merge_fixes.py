"""A person's decisions about an audit's rows, added to the fixes that the data has already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from textrnn.config.data import DataConfig
from textrnn.data.apply_fixes import LabelCells, apply_fixes, place_of, read_right_label, split_of
from textrnn.data.fixes import Fix, Key, read_fixes
from textrnn.data.label_text import label_text
from textrnn.data.load import read_tables
from textrnn.data.row_check import row_check
from textrnn.errors import DataError

LONGEST = 200  # characters of a text, for people


@dataclass(frozen=True)
class MergedFixes:
    """All `fixes` of a source now, with the label and the text of each row as the source has them; of the decisions
    that came, how many change a label (`relabelled`), drop a row (`dropped`), or leave the source's own
    label (`confirmed`).
    """

    fixes: tuple[Fix, ...]
    about: dict[Key, tuple[str, str]]
    relabelled: int
    dropped: int
    confirmed: int


def merge_fixes(config: DataConfig, decided: Path) -> MergedFixes:
    """Merge the decisions in the file `decided` with the fixes that `config` names, if any.

    The rows were looked at under those fixes; the merged ones are about the rows of the source. A right label that is
    the source's own takes an earlier fix back. Raises DataError, naming file, row and column, for a decision about a
    row that changed since, and for no decision at all.
    """
    decisions = read_fixes(decided)
    if not decisions:
        raise DataError(
            f"{decided}: expected a decision at least, found none; fill in 'right_label', or put an x under 'drop'"
        )
    source = {name: table.examples for name, table in read_tables(config).splits.items()}
    cells = LabelCells.of(source.values(), config.target, config.label_separator, config.classes)
    before = read_fixes(Path(config.fixes)) if config.fixes is not None else []
    current = apply_fixes(source, before, cells).splits
    merged = {(split_of(fix, source), fix.row): replace(fix, split=split_of(fix, source)) for fix in before}
    seen: set[Key] = set()
    relabelled = dropped = confirmed = 0
    for fix in decisions:
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
        merged[name, fix.row] = Fix(fix.row, name, row_check(text, label), written, fix.drop, fix.place)
        dropped += fix.drop
        relabelled += not fix.drop
    about: dict[Key, tuple[str, str]] = {}
    for key in merged:
        examples = source[split_of(merged[key], source)]
        place = int(examples.rows.searchsorted(key[1]))
        label = label_text(examples.labels[place], config.label_separator)
        about[key] = label, " ".join(examples.texts[place][: 2 * LONGEST].split())[:LONGEST]
    return MergedFixes(tuple(merged.values()), about, relabelled, dropped, confirmed)
