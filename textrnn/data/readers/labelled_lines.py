"""Lines as fastText reads them: labels, each behind `__label__`, then the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from textrnn.data.readers.wording import quote
from textrnn.errors import DataError, RowError

LABEL_PREFIX = "__label__"
SAMPLE_BYTES = 1 << 16  # bytes from which such a file is known
WORD_SEPARATORS = " \n\r\t\v\f\0"  # those of fastText's `Dictionary::readWord`: no other blank ends a word
_LABEL = re.compile(rf"(?<![^{WORD_SEPARATORS}]){LABEL_PREFIX}([^{WORD_SEPARATORS}]*)[{WORD_SEPARATORS}]*")


class LabelledLine(NamedTuple):
    """The labels of a line, each once, and its text."""

    labels: tuple[str, ...]
    text: str


def parse_line(line: str) -> LabelledLine:
    r"""Split a line into labels and text. Every word that begins with `__label__` is a label, wherever it stands.

    The words of the text stay as they are, with the blanks between them. Raises RowError for a line without a label,
    or with a label that has no name.

    >>> parse_line("__label__film __label__good what a film!\n")
    LabelledLine(labels=('film', 'good'), text='what a film!')
    """
    labels = tuple(dict.fromkeys(_LABEL.findall(line)))
    if not labels:
        raise RowError(
            f"expected a label before the text ({LABEL_PREFIX}NAME), as in other lines of the file, "
            f"found {quote(line.strip(WORD_SEPARATORS))}"
        )
    if "" in labels:
        raise RowError(f"expected a label after {LABEL_PREFIX}, found none; remove the line or name its label")
    return LabelledLine(labels, _LABEL.sub("", line).strip(WORD_SEPARATORS))


def only_label(labels: tuple[str, ...]) -> str:
    """Return the label of a line that has one. Raises RowError where it has several."""
    if len(labels) > 1:
        raise RowError(
            f"expected one label, found {len(labels)}: {', '.join(map(quote, labels[:3]))}"
            f"{', ...' * (len(labels) > 3)}; several labels a text are data.target=multi"
        )
    return labels[0]


def has_labels(head: bytes, place: str) -> bool:
    r"""Whether a file that begins with `head` is one of labelled lines; `place` names it in errors.

    It is if its first line begins with a label, or if every line has one somewhere. Raises DataError for a file whose
    first line has none while another begins with one: it is neither labelled lines nor plain text.

    >>> has_labels(b"__label__a x\n", "a.txt"), has_labels(b"one text\nanother text\n", "a.txt")
    (True, False)
    """
    if LABEL_PREFIX.encode() not in head:
        return False
    lines = head.decode("utf-8-sig", "replace").split("\n")
    if len(head) >= SAMPLE_BYTES and len(lines) > 1:
        lines.pop()  # it may be cut
    return have_labels(lines, place)


def have_labels(lines: Iterable[str], place: str) -> bool:
    """Whether a file that begins with these `lines` is one of labelled lines; see `has_labels`. Raises DataError."""
    found = [
        (number, line.strip(WORD_SEPARATORS)) for number, line in enumerate(lines, 1) if line.strip(WORD_SEPARATORS)
    ]
    begins = [number for number, line in found if line.startswith(LABEL_PREFIX)]
    if not found or (begins and begins[0] == found[0][0]) or all(_LABEL.search(line) for _, line in found):
        return bool(found)
    if begins:
        number, line = found[0]
        raise DataError(
            f"{place}, line {number}: expected a label before the text ({LABEL_PREFIX}NAME), as in line {begins[0]}, "
            f"found {quote(line)}; put a label before each text, or before none"
        )
    return False


def find_multiple_labels(lines: Iterable[str]) -> int | None:
    """Return the number, from 1, of the first of `lines` that has more than one label; None where none has."""
    for number, line in enumerate(lines, 1):
        if line.count(LABEL_PREFIX) > 1 and len(set(_LABEL.findall(line))) > 1:
            return number
    return None
