"""Made-up reviews: the same for the same seed, and as long as film reviews."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.data import (
    VOCABULARY,
    as_text_tree,
    batches_by_chance,
    draw_rows,
    padded,
    read_texts,
    word_of,
    write_texts,
)


@pytest.mark.parametrize("part", ["flat", "offsets", "labels"])
def test_the_same_seed_gives_the_same_rows_and_another_others(part):
    first, second, other = draw_rows(300, seed=3), draw_rows(300, seed=3), draw_rows(300, seed=4)
    assert getattr(first, part).tobytes() == getattr(second, part).tobytes()
    assert getattr(first, part).tobytes() != getattr(other, part).tobytes()


def test_lengths_are_those_of_film_reviews():
    lengths = np.diff(draw_rows(5_000).offsets)
    assert 195 < np.median(lengths) < 220
    assert lengths.max() == 400
    assert lengths.min() >= 1
    assert 0.1 < (lengths == 400).mean() < 0.2  # log-normal: 16 % are longer than 400


def test_words_are_of_the_vocabulary_and_follow_zipf():
    rows = draw_rows(5_000)
    assert rows.flat.min() >= 2
    assert rows.flat.max() < VOCABULARY
    counts = np.bincount(rows.flat, minlength=VOCABULARY)
    # by Zipf's law the ten most frequent words, and the next ninety, are of about equal weight
    assert 0.7 < counts[2:12].sum() / counts[12:102].sum() < 1.4


def test_every_word_is_a_string_of_its_own_and_texts_have_the_words_of_their_rows(tmp_path):
    words = [word_of(number) for number in range(VOCABULARY)]
    assert len(set(words)) == VOCABULARY
    assert all(word.isalpha() and len(word) >= 2 for word in words)
    rows = draw_rows(20, longest=30)
    back = {word: number for number, word in enumerate(words)}
    for row, text in enumerate(as_text_tree(rows)):
        assert [back[word] for word in text.split()] == rows[row].tolist()
    write_texts(rows, tmp_path, "texts")
    assert read_texts(tmp_path, "texts", 7) == (as_text_tree(rows)[:7], rows.labels[:7].tolist())


def test_a_padded_batch_holds_its_texts_and_nothing_else():
    rows = draw_rows(50, longest=20)
    (batch,) = batches_by_chance(rows, 8, 1)
    ids = padded(rows, batch)
    assert ids.shape == (8, max(len(rows[row]) for row in batch))
    assert [line[line > 0].tolist() for line in ids] == [rows[row].tolist() for row in batch]
    assert np.count_nonzero(ids) == rows.tokens(batch)
    assert padded(rows, batch, steps=25).shape == (8, 25)


def test_batches_by_chance_have_no_text_twice():
    rows = draw_rows(64, longest=5)
    assert sorted(np.concatenate(batches_by_chance(rows, 8, 8))) == list(range(64))
