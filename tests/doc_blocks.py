"""The blocks of a documentation page: found, read as commands with their output, and compared with what came.

Before a block a comment, which readers do not see, may say how a test takes it:

    <!-- test: skip, needs a GPU -->                          not run; the reason is required
    <!-- test: loose, the model here is trained on less -->   of each line only the first words are compared
    <!-- test: file new.csv -->                               the block is what the file holds
    <!-- test: with model.hidden_size=8 -->                   a Python block gets these settings behind `settings={`
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"(?:<!-- test: (?P<marker>.+?) -->\n\n?)?^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.M | re.S)
RUNNABLE = ("sh", "console", "python")
RUN_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*(?:e-\d+)?")
TIMES = re.compile(r"epoch \d+/\d+  step")  # a line every ten seconds, by the clock


@dataclass(frozen=True)
class Block:
    """A block of a page: where it stands, its language, its text, and what its comment says."""

    page: Path
    line: int
    language: str
    body: str
    marker: str = ""

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def skipped(self) -> bool:
        return self.marker.startswith("skip, ")

    @property
    def loose(self) -> bool:
        return self.marker.startswith("loose, ")

    @property
    def code(self) -> str:
        """A Python block as it is run: with the settings that its comment adds."""
        if not self.marker.startswith("with "):
            return self.body
        assert "settings={" in self.body, self.place
        more = [setting.partition("=") for setting in self.marker.removeprefix("with ").split()]
        return self.body.replace("settings={", "settings={" + "".join(f'"{key}": {value}, ' for key, _, value in more))

    @property
    def file(self) -> str:
        """The name of the file that the block is, if it is one."""
        return self.marker.removeprefix("file ") if self.marker.startswith("file ") else ""


@dataclass(frozen=True)
class Typed:
    """A command of a block, and the lines that the page shows below it; none where it shows none."""

    command: str
    shown: tuple[str, ...] = ()


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page in order. A marker that means nothing is an error."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in BLOCK.finditer(text):
        block = Block(
            page,
            text.count("\n", 0, match.start("body")) + 1,
            match["language"],
            match["body"],
            match["marker"] or "",
        )
        assert not block.marker or re.match(r"(skip|loose), \w|file \w+\.\w+$|with \w+\.\w+=", block.marker), (
            block.place
        )
        found.append(block)
    return found


def typed_in(block: Block) -> list[Typed]:
    """The commands of a block: each line of `sh`; in `console` the lines after `$ `, with the output of each."""
    lines = block.body.splitlines()
    if block.language == "sh":
        return [Typed(line) for line in lines if line.strip()]
    typed: list[Typed] = []
    for line in lines:
        if line.startswith("$ "):
            typed.append(Typed(line[2:]))
        elif line.strip():
            assert typed, f"{block.place}: output before a command"
            typed[-1] = Typed(typed[-1].command, (*typed[-1].shown, line))
    return typed


def masked(line: str, *, loose: bool = False) -> str:
    """A line without what differs from machine to machine: numbers, white space; the first two words if `loose`."""
    line = re.sub(r"was \S+, is \S+", "was #, is #", line)
    line = RUN_ID.sub("a run", line)
    line = re.sub(r'"model": "[0-9a-f]{12}"', '"model": "#"', line)
    words = NUMBER.sub("#", line.replace("[", "[ ").replace("]", " ]")).split()
    return " ".join(words[:2]).rstrip(":;,") if loose else " ".join(words)


def disagreement(shown: Sequence[str], came: Sequence[str], *, loose: bool = False) -> str:
    """Which line of `shown` did not come, and what came; empty where all is as shown.

    `...` stands for any number of lines. Other lines follow one another as shown, and nothing else comes.
    """
    actual = [masked(line, loose=loose) for line in came if line.strip() and not TIMES.search(line)]
    parts: list[list[str]] = [[]]
    for line in shown:
        if line.strip() == "...":
            parts.append([])
        else:
            parts[-1].append(masked(line, loose=loose))
    at = 0
    for number, part in enumerate(parts):
        free = number > 0  # behind "...": anywhere later; else right here
        places = range(at, len(actual) - len(part) + 1) if free else [at]
        if number and number == len(parts) - 1 and part:
            places = range(max(at, len(actual) - len(part)), len(actual))  # the last part ends the output
        place = next((place for place in places if actual[place : place + len(part)] == part), None)
        if place is None:
            return f"expected {part}\nafter line {at} of\n" + "\n".join(actual)
        at = place + len(part)
    if len(parts) == 1 and at != len(actual):
        return f"expected nothing after line {at} of\n" + "\n".join(actual)
    return ""
