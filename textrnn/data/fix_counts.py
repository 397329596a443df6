"""How many rows of each split the fixes changed."""

from __future__ import annotations

from collections.abc import Mapping

from textrnn.data.examples import SPLITS, Examples, SplitName


def count_fixes(
    splits: Mapping[SplitName, Examples],
    relabelled: Mapping[SplitName, Mapping[int, bool]],
    dropped: Mapping[SplitName, int],
) -> dict[str, dict[str, int]]:
    """Count the fixes of each split that has any, as plain JSON: labels that were `relabelled`, those of them
    that are now `as_suggested` by an audit, rows that were `dropped`.

    `relabelled` has the rows of each table as it was read, `dropped` is by split; a split that is no table of its own
    is a part of train's.
    """
    found = {}
    for name in SPLITS:
        of_table = relabelled.get(name if name in relabelled else "train", {})
        rows = splits[name].rows.tolist() if name in splits and of_table else []
        origins = [of_table[row] for row in rows if row in of_table]
        counts = {"relabelled": len(origins), "as_suggested": sum(origins), "dropped": dropped.get(name, 0)}
        if any(counts.values()):
            found[str(name)] = counts
    return found
