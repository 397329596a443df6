"""A stage as a row of the graph, with what it is given to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Stage:
    """One step of the pipeline. Importing a row imports nothing that it names.

    `reads` are nouns made by earlier stages, `makes` the noun it makes, `params` the config
    sections it is handed, `function` and `noun` are "module:name", `format` is the number of the
    format of what it makes, `summary` is its line in the help of the command line. The configuration
    turns a stage off where all settings of one of `off` have these values; the noun is empty then.
    Where a stage reads no more than a part of its sections, `arguments` is "module:name" too: what
    makes that part of them. `sources` name the files that it reads, if any.

    In a run with folds a stage and its nouns are named after their fold, as in "train.2" and "ids.2" (`plain_name`);
    the stage that makes the splits of one is handed its number, `fold`.
    """

    name: str
    reads: tuple[str, ...]
    makes: str
    params: tuple[str, ...]
    function: str
    noun: str
    format: int = 1
    summary: str = ""
    off: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    arguments: str = ""
    sources: tuple[str, ...] = ()
    fold: int | None = None

    def off_reason(self, setting: Callable[[str], Any]) -> str:
        """Why the configuration turns this stage off, or "" where it does not; `setting("train.epochs")` is a value.

        >>> off = {"ngram_branch.enabled": False}
        >>> stage = Stage("ngram_branch", (), "ngram_branch", ("ngram_branch",), "", "", off=(off,))
        >>> stage.off_reason(off.get), stage.off_reason({"ngram_branch.enabled": True}.get)
        ('ngram_branch.enabled is false', '')
        """
        for values in self.off:
            if all(setting(name) == value for name, value in values.items()):
                return ", ".join(f"{name} {_is_value(value)}" for name, value in values.items())
        return ""

    @property
    def module(self) -> str:
        """The module of the stage's own function."""
        return self.function.split(":")[0]


@dataclass(frozen=True)
class StageContext:
    """What a stage may use besides its inputs: no result depends on it.

    `work` is a folder that outlives an interruption (checkpoints); `log` shows a line, `count`
    shows that done of total are done, `show` takes the progress of training.
    """

    work: Path
    log: Callable[[str], None]
    count: Callable[[int, int], None]
    show: Callable[[Any], None]


def _is_value(value: Any) -> str:
    if value is None:
        return "is not set"
    return f"is {str(value).lower() if isinstance(value, bool) else value}"


def plain_name(name: str) -> str:
    """The name of a stage or noun without its fold.

    >>> plain_name("train.2"), plain_name("train")
    ('train', 'train')
    """
    return name.partition(".")[0]


def inputs_of(stage: Stage, nouns: Mapping[str, Any]) -> dict[str, Any]:
    """What the function of `stage` is handed of the `nouns` that it reads, by parameter name.

    Those of its own fold, or of none, are called by their plain names; those of other folds stand in `folds`: of each
    fold, in order, its nouns by plain name.
    """
    own, found = stage.name.partition(".")[2], dict[str, Any]()
    folds: dict[int, dict[str, Any]] = {}
    for name, noun in nouns.items():
        plain, _, fold = name.partition(".")
        if fold in ("", own):
            found[plain] = noun
        else:
            folds.setdefault(int(fold), {})[plain] = noun
    return found | ({"folds": [folds[number] for number in sorted(folds)]} if folds else {})


def settings_of(stage: Stage, sections: Mapping[str, Any]) -> dict[str, Any]:
    """What the function of `stage` is handed of the config `sections`, by parameter name: each section whole, or one
    object with what it reads of them. Keys hold the same, so that no field can be read that they do not.
    """
    own = {name: sections[name] for name in stage.params}
    if stage.arguments:
        return {"arguments": resolve_name(stage.arguments)(**own)}
    return {f"{name}_config": section for name, section in own.items()}


def function_arguments(stage: Stage, nouns: Mapping[str, Any], sections: Mapping[str, Any]) -> dict[str, Any]:
    """What the function of `stage` is handed, but the context: of the `nouns`, of the config `sections`, its fold."""
    number = {} if stage.fold is None else {"fold": stage.fold}
    return {**inputs_of(stage, nouns), **settings_of(stage, sections), **number}


def resolve_name(name: str) -> Any:
    """The object that "module:name" names; imports the module."""
    module, attribute = name.split(":")
    return getattr(import_module(module), attribute)
