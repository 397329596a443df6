"""A stage as a row of the graph, and what a running stage is handed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Stage:
    """One step of the pipeline. Importing a row imports nothing that it names.

    `reads` are nouns made by earlier stages, `makes` the noun it makes, `params` the config
    sections it is handed, `function` and `noun` are "module:name", `format` is the number of the
    format of what it makes.
    """

    name: str
    reads: tuple[str, ...]
    makes: str
    params: tuple[str, ...]
    function: str
    noun: str
    format: int = 1

    @property
    def module(self) -> str:
        """The module of the stage's own function."""
        return self.function.partition(":")[0]


@dataclass(frozen=True)
class Job:
    """What a stage may use besides its inputs: no result depends on it.

    `work` is a folder that outlives an interruption (checkpoints); `say` shows a line, `count`
    shows that done of total are done, `show` takes the progress of training.
    """

    work: Path
    say: Callable[[str], None]
    count: Callable[[int, int], None]
    show: Callable[[Any], None]


def resolve_name(name: str) -> Any:
    """The object that "module:name" names; imports the module."""
    module, attribute = name.split(":")
    return getattr(import_module(module), attribute)
