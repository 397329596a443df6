"""TR016: labels of scored rows are what an audit suggested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.data.readers.wording import count
from textrnn.evaluation.checks.check import Check

SHARE = 0.01  # of the scored rows: by that much at most they raise the score


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether at least 1 % of the scored rows have a label that an audit suggested."""
    found = data["checks"].get("fixes", {}).get(data["split"])
    if not found or found["as_suggested"] < SHARE * data["examples"]:
        return ""
    share = found["as_suggested"] / data["examples"]
    dropped = f", and {count(found['dropped'], 'row')} dropped" if found["dropped"] else ""
    return (
        f"{count(found['relabelled'], data['split'] + ' label')} of {data['examples']:,} were corrected, "
        f"{found['as_suggested']:,} of them as the audit suggested ({share:.1%} of the rows){dropped}."
    )


CHECK = Check(
    code="TR016",
    name="suggested-labels",
    title="Scored rows have labels that an audit suggested",
    severity="high",
    needs="the counts of data.fixes",
    why="The audit suggests what a model expects, so the classifier is right on these rows more often than on new "
    "ones. Guarantees of `textrnn decide` on such rows are too good for the same reason.",
    action="Let a person decide about the rows of validation and test, whatever the suggestion is, or take back their "
    "fixes and correct training rows alone. The column split of the file of fixes says which they are.",
    detect=detect,
)
