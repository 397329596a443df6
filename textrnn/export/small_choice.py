"""The choice among small models: the best within a size, the smallest within a loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textrnn.errors import ConfigError, TooMuchLostError
from textrnn.export.small_candidates import Candidate, Candidates
from textrnn.storage.rounded_rows import Bits
from textrnn.text.special_tokens import FIRST_TOKEN_ID

TOKENS_STEP = 0.87  # from one number of tokens to the next
SIZE_STEP = 0.8  # from one size to the next
MAX_TRIES = 4  # of the number of n-grams that fit
BITS: tuple[Bits, ...] = (8, 4)
PATIENCE = 2  # numbers of tokens that may be worse than the best before no lower one is tried

Log = Callable[[str], None]


def best_within(candidates: Candidates, room: int, tell: Log) -> Candidate | None:
    """Returns the model whose answers are nearest to the whole model's, of those whose files fit into `room` bytes.

    N-grams fill what the tokens leave. None where nothing fits.
    """
    best = None
    for bits in BITS:
        worse = 0
        for tokens in _numbers_of_tokens(candidates):
            ngrams = _most_ngrams(candidates, tokens, bits, room)
            if ngrams is None:
                continue
            found = candidates.measure(tokens, bits, ngrams)
            tell(f"{tokens:,} tokens of {bits} bits, {ngrams:,} n-grams: divergence {found.divergence:.5f}")
            if best is None or found.divergence < best.divergence:
                best, worse = found, 0
            elif (worse := worse + 1) == PATIENCE:
                break
    return best


def choose_small(
    candidates: Candidates, *, max_size: int | None, max_loss: float | None, fixed: int, tell: Log = lambda _: None
) -> Candidate:
    """Returns the best model of at most `max_size` bytes, of which `fixed` are taken; without a size the smallest that
    loses at most `max_loss` points (hundredths of the score) on the labelled rows.

    Raises ConfigError where none is so small, TooMuchLostError where it would lose more.
    """
    if max_size is not None:
        best = best_within(candidates, max_size - fixed, tell)
        if best is None:
            least = fixed + candidates.weigh(list(_numbers_of_tokens(candidates))[-1], 4, 0)
            raise ConfigError(
                f"--max-size: expected at least {least:,} bytes for this model, found {max_size:,}; name a larger one"
            )
        return _require_loss(candidates, best, max_loss, f"of at most {max_size:,} bytes")
    assert max_loss is not None
    chosen = candidates.measure(candidates.vocabulary_size, 8, candidates.features)
    _require_loss(candidates, chosen, max_loss, "in int8, whole")
    room = float(candidates.weigh(candidates.vocabulary_size, 8, candidates.features))
    while (found := best_within(candidates, int(room := room * SIZE_STEP), tell)) is not None:
        if points_lost(candidates, found) > max_loss:
            break
        chosen = found
    return chosen


def points_lost(candidates: Candidates, found: Candidate) -> float:
    """Returns by how many hundredths the score of `found` is lower than the whole model's."""
    return round(100 * (candidates.whole.score - found.score), 9)


def _require_loss(candidates: Candidates, found: Candidate, max_loss: float | None, what: str) -> Candidate:
    if max_loss is not None and (lost := points_lost(candidates, found)) > max_loss:
        raise TooMuchLostError(
            f"expected at most {max_loss:g} points lost on validation, but the model {what} loses {lost:.2f}; nothing "
            "is written; allow more by --max-loss, or a larger --max-size"
        )
    return found


def _numbers_of_tokens(candidates: Candidates) -> Iterator[int]:
    """From all tokens down; subwords stay whole: each is made of others."""
    tokens = float(candidates.vocabulary_size)
    yield int(tokens)
    while candidates.parts.kind == "word" and (tokens := tokens * TOKENS_STEP) > 2 * FIRST_TOKEN_ID:
        yield int(tokens)


def _most_ngrams(candidates: Candidates, tokens: int, bits: Bits, room: int) -> int | None:
    """The most n-grams that fit with so many tokens; None where not even those do."""
    low, high = 0, int(candidates.kept_ngrams(candidates.kept_tokens(tokens), candidates.features).sum())
    least, most = candidates.weigh(tokens, bits, low), candidates.weigh(tokens, bits, high)
    if most <= room:
        return high
    if least > room:
        return None
    for _ in range(MAX_TRIES):  # the size is nearly a line
        middle = low + int((high - low) * (room - least) / (most - least))
        if middle in (low, high):
            break
        if (size := candidates.weigh(tokens, bits, middle)) <= room:
            low, least = middle, size
        else:
            high, most = middle, size
    return low
