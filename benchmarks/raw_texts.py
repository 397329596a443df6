"""From raw texts: what it takes to fit a classifier, and to use it."""

from __future__ import annotations

from typing import Any

from benchmarks.data import write_texts
from benchmarks.interleave import Way, interleave
from benchmarks.session import REVIEWS, TEXTRNN, Program, Session

FASTTEXT = Program("fasttext", "fasttext_")
SKLEARN = Program("sklearn", "sklearn_")
LIGHTNING = Program("torchtextclassifiers", "torchtextclassifiers_")
FLAIR = Program("flair", "flair_")
LINEAR = "no recurrence"


def fitting(session: Session) -> dict[str, Any]:
    """Texts a second of fitting: one pass of what makes passes, the whole fit of what converges."""
    _prepare(session)
    size = session.size
    given = {"do": "fit", "texts": size.fitted}
    ours = {**given, "passes": 1, "precision": session.precision}
    lightning = {**given, "passes": 1, "batch": size.batch, "longest": size.longest}
    ways = [
        Way("textrnn, the network alone", TEXTRNN, {**ours, "ngram_branch": False}),
        Way(
            "textrnn, both branches",
            TEXTRNN,
            {**ours, "ngram_branch": True},
            note="and the n-gram branch until it converges",
        ),
        Way("fastText", FASTTEXT, {**given, "passes": 1}, note=f"words and bigrams, {LINEAR}; its default is 5 passes"),
        Way("scikit-learn", SKLEARN, given, note=f"TF-IDF(1,2), logistic regression until it converges, {LINEAR}"),
        Way("torchTextClassifiers", LIGHTNING, lightning, note=f"averaged word pieces, {LINEAR}"),
    ]
    about = (
        f"{size.fitted:,} texts, one thread pool each: tokenizer, vocabulary and one pass over the texts. "
        "The linear ones do other, lighter work; how good each is, is no matter of made-up texts."
    )
    rows = interleave(session, ways, session.repeats or 3)
    return {"kind": "ratios", "unit": "texts a second", "about": about, "rows": rows}


def classifying(session: Session) -> dict[str, Any]:
    """Texts a second of labels from raw texts, by classifiers fitted on the same texts before."""
    _prepare(session)
    size = session.size
    given, few = {"do": "classify", "texts": size.classified}, {"do": "classify", "texts": size.few_classified}
    fit = {"do": "fit", "texts": size.fitted}
    ours = {**fit, "passes": 1, "precision": "float32"}
    lightning = {**fit, "passes": 1, "batch": size.batch, "longest": size.longest}
    ways = [
        Way(
            "textrnn, the network alone",
            TEXTRNN,
            {**given, "ngram_branch": False},
            warm={**ours, "ngram_branch": False},
        ),
        Way("textrnn, both branches", TEXTRNN, {**given, "ngram_branch": True}, warm={**ours, "ngram_branch": True}),
        Way("fastText", FASTTEXT, given, warm={**fit, "passes": 1}, note=LINEAR),
        Way("scikit-learn", SKLEARN, given, warm=fit, note=LINEAR),
        Way("torchTextClassifiers", LIGHTNING, few, warm=lightning, note=LINEAR),
        Way(
            "Flair", FLAIR, {**few, "rows": REVIEWS, "batch": size.batch}, note="a BiLSTM of the same widths, on words"
        ),
    ]
    rows = interleave(session, ways, session.repeats or 3)
    about = f"Labels of {size.classified:,} texts ({size.few_classified:,} where that takes long), in float32."
    return {"kind": "ratios", "unit": "texts a second", "about": about, "rows": rows}


def _prepare(session: Session) -> None:
    rows = session.reviews()
    if not (session.folder / "texts.txt").exists():
        write_texts(rows, session.folder, "texts")
