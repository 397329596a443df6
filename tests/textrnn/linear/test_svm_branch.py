"""A linear SVM as the n-gram branch: weights of characters are in those of the words, to the same logits."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.svm import LinearSVC
from tiny import made_ids

from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.target import Target
from textrnn.linear.char_ngram_matrix import char_ngram_matrix
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.linear.ngram_branch import NgramBranch, ngram_logits, to_bytes
from textrnn.linear.svm_branch import fit_svm_branch, scale_branch
from textrnn.metrics.metrics import log_loss
from textrnn.metrics.softmax import softmax
from textrnn.text.count_ngrams import count_ngrams
from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged, ragged
from textrnn.text.vocabulary import Vocabulary

SVM = NgramBranchConfig(candidates=("svm",))
BOTH = NgramBranchConfig(candidates=("nb", "svm"))
TOKENS = ("[PAD]", "[UNK]", "walk", "walking", "talked", "talk", "maps", "a")


def vocabulary_of(tokens: tuple[str, ...] = TOKENS, unit: str = "words", kind: str = "word") -> Vocabulary:
    return Vocabulary(kind, tokens, (0,) * len(tokens), TokenizeConfig(unit=unit))


def made(rows: int, seed: int, classes: int = 2) -> tuple[Ragged, np.ndarray]:
    """The first words of `TOKENS` are likelier in the first class."""
    chance = np.random.default_rng(seed)
    labels = np.arange(rows) % classes
    odds = [np.exp(-0.4 * np.abs(np.arange(1, 8) - 1 - 3 * c)) for c in range(classes)]
    return ragged([chance.choice(np.arange(1, 8), 6, p=odds[c] / odds[c].sum()) for c in labels]), labels


def branch_of(
    rows: Ragged, labels: np.ndarray, classes: int = 2, *, vocabulary: Vocabulary, weights: np.ndarray | None = None
) -> NgramBranch:
    ngrams, counts = count_ngrams(rows, longest=2, min_documents=2, max_features=1000)
    target = Target("single", tuple("abcd"[:classes]))
    fitted = fit_svm_branch(
        ngrams, counts, char_ngram_matrix(ngrams, vocabulary), labels, target, None, weights, min_documents=2
    )
    return dict(fitted)[1.0]


def unit_rows(counts: np.ndarray, kept: np.ndarray, sizes: np.ndarray, idf: np.ndarray) -> np.ndarray:
    """Counts by their idf, over the root of the number of n-grams; `kept` rows have a mean length of 1."""
    found = counts * idf / np.sqrt(np.maximum(sizes, 1))[:, None]
    lengths = np.linalg.norm(found[kept], axis=1)
    return found / lengths[lengths > 0].mean()


@pytest.mark.parametrize("classes", [2, 3])
def test_the_logits_are_those_of_an_svm_on_words_and_characters(classes):
    rows, labels = made(150, 0, classes)
    more, _ = made(40, 1, classes)
    both = ragged([*rows, *more])
    train = np.arange(190) < 150
    words = CountVectorizer(analyzer=lambda row: [*row, *map("-".join, itertools.pairwise(row))], min_df=2, binary=True)
    listed = [[str(i) for i in row] for row in both]
    words.fit(listed[:150])
    one = words.transform(listed).toarray().astype(float)
    letters = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2)
    known = set(words.vocabulary_)
    texts = [" ".join(TOKENS[int(i)] for i in dict.fromkeys(row) if int(i) > 1 and i in known) for row in listed]
    letters.fit(texts[:150])
    two = letters.transform(texts).toarray().astype(float)
    blocks = []
    for counts in (one, two):
        idf = TfidfTransformer().fit(counts[:150]).idf_
        blocks.append(unit_rows(counts, train, one.sum(axis=1), idf))
    features = np.concatenate(blocks, axis=1) * 0.5**0.5
    model = LinearSVC(C=1.0, random_state=0, tol=1e-6, max_iter=100_000).fit(features[:150], labels)
    expected = model.decision_function(features[150:])
    if classes == 2:
        expected = np.stack([-expected / 2, expected / 2], axis=1)
    found = ngram_logits(branch_of(rows, labels, classes, vocabulary=vocabulary_of()), more)
    np.testing.assert_allclose(found, expected, atol=0.01)


def test_characters_join_words_of_which_few_are_known():
    """A word that only one class has lends its characters' weights to another of the same beginning."""
    rows, labels = made(150, 0)
    rare = ragged([*rows, [3], [3]])
    told = np.r_[labels, 1, 1]  # walking: the class of maps
    with_letters = branch_of(rare, told, vocabulary=vocabulary_of())
    without = branch_of(rare, told, vocabulary=vocabulary_of(unit="characters"))
    assert (with_letters.weights[:3] != without.weights[:3]).all()


def test_words_of_a_segmenter_are_spelled_across_their_border():
    tokens = ("[PAD]", "[UNK]", "\u4e0d\u9519", "\u5f88\u597d", "\u4e66\u672c", "\u592a\u8d35")
    rows = ragged([[2, 3, 4], [5, 4, 3], [4, 2, 5, 1, 3]])
    ngrams, counts = count_ngrams(rows, longest=3, min_documents=1, max_features=1000)
    spelling = char_ngram_matrix(ngrams, vocabulary_of(tokens, "rjieba"))
    texts = ["".join(tokens[i] for i in row) for row in ([2, 3, 4], [5, 4, 3])]
    expected = CountVectorizer(analyzer="char", ngram_range=(1, 3)).fit_transform(texts).toarray()
    found = ((counts > 0).astype(float) @ spelling).toarray()[:2]
    np.testing.assert_array_equal(np.sort(found.sum(axis=1)), np.sort(expected.sum(axis=1)))
    for row in range(2):
        ours = np.sort(found[row][found[row] > 0])
        np.testing.assert_array_equal(ours, np.sort(expected[row][expected[row] > 0]))


@pytest.mark.parametrize(("unit", "kind"), [("characters", "word"), ("words", "bpe")])
def test_other_vocabularies_are_not_spelled(unit, kind):
    ngrams, _ = count_ngrams(made(20, 0)[0], longest=2, min_documents=1, max_features=1000)
    assert char_ngram_matrix(ngrams, vocabulary_of(unit=unit, kind=kind)).shape == (ngrams.features, 0)


def test_a_row_of_weight_two_is_a_row_twice():
    rows, labels = made(150, 0, 3)
    twice = np.where(np.arange(150) < 50, 2.0, 1.0)
    doubled, again = ragged([*rows, *(rows[i] for i in range(50))]), np.r_[labels, labels[:50]]
    ngrams, counts = count_ngrams(rows, longest=1, min_documents=2, max_features=1000)
    target, nothing = Target("single", ("a", "b", "c")), sparse.csr_array((ngrams.features, 0))

    def fit(weights: np.ndarray) -> NgramBranch:
        return dict(fit_svm_branch(ngrams, counts, nothing, labels, target, None, weights, min_documents=2))[1.0]

    one, each = fit(twice[:, None]), fit(np.repeat(twice[:, None], 3, axis=1))
    np.testing.assert_allclose(one.weights, each.weights, atol=2e-3)
    np.testing.assert_array_equal(one.weights, fit(twice).weights)
    plain, _ = count_ngrams(doubled, longest=1, min_documents=2, max_features=1000)
    assert plain.features == ngrams.features
    more = np.concatenate([counts.toarray(), counts.toarray()[:50]])
    idf = np.log(151 / (1 + (counts.toarray() > 0).sum(axis=0))) + 1
    there = (more > 0) / np.sqrt((more > 0).sum(axis=1, keepdims=True)) * idf
    features = there / np.linalg.norm(there[:150], axis=1).mean()
    model = LinearSVC(C=1.0, random_state=0, tol=1e-6, max_iter=100_000).fit(features, again)
    expected = features[:150] @ model.coef_.T + model.intercept_
    np.testing.assert_allclose(ngram_logits(one, rows), expected, atol=0.01)


def test_validation_chooses_the_model_and_its_scale():
    ids = made_ids(400)[1]
    svm, nb = (fit_ngram_branch(ids, replace(SVM, candidates=(name,))) for name in ("svm", "nb"))
    both = fit_ngram_branch(ids, BOTH)
    assert to_bytes(both) in (to_bytes(svm), to_bytes(nb))
    rows, labels = ids.splits["validation"], ids.labels["validation"]
    target = Target("single", ("a", "b"))

    def loss(branch: NgramBranch, scale: float = 1.0) -> float:
        return log_loss(labels, softmax(scale * ngram_logits(branch, rows)))

    best = min((min(loss(one, s) for s in np.geomspace(0.1, 10, 60)), to_bytes(one)) for one in (svm, nb))
    assert to_bytes(both) == best[1]
    doubled = scale_branch(svm, 2.0, 0.0, ids.labels["train"], target)
    np.testing.assert_allclose(ngram_logits(doubled, rows), 2 * ngram_logits(svm, rows), rtol=1e-5)


def test_labels_drawn_by_lot_on_validation_make_it_careful():
    ids = made_ids(400)[1]
    lot = np.random.default_rng(0).integers(0, 2, len(ids.labels["validation"]))
    told = replace(ids, labels={**ids.labels, "validation": lot})
    plain, careful = (fit_ngram_branch(each, SVM) for each in (ids, told))
    assert np.abs(careful.weights).max() < 0.3 * np.abs(plain.weights).max()
    assert plain.ngrams.features == careful.ngrams.features


def test_without_validation_the_first_model_at_its_first_c_is_taken():
    ids = made_ids(400)[1]
    alone = replace(ids, splits={"train": ids.splits["train"]})
    default, nb = (
        fit_ngram_branch(alone, config)
        for config in (BOTH, NgramBranchConfig(candidates=("nb",), inverse_penalties=(16.0,)))
    )
    assert to_bytes(default) == to_bytes(nb)
    found = ngram_logits(fit_ngram_branch(alone, SVM), ids.splits["train"])
    assert (found.argmax(axis=1) == ids.labels["train"]).mean() > 0.95


def test_several_labels_have_a_margin_each():
    rows, labels = made(150, 0, 2)
    members = (labels[:, None] == np.arange(4)).astype(np.float32)
    members[:, 2] = 1  # every text; and no text has the last
    target = Target("multi", tuple("abcd"))
    ids = Ids({"train": rows, "validation": rows}, {"train": members, "validation": members}, target, 8)
    logits = ngram_logits(fit_ngram_branch(ids, SVM, vocabulary=vocabulary_of()), rows)
    assert ((logits[:, :2] > 0) == (members[:, :2] > 0)).mean() > 0.75
    assert logits[:, 2].min() > 4
    assert logits[:, 3].max() < -1000


def test_few_texts_have_the_svm_alone_and_n_grams_of_one_text():
    ids = made_ids(400)[1]
    few = fit_ngram_branch(ids, NgramBranchConfig())
    assert to_bytes(few) == to_bytes(fit_ngram_branch(ids, replace(SVM, min_documents=1)))
    assert to_bytes(few) != to_bytes(fit_ngram_branch(ids, replace(SVM, min_documents=2)))


@pytest.mark.parametrize(
    ("texts", "least", "models"), [(999, 1, {"SVM"}), (4_999, 1, {"SVM", "NB-LR"}), (5_000, 2, {"SVM", "NB-LR"})]
)
def test_auto_depends_on_the_number_of_texts(texts: int, least: int, models: set[str]):
    rows = ragged([*([2 + i % 7, 9] for i in range(texts - 1)), [10]])  # the last token stands in one text
    labels = np.arange(texts) % 7 % 2
    ids = Ids(
        {"train": rows, "validation": ragged([[2, 9], [3, 9]])},
        {"train": labels, "validation": np.array([0, 1])},
        Target("single", ("a", "b")),
        11,
    )
    told: list[str] = []
    branch = fit_ngram_branch(ids, NgramBranchConfig(inverse_penalties=(1.0,)), on_progress=told.append)
    assert {line.split(",")[0] for line in told if "validation" in line} == models
    level = branch.ngrams.levels[0]
    assert (10 in level.codes[level.columns >= 0]) == (least == 1)
