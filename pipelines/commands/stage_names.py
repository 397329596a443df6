"""Why a name that a person gave is none of a stage."""

from __future__ import annotations

from pipelines.stages import stage_names
from textrnn.config.renamed import RENAMED_STAGES


def describe_unknown_stage(name: str) -> str:
    """Return why there is no stage `name`, as the end of a message.

    >>> describe_unknown_stage("teach")
    'no such stage; it is called self_train'
    """
    if name in RENAMED_STAGES:
        return f"no such stage; it is called {RENAMED_STAGES[name]}"
    return f"expected one of {', '.join(stage_names())}"
