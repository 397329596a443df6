"""Advice in messages, in the words of the command that prints them: its own options alone."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection
from dataclasses import fields
from typing import Any

from textrnn.config.data import DataConfig

# a setting or an option in a message: "data.errors=replace", 'data.target = "multi"', "data.max_rows", "--errors"
_KEYS = "|".join(field.name for field in fields(DataConfig))  # data.csv is a file
_KEY = rf"(?:--set )?(?<![\w./-])data\.(?P<key>{_KEYS})(?![\w.(])(?:\s?=\s?(?P<value>\"[^\"\n]*\"|[\w./-]*\w))?"
_NAMED = re.compile(rf"{_KEY}|(?<![\w-])(?P<option>--[a-z][a-z-]+)")
_WORD = r"[^\s;,)-][^\s;,)]*"
_CHAIN = re.compile(rf"--[a-z][a-z-]+(?: {_WORD})?(?: --[a-z][a-z-]+(?: {_WORD})?)+")  # several options
_BOTH = re.compile(r"(?P<said>--[a-z][a-z-]+(?: (?P<value>\S+))?) \(data\.(?P<key>[a-z_]+)(?: = (?P<told>\w+))?\)")
_KEPT = "data\0"  # a setting that stays as it is
_ASIDE = re.compile(r" ?\([^()]*\)\??")


def options_of(command: Any) -> frozenset[str]:
    """The options that a command of click's takes, as they are written."""
    return frozenset(name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts))


def current_options() -> frozenset[str]:
    """The options of the command that runs."""
    import click

    context = click.get_current_context(silent=True)
    return options_of(context.command) if context is not None else frozenset()


def phrase_for_options(message: str, options: Collection[str]) -> str:
    """A `message` about data for who typed a command that takes these `options`.

    A setting is named by its option where the command has one, else as --set takes it. Advice that the command cannot
    take, after the first semicolon, in brackets or as one of several ways, is left out.

    >>> said = "a.csv: expected UTF-8; save it anew, or replace such bytes by data.errors=replace"
    >>> phrase_for_options(said, ["--errors"])
    'a.csv: expected UTF-8; save it anew, or replace such bytes by --errors replace'
    >>> phrase_for_options(said, ["--set"])
    'a.csv: expected UTF-8; save it anew, or replace such bytes by --set data.errors=replace'
    >>> phrase_for_options(said, [])
    'a.csv: expected UTF-8; save it anew'
    """
    message = _CHAIN.sub(lambda chain: _own_of(chain[0], options), message)
    message = _BOTH.sub(lambda both: _one_of(both, options), message)
    first, *advice = message.split("; ")
    original = [_without_asides(first, options)]
    for clause in advice:
        ways = re.split(r"(,? or (?=[a-z]))", _without_asides(clause, options))
        found = ""
        for between, way in zip(["", *ways[1::2]], ways[::2], strict=True):
            if all(_can_say(named, options) for named in _NAMED.finditer(way)):
                found += (between if found else "") + way
        if found:
            original.append(found)
    return _NAMED.sub(lambda named: _say(named, options), "; ".join(original)).replace(_KEPT, "data.")


def _own_of(chain: str, options: Collection[str]) -> str:
    """Of several options side by side, those that there are; all where there are none."""
    own = [part for part in re.split(r" (?=--)", chain) if part.partition(" ")[0] in options]
    return " ".join(own) or chain


def _one_of(both: re.Match[str], options: Collection[str]) -> str:
    """An option with the setting that it is of, "--errors replace (data.errors)": what of it the command has."""
    if both["said"].partition(" ")[0] in options:
        return both[0].replace("data.", _KEPT) if "--set" in options else both["said"]
    if "--set" in options:
        return f"--set {_KEPT}{both['key']}={both['value'] or both['told']}"
    return both[0]


def _without_asides(clause: str, options: Collection[str]) -> str:
    def keep(aside: re.Match[str]) -> str:
        if all(_can_say(named, options) for named in _NAMED.finditer(aside[0])):
            return aside[0]
        return "?" if aside[0].endswith("?") else ""

    return _ASIDE.sub(keep, clause)


def _can_say(named: re.Match[str], options: Collection[str]) -> bool:
    if named["option"]:
        return named["option"] in options
    return "--set" in options or _option_of(named["key"]) in options


def _option_of(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def _say(named: re.Match[str], options: Collection[str]) -> str:
    """One setting as the command takes it; an option as it stands."""
    if named["option"] or not _can_say(named, options):
        return named[0]
    option, value = _option_of(named["key"]), named["value"]
    if option in options:
        if value in ("true", "false") and f"--no-{option[2:]}" in options:
            return option if value == "true" else f"--no-{option[2:]}"
        return option if value is None else f"{option} {shlex.quote(value.strip(chr(34)))}"
    if value is None:
        return f"data.{named['key']}"
    return f"--set data.{named['key']}={shlex.quote(value.strip(chr(34)))}"
