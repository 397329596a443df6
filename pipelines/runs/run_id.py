"""The id of a run: when it finished, with the beginning of the digest of its results."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

_FORM = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
_TIME = "%Y%m%d-%H%M%S"


def is_run_id(text: str) -> bool:
    """Whether `text` has the form of an id.

    >>> is_run_id("20261130-194512-3fa2"), is_run_id("sentiment")
    (True, False)
    """
    return _FORM.fullmatch(text) is not None


def make_run_id(moment: datetime.datetime, digest: str, others: Iterable[str]) -> str:
    """An id for a run that finished at `moment`; it sorts behind the ids of all `others`, whatever the clock says.

    >>> noon = datetime.datetime(2026, 11, 30, 12, 0, 0)
    >>> make_run_id(noon, "3fa2c1", []), make_run_id(noon, "77aa00", ["20261130-120000-3fa2"])
    ('20261130-120000-3fa2', '20261130-120001-77aa')
    """
    last = max((other[:15] for other in others if is_run_id(other)), default="")
    time = moment.strftime(_TIME)
    if time <= last:
        time = (datetime.datetime.strptime(last, _TIME) + datetime.timedelta(seconds=1)).strftime(_TIME)
    return f"{time}-{digest[:4]}"
