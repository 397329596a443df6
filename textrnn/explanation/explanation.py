"""`Explanation`: what each word of a text adds to a prediction."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from textrnn.data.target import Label
from textrnn.explanation.fragment import ShownExplanation, show_parts
from textrnn.explanation.parts import ColumnPart, PhrasePart, WordPart

SMALLEST, LEAST_SHOWN = 1e-5, 5e-4  # logits; smaller parts are the rounding of float32
MethodName = Literal["shapley", "leave_one_out", "integrated_gradients"]


@dataclass(frozen=True)
class Explanation:
    """Why a classifier gives a text its `label`, or why not.

    What is explained is `difference`: how far the calibrated logit of `label` is above that of `against`. Where
    `against` is None it is the logit of the label alone, of several labels, or the predicted number. It is the sum of

    * `base`: what it is without words, and with neutral columns;
    * the parts of `words`, in order, and of tabular `columns`;
    * `remainder`: what no word adds alone, but several together (leave-one-out); the error of an integral (integrated
      gradients); nothing but rounding (Shapley values).

    `texts` are the text columns by name, as they came. `score` and `score_against` are the probabilities of the two
    (None where there is none), or the number. `phrases` are the n-grams by the size of their parts: how the n-gram
    branch's parts of the words came about. It is a text in a notebook's colours (`_repr_html_`), and plain JSON
    (`to_json`).
    """

    texts: dict[str, str]
    label: Label | None
    against: Label | None
    score: float
    score_against: float | None
    difference: float
    base: float
    remainder: float
    words: tuple[WordPart, ...]
    columns: tuple[ColumnPart, ...]
    phrases: tuple[PhrasePart, ...]
    method: MethodName

    @property
    def text(self) -> str:
        """The text; of several columns all of them, a line each."""
        return "\n".join(self.texts.values())

    @property
    def remainder_share(self) -> float:
        """The size of the remainder, as a share of the sizes of all parts."""
        sizes = sum(abs(word.part) for word in self.words) + sum(abs(column.part) for column in self.columns)
        return abs(self.remainder) / max(sizes + abs(self.remainder), SMALLEST)

    def top(self, count: int = 10) -> list[WordPart]:
        """The words with the largest parts, for or against, the largest first."""
        return sorted(self.words, key=lambda word: -abs(word.part))[:count]

    def to_json(self) -> dict[str, Any]:
        """All of it as plain JSON; a word has the sum of its parts too."""
        found = asdict(self)
        found["words"] = [{**asdict(word), "part": word.part} for word in self.words]
        found["columns"] = [{**asdict(column), "part": column.part} for column in self.columns]
        found["phrases"] = [asdict(phrase) for phrase in self.phrases]
        for name in ("label", "against"):
            found[name] = value.item() if hasattr(value := found[name], "item") else value
        return found

    def headline(self) -> str:
        """What is explained, on one line: the label, its probability, what it is compared with."""
        if self.label is None:
            return f"{self.score:,.6g}, of which {self.difference - self.base:+,.6g} by words or columns"
        against = "" if self.against is None else f" against {self.against} ({self.score_against:.3f})"
        return f"{self.label} ({self.score:.3f}){against}: logit {self.difference:+.3f}"

    def rest(self) -> list[tuple[str, float]]:
        """What no word or column adds alone, with names for it."""
        named = {
            "shapley": "rounding",
            "leave_one_out": "words together: what none adds alone",
            "integrated_gradients": "error of the integral",
        }
        shown = self.method == "leave_one_out" or abs(self.remainder) >= LEAST_SHOWN
        return [("without words", self.base), *([(named[self.method], self.remainder)] if shown else [])]

    def _repr_html_(self) -> str:
        return show_parts(ShownExplanation(self.headline(), self.texts, self.words, self.columns, self.rest()))
