"""The benchmark of a series: its rows from what ways answer, and what is not there named."""

from __future__ import annotations

import pytest

from benchmarks.series import KERAS, series
from benchmarks.session import TEXTRNN, Missing
from benchmarks.sizes import FULL


class Fake:
    """A session whose ways answer at once."""

    size, repeats = FULL, 3

    def __init__(self, *, keras: bool) -> None:
        self.keras, self.asked = keras, []

    def is_wanted(self, program, way):
        return True

    def ask(self, program, request):
        if program == KERAS and not self.keras:
            raise Missing("keras")
        match request["do"]:
            case "make_series":
                return {"about": "waves", "linear": 0.1}
            case "about":
                return {"libraries": {program.environment: "1"}}
        self.asked.append((program, request["seed"]))
        twice = 2 if program == KERAS else 1
        return {"seconds": twice * (1 + request["seed"]), "rmse": 0.1 * twice + request["seed"] / 100, "work": 1}


def test_ways_take_turns_and_stand_side_by_side():
    session = Fake(keras=True)
    found = series(session)
    order = [(TEXTRNN, 0), (KERAS, 0), (KERAS, 1), (TEXTRNN, 1), (TEXTRNN, 2), (KERAS, 2)]
    assert session.asked == order
    ours, theirs = found["rows"]
    assert (ours["RMSE, mean"], ours["deviation"], theirs["RMSE, mean"]) == ("0.1100", "0.0100", "0.2100")
    assert (ours["seconds, median"], theirs["seconds, median"], theirs["this / first"]) == (2, 4, "2.00")


def test_without_keras_ours_stands_alone_and_the_page_says_so():
    found = series(Fake(keras=False))
    assert len(found["rows"]) == 1
    assert "Not measured: Keras, SimpleRNN (`make bench-envs ENVS=keras`)" in found["about"]


@pytest.mark.slow
def test_ours_is_measured(tmp_path):
    from benchmarks.session import opened
    from benchmarks.sizes import TINY

    with opened(threads=1, size=TINY, environments=tmp_path) as session:
        (row,) = series(session)["rows"]
    assert 0.2 < float(row["RMSE, mean"]) < 2
    assert row["seconds, median"] > 0
