"""Ways in turn: every repeat measures each once, the first round warms up, what fails is left out."""

from __future__ import annotations

from benchmarks.interleave import Way, interleave
from benchmarks.processes import RivalFailed
from benchmarks.session import Missing, Program


class Played:
    """A session that plays what its programs answer, and notes who was asked what."""

    def __init__(self, answers, wanted=("a", "b", "gone", "bad")):
        self.wanted = wanted
        self.answers, self.asked, self.ended = answers, [], []

    def ask(self, program, request):
        if request["do"] == "about":
            if self.answers[program.name] is Missing:
                raise Missing(program.environment)
            return {"libraries": {program.name: "1"}}
        self.asked.append((program.name, request))
        answer = self.answers[program.name]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"work": 10.0, "seconds": answer}

    def is_wanted(self, program, name):
        return name in self.wanted

    def end(self, program):
        self.ended.append(program.name)


def way(name, **more):
    return Way(name, Program(f"env-{name}", name), {"do": "steps", "count": 5}, **more)


def test_repeats_go_through_all_ways_forth_and_back_after_one_round_to_warm_up():
    session = Played({"a": 2.0, "b": [9.0, 1.0, 2.0, 5.0]})
    rows = interleave(session, [way("a"), way("b", warm={"count": 1})], 3)
    assert [name for name, _ in session.asked] == ["a", "b", "b", "a", "a", "b", "b", "a"]
    assert [request["count"] for name, request in session.asked if name == "b"] == [1, 5, 5, 5]
    assert [row["values"] for row in rows] == [[5.0, 5.0, 5.0], [10.0, 5.0, 2.0]]


def test_what_is_missing_or_fails_has_no_values_and_the_others_go_on():
    session = Played({"a": 1.0, "gone": Missing, "bad": [1.0, 1.0, RivalFailed("it broke")]})
    rows = {row["way"]: row for row in interleave(session, [way("a"), way("gone"), way("bad")], 3)}
    assert rows["a"]["values"] == [10.0, 10.0, 10.0]
    assert rows["gone"]["missing"] == "env-gone"
    assert (rows["bad"]["failed"], rows["bad"]["values"]) == ("it broke", [])
    assert session.ended == ["bad"]


def test_what_is_not_wanted_is_not_asked():
    session = Played({"a": 1.0, "b": 1.0}, wanted=("b",))
    assert [row["way"] for row in interleave(session, [way("a"), way("b")], 1)] == ["b"]
    assert {name for name, _ in session.asked} == {"b"}
