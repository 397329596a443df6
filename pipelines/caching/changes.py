"""What differs between two pre-images of keys, in words that a person can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.caching.code import WHOLE_FILE, file_of_code
from pipelines.caching.keys import ENCODER, TEACHER, UNLABELLED, VECTORS, WARM_START
from pipelines.stages import STAGES

STAGE_OF_OUTPUT = {stage.makes: stage.name for stage in STAGES}
# sources of their own, and whether they are one thing or many
OTHER_SOURCES = {
    VECTORS: ("the word vectors", "are"),
    ENCODER: ("the sentence encoder", "is"),
    UNLABELLED: ("the unlabelled texts", "are"),
    TEACHER: ("the teacher", "is"),
    WARM_START: ("the model to start from", "is"),
}


def explain_change(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What differs between the pre-images `old` and `new`, most telling first; [] where nothing does."""
    return [
        *param_changes(old["params"], new["params"]),
        *source_changes(old.get("source", {}), new.get("source", {})),
        *(
            f"the output of {maker} changed" if (maker := _maker_of(noun)) else f"{noun} changed"
            for noun, digest in new["inputs"].items()
            if old["inputs"].get(noun) != digest
        ),
        *code_changes(old["code"], new["code"]),
        *version_changes(old, new),
    ]


def _maker_of(noun: str) -> str:
    """The stage that makes `noun`, "" where none does."""
    name, dot, fold = noun.partition(".")
    maker = "fold" if fold and name == "words" else STAGE_OF_OUTPUT.get(name, "")
    return f"{maker}{dot}{fold}" if maker else ""


def param_changes(old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The settings that both keys hold, with both values; where all of those are equal, what only one of them holds."""
    before = {f"{section}.{name}": value for section, params in old.items() for name, value in params.items()}
    now = {f"{section}.{name}": value for section, params in new.items() for name, value in params.items()}
    changes = [
        f"{name} was {before[name]!r}, is {value!r}"
        for name, value in now.items()
        if name in before and before[name] != value
    ]
    # one setting decides which others are read: those are no change of their own
    return changes or [
        *(f"{name} is newly read: {now[name]!r}" for name in now if name not in before),
        *(f"{name} is no longer read" for name in before if name not in now),
    ]


def source_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Which of the files that are read changed, by what they are for."""
    changes = []
    for name in dict.fromkeys([*new, *old]):
        if old.get(name) == new.get(name):
            continue
        if name not in OTHER_SOURCES:
            changes.append("the source data changed")
            continue
        what, verb = OTHER_SOURCES[name]
        how = f"{verb} newly given" if name not in old else f"{verb} no longer given" if name not in new else "changed"
        changes.append(f"{what} {how}")
    return list(dict.fromkeys(changes))


def code_changes(old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The files whose code changed, each with the definitions that did."""
    changes = []
    for module in sorted({*old, *new}):
        file = file_of_code(module)
        if module not in new:
            changes.append(f"{file} is no longer used")
        elif module not in old:
            changes.append(f"{file} is newly used")
        elif old[module] != new[module]:
            names = {*old[module], *new[module]}
            changed = sorted(name for name in names if old[module].get(name) != new[module].get(name))
            changes.append(f"{file} changed" + (f": {', '.join(changed)}" if changed != [WHOLE_FILE] else ""))
    return changes


def version_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The libraries whose version changed, with both; Python, the format of a result."""
    changes = []
    for name in sorted({*new["libraries"], *old["libraries"]}):
        before, now = old["libraries"].get(name, "not used"), new["libraries"].get(name, "not used")
        if before != now:
            changes.append(f"{name} was {before}, is {now}")
    for name, called in (("python", "Python"), ("format", "the format")):
        if old[name] != new[name]:
            changes.append(f"{called} was {old[name]}, is {new[name]}")
    return changes
