"""What was done to texts while they were read: counted by readers, told by whoever called them."""

from __future__ import annotations

from dataclasses import dataclass, field

from textrnn.data.readers.read_digest import ReadDigest
from textrnn.data.readers.wording import count

MAX_NAMED_ROWS = 20  # rows named of a kind


@dataclass
class Notes:
    """What reading changed or doubts; readers add to it.

    `replaced` byte sequences became U+FFFD, `cut` texts were too long. `merged` are sentences about rows that are
    likely several ones, `more_merged` how many others there are. `section` is that of the settings of the file.

    `delimiter` is that of the table that was read, `recognised` a sentence on it where it is not the usual one. A
    reader of rows sets `by_row`: a line that cannot be decoded is then given with U+FFFD and told in `spoiled`, which
    the reader clears. `line` is where the row begins that it gave last, from 1. `read_digest` takes what is read, where
    somebody wants to know.
    """

    section: str = "data"
    replaced: int = 0
    cut: int = 0
    merged: list[str] = field(default_factory=list)
    more_merged: int = 0
    by_row: bool = False
    spoiled: str | None = None
    line: int = 0
    read_digest: ReadDigest | None = None
    delimiter: str | None = None
    recognised: str = ""

    def add_suspicion(self, sentence: str) -> None:
        """Note a row that is likely several ones."""
        if len(self.merged) < MAX_NAMED_ROWS:
            self.merged.append(sentence)
        else:
            self.more_merged += 1

    def option(self, name: str, value: str) -> str:
        """How a person says a setting of the text format, for messages."""
        if self.section == "embeddings":  # of word vectors nothing can be said but how to mend the file
            told = {
                "encoding": f"iconv -f {value} -t utf-8 FILE > NEW",
                "errors": "iconv -c -f utf-8 -t utf-8 FILE > NEW",
            }
            return told.get(name, f"embeddings.{name}")
        if self.section == "data":
            return f"--{name} {value} (data.{name})"
        return f"--set {self.section}.{name}={value}"

    def sentences(self) -> list[str]:
        """All of it for people, one a line."""
        found = [self.recognised] if self.recognised else []
        found += self.merged
        if self.more_merged:
            found.append(f"{count(self.more_merged, 'more row')} of this kind")
        if self.replaced:
            found.append(replaced_bytes(self.replaced))
        if self.cut:
            found.append(f"{count(self.cut, 'text')} cut to the maximum length (data.max_characters)")
        return found


def replaced_bytes(number: int) -> str:
    """That byte sequences were replaced."""
    return f"{count(number, 'byte sequence')} replaced by U+FFFD: they are not of the file's encoding"
