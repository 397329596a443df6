"""Texts that mean harm: any Unicode is answered, in bounded memory, in time that grows with the length alone."""

from __future__ import annotations

import functools
import json
import math
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from faulting import SCALE, record, scaled
from hostile import LARGEST, child_environment
from hostile_models import made_model
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.text_boundary import bound_text
from textrnn.model.folder import predictor_of
from textrnn.model.predictor import Predictor
from textrnn.text.tokenizer import build_model, build_tokenizer, encode_texts

PLANES = st.builds(lambda plane, place: chr(plane << 16 | place), st.integers(0, 16), st.integers(0, 0xFFFF))
NAMES = ["[PAD]", "[UNK]", "##", "a", "<br", " ", "\0"]
MARKS = ["\ufdfa", "\u0301" * 9, "\u200d", "\ud800", "\udfff", "\u202e"]
TEXT = st.lists(PLANES | st.sampled_from([*NAMES, *MARKS]), max_size=40).map("".join)


@functools.cache
def predictor() -> Predictor:
    return predictor_of(made_model())


def test_any_text_is_answered(request: pytest.FixtureRequest) -> None:
    rounds, answered = scaled(3000), 0

    @settings(max_examples=rounds, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(TEXT)
    @example("")
    @example("\ud800\udfff" * 30)
    @example("".join(chr(plane << 16 | 0xFFFF) for plane in range(17)))
    def answer(text: str) -> None:
        nonlocal answered
        found = predictor().predict_probabilities([text])
        assert found.shape == (1, 2)
        assert np.isfinite(found).all()
        assert abs(found.sum() - 1) <= 1e-6
        assert predictor().predict([text])[0] in predictor().target.classes
        answered += 1

    answer()
    record(request, "hostile", rounds=max(answered, rounds), held=answered, note="texts over all planes of Unicode")
    assert answered >= rounds


LARGE = {
    "U+FDFA a million times": '"\\ufdfa" * 1_000_000',
    "a thousand texts of U+FDFA": '["\\ufdfa" * 2000] * 1000',
    "a million full stops": '"." * 1_000_000',
    "a thousand texts of full stops": '["." * 2000] * 1000',
    "letters and slashes": '"a/" * 500_000',
    "a million words": '"a " * 1_000_000',
    "one word": '"a" * 5_000_000',
    "marks": '"e" + "\\u0301" * 3_000_000',
    "four bytes each": '"\\U0001f600" * 2_000_000',
    "an open break": '"<br" + " " * 3_000_000',
}
CHILD = """
import json, sys
from pathlib import Path
from hostile import peak
from textrnn.model.folder import load_predictor
predictor = load_predictor(Path(sys.argv[1]))
predictor.predict(["a text"])
texts = eval(sys.argv[2])
texts = [texts] if isinstance(texts, str) else texts
start = peak()
found = predictor.predict_probabilities(texts)
print(json.dumps([peak() - start, abs(found.sum(axis=1) - 1).max()]))
"""


def test_large_texts_take_bounded_memory(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    made_model().save(tmp_path / "model")
    largest = {}
    chosen = list(LARGE)[: scaled(len(LARGE))]
    for name in chosen:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(tmp_path / "model"), LARGE[name]],
            env=child_environment(), capture_output=True, text=True, timeout=300, check=True,
        )  # fmt: skip
        largest[name], off = json.loads(done.stdout)
        assert off <= 1e-6
    seen = ", ".join(f"{name} {size:.0f} MB" for name, size in largest.items())
    held = sum(size <= LARGEST for size in largest.values())
    record(request, "hostile", rounds=len(chosen), held=held, note=f"above the start: {seen}")
    assert held == len(chosen), seen


SHAPES = {
    "open breaks": "<br",
    "half breaks": "<br         ",
    "break and space": "<br ",
    "brackets": "<",
    "spaces": " ",
    "a long open break": " ",
    "breaks in spaces": " ",
    "NUL": "\0",
    "one word": "a",
    "marks": "\u0301",
    "punctuation": ".",
    "expanding": "\ufdfa",
    "two scripts": "a\u4e2d",
}
ENDS = {"a long open break": ("<br", "x"), "breaks in spaces": ("", "<br")}


def shortest(job: functools.partial[object], times: int = 3) -> float:
    """The least CPU time of some calls, the kernel's (pages of fresh memory) left out."""
    found = []
    for _ in range(times):
        begun = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        job()
        found.append(resource.getrusage(resource.RUSAGE_SELF).ru_utime - begun)
    return min(found)


@pytest.mark.skipif(SCALE < 1, reason="times need a machine of their own: `make faults`")
def test_time_is_linear_in_length(request: pytest.FixtureRequest) -> None:
    tokens = ["[PAD]", "[UNK]", *(piece * n for n in range(1, 9) for piece in ("a", "<", "."))]
    tokens += [f"##{token}" for token in tokens[2:]]
    models = {
        "word": build_model("word", tokens),
        "bpe": build_model("bpe", tokens, merges=[("a", "##a"), ("##a", "##a"), ("aa", "##aa"), ("##aa", "##aa")]),
        "unigram": build_model(
            "unigram", tokens, log_probabilities=[0.0, 0.0, *(-1.0 - i for i in range(len(tokens) - 2))]
        ),
    }
    worst, slow, rounds = 0.0, [], 0
    for kind, model in models.items():
        tokenizer = build_tokenizer(TokenizeConfig(), model)
        for name, piece in SHAPES.items():
            sizes = [size // 18 if piece == "\ufdfa" else size for size in (40_000, 80_000, 160_000)]
            start, end = ENDS.get(name, ("", ""))
            texts = [bound_text(start + (piece * size)[:size] + end).text for size in sizes]
            times, growth = [math.inf] * 3, math.inf
            for _ in range(8):  # a neighbour's noise goes away with the least of more; a square never does
                times = [
                    min(t, shortest(functools.partial(encode_texts, tokenizer, [x])))
                    for t, x in zip(times, texts, strict=True)
                ]
                growth = math.sqrt(times[2] / times[0])  # of the two doublings: caches and the allocator have steps
                if growth <= 2.3:
                    break
            rounds, worst = rounds + 1, max(worst, growth)
            if growth > 2.3:
                slow.append(f"{kind}, {name}: {growth:.2f} ({', '.join(f'{t * 1e3:.1f} ms' for t in times)})")
    record(request, "hostile", rounds=rounds, held=rounds - len(slow), note=f"times a doubling, at most {worst:.2f}")
    assert not slow, slow
