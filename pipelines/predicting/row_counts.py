"""RowCounts of the rows that were read, predicted, rejected or cut."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textrnn.data.readers.wording import count
from textrnn.data.text_boundary import MAX_NFKC_GROWTH, bound_text
from textrnn.errors import DataError

if TYPE_CHECKING:
    from textrnn.data.readers.notes import Notes
    from textrnn.model.stream import StreamRow


@dataclass
class RowCounts:
    """Rows that were `read` and `predicted`, `bad` ones among them, and the predictions that were `rejected`.

    With `refuse` a bad row is an error. `first` is what the first bad one was told by; `cut` counts texts that were cut
    at `max_characters`, `notes` knows what became of the bytes, and which rows are likely several.
    """

    notes: "Notes"
    max_characters: int
    refuse: bool = False
    read: int = 0
    predicted: int = 0
    bad: int = 0
    rejected: int = 0
    first: str = ""
    cut: int = 0

    def count_text(self, text: str) -> None:
        """Count a row of one text."""
        self.read += 1
        if not text.isascii() or len(text) > self.max_characters:
            self.cut += self._is_cut(text)

    def count_texts(self, texts: Sequence[str]) -> None:
        """Count a row of these texts."""
        self.read += 1
        for text in texts:
            if len(text) > self.max_characters or not text.isascii():
                self.cut += self._is_cut(text)

    def _is_cut(self, text: str) -> bool:
        return len(text) * MAX_NFKC_GROWTH > self.max_characters and bound_text(text, self.max_characters).cut

    def count_bad_row(self, message: str, reason: str, original: object) -> "StreamRow":
        """A row that cannot be used, for that `reason`. Raises DataError, with the `message`, where it is refused."""
        from textrnn.model.stream import StreamRow

        if self.refuse:
            raise DataError(message)
        self.read += 1
        self.bad += 1
        self.first = self.first or message
        return StreamRow(None, original, reason)

    def lines(self) -> Iterator[str]:
        """What a person is told of them when all is done: counts, and warnings."""
        rejected = f", {self.rejected:,} of them rejected" if self.rejected else ""
        yield f"{count(self.read, 'row')} in, {count(self.predicted - self.bad, 'prediction')} out{rejected}"
        yield from self.warnings()

    def warnings(self) -> Iterator[str]:
        """What a person is told in any case."""
        if self.bad:
            yield f"warning: {count(self.bad, 'row')} of {self.read:,} could not be used: {self.first}"
        if self.cut:
            yield f"warning: {count(self.cut, 'text')} cut to {self.max_characters:,} characters"
        for sentence in self.notes.sentences():
            yield f"warning: {sentence}"
