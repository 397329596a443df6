"""Flair: `DocumentRNNEmbeddings` in a `TextClassifier`, over word embeddings that are learned from the start."""

from __future__ import annotations

import functools
import time
from pathlib import Path
from typing import Any

import flair
import torch
from flair.data import Dictionary, Sentence
from flair.embeddings import DocumentRNNEmbeddings, OneHotEmbeddings
from flair.models import TextClassifier

from benchmarks.data import VOCABULARY, Rows, batches_by_chance, word_of
from benchmarks.serve import measured, serve
from benchmarks.sizes import WIDTH

flair.device = torch.device("cpu")
CLASSES = ("bad", "good")


@functools.cache
def begin() -> tuple[TextClassifier, torch.optim.Optimizer]:
    """A training that goes on from repeat to repeat, with the optimizer of Flair's own trainer."""
    words, labels = Dictionary(add_unk=True), Dictionary(add_unk=False)
    for number in range(2, VOCABULARY):
        words.add_item(word_of(number))
    for name in CLASSES:
        labels.add_item(name)
    embeddings = OneHotEmbeddings(words, embedding_length=WIDTH)
    document = DocumentRNNEmbeddings(
        [embeddings], hidden_size=WIDTH, rnn_type="LSTM", bidirectional=True, reproject_words=False, dropout=0.0
    )
    classifier = TextClassifier(document, label_type="class", label_dictionary=labels)
    return classifier, torch.optim.SGD(classifier.parameters(), lr=0.1)


def sentences_of(rows: Rows, indices: Any, *, labelled: bool) -> list[Sentence]:
    """The rows as sentences, split into words already."""
    made = []
    for row in indices:
        sentence = Sentence([word_of(int(number)) for number in rows[row]])
        if labelled:
            sentence.add_label("class", CLASSES[rows.labels[row]])
        made.append(sentence)
    return made


def steps(folder: Path, *, rows: str, batch: int, count: int) -> dict[str, Any]:
    """Steps as `ModelTrainer` makes them, without its logging; sentences are made before."""
    made = Rows.load(folder, rows)
    batches = batches_by_chance(made, batch, count)
    prepared = [sentences_of(made, indices, labelled=True) for indices in batches]
    classifier, optimizer = begin()
    classifier.train()
    begun = time.perf_counter()
    for sentences in prepared:
        optimizer.zero_grad()
        loss, texts = classifier.forward_loss(sentences)
        (loss / texts).backward()
        torch.nn.utils.clip_grad_norm_(classifier.parameters(), 5.0)
        optimizer.step()
        loss.item()
    return measured(time.perf_counter() - begun, sum(made.tokens(indices) for indices in batches))


def classify(folder: Path, *, rows: str, texts: int, batch: int) -> dict[str, Any]:
    """Labels of the first `texts` rows, from words."""
    made = Rows.load(folder, rows)
    classifier, _ = begin()
    begun = time.perf_counter()
    classifier.predict(sentences_of(made, range(texts), labelled=False), mini_batch_size=batch)
    return measured(time.perf_counter() - begun, texts)


if __name__ == "__main__":
    actions = (steps, classify)
    serve({action.__name__: action for action in actions}, ["flair", "torch"])
