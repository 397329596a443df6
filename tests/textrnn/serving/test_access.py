"""Who may ask: a token is right as a whole or not at all."""

from __future__ import annotations

from hashlib import sha256

import pytest

from textrnn.serving.access import Access
from textrnn.serving.problems import Problem

TOKEN = b"a-token-that-is-no-secret"
ACCESS = Access(sha256(TOKEN).digest())


def is_let_in(shown: bytes) -> bool:
    try:
        ACCESS.check_token({b"authorization": shown})
    except Problem as problem:
        return problem.status != 401 or TOKEN.decode() in problem.detail
    return True


def test_the_whole_token_is_right() -> None:
    assert is_let_in(b"Bearer " + TOKEN)
    assert is_let_in(b"bearer  " + TOKEN + b" ")


@pytest.mark.parametrize(
    "shown",
    [b"", b"Bearer", b"Bearer ", TOKEN, b"Basic " + TOKEN, b"B " + TOKEN, b"Bearer " + TOKEN.upper()]
    + [b"Bearer " + each for each in (TOKEN[:-1], TOKEN[:16], TOKEN + b"x", TOKEN + b" x", TOKEN + TOKEN, TOKEN[::-1])],
)  # fmt: skip
def test_nothing_else_is(shown: bytes) -> None:
    assert not is_let_in(shown)


def test_of_many_guesses_none_is_right() -> None:
    """Were less than the whole digest compared, one of some hundreds would be."""
    assert not any(is_let_in(b"Bearer guess-%d" % number) for number in range(3000))
