"""An explanation as lines of a terminal, in colour or without."""

from __future__ import annotations

from collections.abc import Sequence

from textrnn.explanation.explanation import Explanation
from textrnn.explanation.parts import WordPart
from textrnn.explanation.sanitize import sanitize, split_at

# least share of the largest part, then the colours (background, letters) of what is for the label, and against it
_LEVELS = (
    (0.6, "48;5;25;38;5;231", "48;5;166;38;5;231;4"),
    (0.25, "48;5;153;38;5;16", "48;5;223;38;5;16;4"),
    (0.08, "1", "4"),
)


def show_lines(explanation: Explanation, *, colours: bool, top: int = 8) -> list[str]:
    """Returns the headline, the text, then the `top` largest parts of words, those of columns, and what is left."""
    lines = [sanitize(explanation.headline())]
    for name, text in explanation.texts.items():
        own = [word for word in explanation.words if word.column == name]
        shown = colour_text(text, own, _largest(explanation)) if colours else sanitize(text)
        lines.append((f"{sanitize(name)}: " if len(explanation.texts) > 1 else "") + shown.strip(" "))
    words = explanation.top(top)
    rows = [(word.text, word.part, word.recurrent, word.ngram_branch) for word in words]
    rows += [
        (f"{part.column} = {part.value}", part.part, part.recurrent, part.ngram_branch) for part in explanation.columns
    ]
    width = max((len(sanitize(name)) for name, *_ in rows), default=0)
    lines += [
        f"{part:+9.3f}  {sanitize(name):{min(width, 40)}}  recurrent {recurrent:+.3f}, n-grams {ngrams:+.3f}"
        for name, part, recurrent, ngrams in rows
    ]
    others = len(explanation.words) - len(words)
    if others:
        rest = sum(word.part for word in explanation.words) - sum(word.part for word in words)
        lines.append(f"{rest:+9.3f}  {others} other word{'s' if others > 1 else ''}")
    return lines + [f"{part:+9.3f}  {name}" for name, part in explanation.rest()]


def colour_text(text: str, words: Sequence[WordPart], largest: float) -> str:
    """Returns `text` with its words in colours, by what they add against the `largest` part."""
    shown = []
    for piece, which in split_at(text, [(word.start, word.end) for word in words]):
        share = 0.0 if which is None or not largest > 0 else words[which].part / largest
        codes = next(((first, second) for least, first, second in _LEVELS if abs(share) >= least), None)
        shown.append(piece if codes is None else f"\x1b[{codes[share < 0]}m{piece}\x1b[0m")
    return "".join(shown)


def _largest(explanation: Explanation) -> float:
    return max((abs(word.part) for word in explanation.words), default=0.0)
