"""What is told of labels that fixes changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.data.readers.wording import count

HELD_OUT = {
    "test": "the score is flattered, since a model agrees with what models suggested",
    "validation": "what is chosen and promised by those rows is too good",
}


def describe_fixes(fixes: Mapping[str, Mapping[str, int]]) -> str:
    """Describe the labels that fixes changed, by split; "" where none is."""
    parts = []
    for split, counts in fixes.items():
        if changed := counts["relabelled"]:
            parts.append(f"{split} {changed:,} ({counts['as_suggested']:,} as the audit suggested)")
    return f"labels changed by data.fixes: {', '.join(parts)}" if parts else ""


def warn_of_suggested(fixes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a sentence for each held-out split with labels that an audit suggested.

    >>> warn_of_suggested({"test": {"relabelled": 37, "as_suggested": 30, "dropped": 0}})[0][:68]
    '37 test labels were corrected, 30 of them as the audit suggested: th'
    """
    return [
        f"{count(counts['relabelled'], f'{split} label')} {'was' if counts['relabelled'] == 1 else 'were'} corrected, "
        f"{counts['as_suggested']:,} of them as the audit suggested: {meaning}"
        for split, meaning in HELD_OUT.items()
        if (counts := fixes.get(split, {})).get("as_suggested")
    ]
