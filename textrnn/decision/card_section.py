"""The section of a model card on what the model decides."""

from __future__ import annotations

from collections.abc import Sequence

HEADING = "## What it decides"
NEXT_HEADING = "## What it is not"  # the section stands above it


def insert_decision(card: str, lines: Sequence[str]) -> str:
    r"""Return `card` with the section of these `lines`, in place of one that is there.

    >>> print(insert_decision("# A\n\n## What it is not\n\nb\n", ["all is accepted"]), end="")
    # A
    <BLANKLINE>
    ## What it decides
    <BLANKLINE>
        all is accepted
    <BLANKLINE>
    ## What it is not
    <BLANKLINE>
    b
    """
    section = "\n".join([HEADING, "", *(f"    {line}" for line in lines), ""])
    start = card.find(f"{HEADING}\n")
    if start >= 0:
        end = card.find("\n## ", start)
        card = card[:start] + (card[end + 1 :] if end >= 0 else "")
    place = card.find(NEXT_HEADING)
    if place < 0:
        return (card.rstrip("\n") + "\n\n" if card else "") + section
    return card[:place] + section + "\n" + card[place:]
