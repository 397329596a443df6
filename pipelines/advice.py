"""What messages advise, in the words of the command that prints them: its own options, and no others."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection
from typing import Any

# a setting or an option in a message: "data.errors=replace", 'data.target = "multi"', "data.max_rows", "--errors"
_KEY = r"(?:--set )?(?<![\w./-])data\.(?P<key>[a-z_]+)(?![\w.(])(?:\s?=\s?(?P<value>\"[^\"\n]*\"|[\w./-]*\w))?"
_NAMED = re.compile(rf"{_KEY}|(?<![\w-])(?P<option>--[a-z][a-z-]+)")
_ASIDE = re.compile(r" ?\([^()]*\)\??")


def options_of(command: Any) -> frozenset[str]:
    """The options that a command of click's takes, as they are written."""
    return frozenset(name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts))


def current_options() -> frozenset[str]:
    """The options of the command that runs."""
    import click

    context = click.get_current_context(silent=True)
    return options_of(context.command) if context is not None else frozenset()


def in_options(message: str, options: Collection[str]) -> str:
    """A `message` about data for who typed a command that takes these `options`.

    A setting is named by its option where the command has one, else as --set takes it. Advice that the command cannot
    take, after the first semicolon, in brackets or as one of several ways, is left out.

    >>> said = "a.csv: expected UTF-8; save it anew, or replace such bytes by data.errors=replace"
    >>> in_options(said, ["--errors"])
    'a.csv: expected UTF-8; save it anew, or replace such bytes by --errors replace'
    >>> in_options(said, ["--set"])
    'a.csv: expected UTF-8; save it anew, or replace such bytes by --set data.errors=replace'
    >>> in_options(said, [])
    'a.csv: expected UTF-8; save it anew'
    """
    first, *advice = message.split("; ")
    kept = [_without_asides(first, options)]
    for clause in advice:
        ways = re.split(r"(,? or (?=[a-z]))", _without_asides(clause, options))
        found = ""
        for between, way in zip(["", *ways[1::2]], ways[::2], strict=True):
            if all(_can_say(named, options) for named in _NAMED.finditer(way)):
                found += (between if found else "") + way
        if found:
            kept.append(found)
    return _NAMED.sub(lambda named: _say(named, options), "; ".join(kept))


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
        return option if value is None else f"{option} {shlex.quote(value.strip(chr(34)))}"
    if value is None:
        return f"data.{named['key']}"
    return f"--set data.{named['key']}={shlex.quote(value.strip(chr(34)))}"
