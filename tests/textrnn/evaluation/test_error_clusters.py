"""Clusters of errors: every member is wrong as its cluster says, and shares its words."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from made_predictor import TARGETS, made_predictor

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.target import Target
from textrnn.evaluation import build_report as build
from textrnn.evaluation.alike import FEWEST, group_alike
from textrnn.evaluation.error_clusters import CLUSTERS, EXAMPLES, describe_clusters, find_mistakes
from textrnn.evaluation.explained import ExplanationInputs
from textrnn.evaluation.sections.clusters import show_clusters
from textrnn.model.explain import explainer_of
from textrnn.text.ragged import Ragged, ragged


def test_a_mistake_holds_what_is_wrong_in_its_way_and_all_of_it() -> None:
    random = np.random.default_rng(0)
    target = TARGETS["single"]
    labels, predictions = random.integers(0, 3, (2, 300))
    found = list(find_mistakes(labels, predictions, target))
    assert len(found) == 7
    assert (found[-1].words, found[-1].examples.tolist()) == ("pairs of classes with few errors", [])
    for mistake in found[:-1]:
        (true,), (said,) = (set(codes[mistake.examples].tolist()) for codes in (labels, predictions))
        assert true != said
        assert mistake.words == f"“{target.names[true]}” taken for “{target.names[said]}”"
    together = np.sort(np.concatenate([mistake.examples for mistake in found]))
    assert together.tolist() == np.flatnonzero(labels != predictions).tolist()


def test_pairs_with_few_errors_are_taken_by_one_of_the_two_classes() -> None:
    target = Target("single", tuple("abcdefghij"))
    labels = np.array([0] * 6 + [1] * 6 + [2, 3, 4, 5, 6] + [7, 8, 2])
    predictions = np.array([1] * 6 + [2, 3, 4, 5, 6, 7] + [9] * 5 + [8, 7, 2])
    found = {mistake.words: mistake.examples.tolist() for mistake in find_mistakes(labels, predictions, target)}
    assert found == {
        "“a” taken for “b”": list(range(6)),
        "“b” taken for other classes": list(range(6, 12)),
        "other classes taken for “j”": list(range(12, 17)),
        "pairs of classes with few errors": [17, 18],
    }


def test_a_label_is_missing_or_wrong_and_a_number_too_high_or_too_low() -> None:
    random = np.random.default_rng(0)
    truth, said = random.random((2, 200, 3)) < 0.4
    found = list(find_mistakes(truth.astype(np.float32), said, TARGETS["multi"]))
    assert [mistake.words for mistake in found[:2]] == ["“anger” is missing", "“anger” is wrong"]
    assert [mistake.examples.tolist() for mistake in found] == [
        np.flatnonzero(wrong[:, c]).tolist() for c in range(3) for wrong in (truth & ~said, said & ~truth)
    ]
    values = random.normal(0, 1, 200)
    off = random.normal(0, 1, 200)
    high, low = find_mistakes(values, values + off, TARGETS["number"])
    farthest = np.argsort(-np.abs(off))[:40]
    assert sorted([*high.examples, *low.examples]) == sorted(farthest)
    assert (off[high.examples] > 0).all()
    assert (off[low.examples] < 0).all()


def topics(sizes: tuple[int, ...], seed: int = 0) -> tuple[Ragged, np.ndarray, np.ndarray]:
    """Rows of words of all kinds, and a few of a topic; the topic of each; in how many each token stands."""
    random = np.random.default_rng(seed)
    topic = np.repeat(np.arange(len(sizes)), sizes)
    random.shuffle(topic)
    rows = [np.concatenate([2 + random.integers(0, 300, 20), 400 + 20 * t + random.integers(0, 20, 9)]) for t in topic]
    documents = np.zeros(600, np.int64)
    for row in rows:
        documents[np.unique(row)] += 1
    return ragged(rows), topic, documents


def test_rows_are_grouped_by_the_words_they_share() -> None:
    rows, topic, documents = topics((60, 40, 30))
    found = group_alike(rows, documents, len(rows))
    assert [np.bincount(found.number[topic == t], minlength=3).argmax() for t in range(3)] == [0, 1, 2]
    assert np.mean(found.number == topic) > 0.95
    again = group_alike(rows, documents, len(rows))
    assert (again.number.tolist(), again.nearness.tolist()) == (found.number.tolist(), found.nearness.tolist())
    assert found.nearness.max() <= 1.001


@pytest.mark.parametrize("size", [5, 25, 90])
def test_rows_of_one_kind_stay_one_group(size: int) -> None:
    rows, _, documents = topics((size,))
    assert set(group_alike(rows, documents, size).number.tolist()) == {0}


def test_no_group_is_too_small_and_rows_without_words_have_one_too() -> None:
    rows, _, documents = topics((40, 3))
    found = group_alike(ragged([*(rows[i] for i in range(43)), [], [1]]), documents, 43)
    assert np.bincount(found.number).min() >= FEWEST
    assert len(found.number) == 45
    empty = group_alike(ragged([[]] * 6), documents, 43)
    assert empty.number.tolist() == [0] * 6


def case(kind: str, size: int = 80) -> tuple[ExplanationInputs, Examples]:
    predictor = made_predictor(kind)
    random = np.random.default_rng(0)
    words = (["soup", "good", "not", "hot"], ["song", "dull", "the", "late"])
    texts = [f"{i % 7} " + " ".join(random.choice(words[i % 2], 5)) for i in range(size)]
    rows = predictor.encode(texts)
    examples = Examples({"text": texts}, ["good"] * size, np.arange(1, size + 1))
    return ExplanationInputs(explainer_of(predictor), rows, predictor.encoded_logits(rows)), examples


def test_clusters_hold_wrong_answers_alone_with_explained_examples() -> None:
    explaining, examples = case("single")
    target = TARGETS["single"]
    labels = np.repeat([2, 0, 1], [60, 17, 3])
    predictions = np.repeat([0, 2, 2, 1], [40, 20, 18, 2])  # right: 20 of good, 2 of fair
    found = describe_clusters(explaining, examples, labels, predictions, target)
    json.dumps(found, allow_nan=False)
    assert found["errors"] == (labels != predictions).sum() == 58
    kinds = ["“good” taken for “bad”", "“bad” taken for “good”"]  # the one of fair is alone
    by_kind = {kind: [each for each in found["clusters"] if each["kind"] == kind] for kind in kinds}
    assert [sum(each["count"] for each in by_kind[kind]) for kind in kinds] == [40, 17]
    counts = [each["count"] for each in found["clusters"]]
    assert counts == sorted(counts, reverse=True)
    assert len(counts) <= CLUSTERS
    for kind, (true, predicted) in zip(kinds, ((2, 0), (0, 2)), strict=True):
        for cluster in by_kind[kind]:
            for example in cluster["examples"]:
                place = example["row"] - 1
                assert (labels[place], predictions[place]) == (true, predicted)
                assert (example["true"], example["predicted"]) == (target.names[true], target.names[predicted])
                assert any(share for _, share in example["explained"]["pieces"])
                names = kind.split("“")[1:]
                assert example["explained"]["headline"].startswith(names[1].rstrip("”"))
            assert len(cluster["examples"]) == EXAMPLES
            shown = ["".join(piece for piece, _ in each["explained"]["pieces"]) for each in cluster["examples"]]
            assert len(set(shown)) == EXAMPLES
            assert set(shown) <= set(examples.texts)
    # texts of two kinds: of soups and of songs
    assert len(by_kind[kinds[0]]) == 2
    assert {word for each in by_kind[kinds[0]] for word in each["words"]} >= {"soup", "song"}


@pytest.mark.parametrize("kind", ["ordinal", "path", "multi", "number"])
def test_every_kind_of_target_has_clusters(kind: str) -> None:
    explaining, examples = case(kind)
    target, random = TARGETS[kind], np.random.default_rng(0)
    labels: Any = random.integers(0, target.outputs, len(examples))
    predictions: Any = np.roll(labels, 1)
    if kind == "multi":
        labels = (random.random((len(examples), 3)) < 0.5).astype(np.float32)
        predictions = np.roll(labels, 1, 0) > 0
    elif kind == "number":
        labels, predictions = random.normal(0, 1, (2, len(examples)))
    found = describe_clusters(explaining, examples, labels, predictions, target)
    assert found["clusters"]
    page = show_clusters({"clusters": found, "target": target.to_json()})
    assert page.count("<mark") > len(found["clusters"])
    assert page.count("<h3>") == len(found["clusters"])
    assert f"of {found['errors']:,} are in these" in page


def test_the_report_holds_them_with_the_spaces_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "draw_plots", lambda data: {})
    explaining, examples = case("single")
    scores = np.tile([0.7, 0.2, 0.1], (len(examples), 1))
    labels, lengths = np.full(len(examples), 2), np.asarray(explaining.rows.lengths)
    given: dict[str, Any] = {"config": EvaluateConfig(bootstrap=0), "settings": {}, "checks": {}}
    report = build.build_report(examples, labels, scores, TARGETS["single"], lengths, explaining=explaining, **given)
    cluster = report.data["clusters"]["clusters"][0]
    assert cluster["kind"] == "“good” taken for “bad”"
    first = "".join(piece for piece, _ in cluster["examples"][0]["explained"]["pieces"])
    assert first in examples.texts
    assert "Where errors gather" in report.html


def test_few_errors_make_no_cluster_which_is_said() -> None:
    explaining, examples = case("single")
    labels = np.zeros(len(examples), np.int64)
    few = labels.copy()
    few[:4] = [1, 2, 1, 2]
    found = describe_clusters(explaining, examples, labels, few, TARGETS["single"])
    assert found == {"errors": 4, "clusters": []}
    target = TARGETS["single"].to_json()
    assert "No clusters: there are too few errors (under 5 of one kind)" in show_clusters(
        {"clusters": found, "target": target}
    )
    none = describe_clusters(explaining, examples, labels, labels, TARGETS["single"])
    assert show_clusters({"clusters": none, "target": target}) == show_clusters({"target": target}) == ""
