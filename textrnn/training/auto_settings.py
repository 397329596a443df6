"""What `auto` means in training: chosen by the size of the training split, the length of texts, the classes."""

from __future__ import annotations

import math

from textrnn.config.data import TargetKind

TEXTS_PER_LABEL_BIT = 40_000  # for each bit that a label tells: 2 classes tell one, 77 tell six
BASE_EPOCHS = 5  # however many texts there are
MAX_TRAINING_TOKENS = 15_000_000  # at most, or long texts would take an hour
MIN_EPOCHS, MAX_EPOCHS = 2, 40
# with adversarial training, which needs more epochs
REGULARISED_EPOCHS, REGULARISED_TOKENS, FEWEST_REGULARISED = 8, 30_000_000, 4
LONG_TEXT_TOKENS, SHORT_TEXT_WORD_DROPOUT = 100, 0.1  # tokens on average; words dropped of shorter texts
SHORT_TEXT_PERTURBATION = 0.3  # mean token vectors
TEXTS_WAITED, MOST_WAITED = 10_000, 5  # for each bit, short epochs say little each; epochs
PRETRAINING_TOKENS, PRETRAINING_EPOCHS = 1_000_000, 4  # tokens that say what stands near what; passes over them at most
MAX_PRETRAINING_TOKENS = 80_000_000  # at most, but for one pass, or pretraining would take hours


def choose_epochs(texts: int, tokens: int, classes: int, *, adversarial: bool = False) -> int:
    """Passes over a training split of `texts` texts, `tokens` tokens as they are cut, and `classes` classes; more where
    `adversarial` training was asked for.

    >>> choose_epochs(20_000, 5_000_000, 2), choose_epochs(9_000, 125_000, 77), choose_epochs(9_600, 3_000_000, 20)
    (3, 28, 5)
    """
    enough, read, fewest = BASE_EPOCHS, MAX_TRAINING_TOKENS, MIN_EPOCHS
    if adversarial:
        enough, read, fewest = REGULARISED_EPOCHS, REGULARISED_TOKENS, FEWEST_REGULARISED
    wanted = max(TEXTS_PER_LABEL_BIT * _bits(classes) / max(texts, 1), enough)
    affordable = read / max(tokens, 1)
    return min(max(round(min(wanted, affordable)), fewest), MAX_EPOCHS)


def choose_patience(texts: int, classes: int) -> int:
    """Epochs without a better validation score before training stops, but for the first half (`choose_min_epochs`).

    Measured (docs/log.md): on 700 and 2,000 texts nothing was gained by waiting longer.

    >>> choose_patience(20_000, 2), choose_patience(9_000, 77)
    (2, 5)
    """
    return min(max(round(TEXTS_WAITED * _bits(classes) / max(texts, 1)), 2), MOST_WAITED)


def choose_min_epochs(epochs: int) -> int:
    """Epochs, of so many that were chosen, before which nobody loses patience: a network that starts from nothing may
    learn nothing in the first ones.

    >>> choose_min_epochs(3), choose_min_epochs(22)
    (1, 11)
    """
    return epochs // 2


def choose_word_dropout(texts: int, tokens: int) -> float:
    """The share of tokens that training reads as UNK, for `texts` texts of `tokens` tokens in all, as they are cut.

    Measured (docs/log.md): film reviews of 230 tokens lose 0.3 points by it, requests of 10 gain as much.

    >>> choose_word_dropout(20_000, 4_600_000), choose_word_dropout(9_000, 125_000)
    (0.0, 0.1)
    """
    return SHORT_TEXT_WORD_DROPOUT if tokens < LONG_TEXT_TOKENS * max(texts, 1) else 0.0


def choose_adversarial(texts: int, tokens: int, epochs: int, kind: TargetKind = "single") -> float:
    """How far adversarial training moves each of `texts` texts of `tokens` tokens in all, as they are cut, in `epochs`
    passes: 0 where texts are long, where twice the time is too much, and for targets of which it was not measured.

    Measured (docs/log.md): requests of 10 tokens and 77 classes gain a point, phrases of films as much; long reviews
    without pretraining, and 45,000 of goods in five passes, lose.

    >>> choose_adversarial(20_000, 4_600_000, 3), choose_adversarial(9_000, 125_000, 28)
    (0.0, 0.3)
    >>> choose_adversarial(45_000, 2_600_000, 5)
    0.0
    """
    if kind != "single" or not 0 < tokens < LONG_TEXT_TOKENS * texts or 2 * epochs * tokens > MAX_TRAINING_TOKENS:
        return 0.0
    return SHORT_TEXT_PERTURBATION


def choose_pretraining_epochs(tokens: int) -> int:
    """Epochs of pretraining over `tokens` tokens of training and unlabelled texts, as they are cut.

    >>> [choose_pretraining_epochs(tokens) for tokens in (125_000, 15_700_000, 40_000_000, 10**9)]
    [0, 4, 2, 1]
    """
    return min(max(MAX_PRETRAINING_TOKENS // tokens, 1), PRETRAINING_EPOCHS) if tokens >= PRETRAINING_TOKENS else 0


def _bits(classes: int) -> float:
    return math.log2(max(classes, 2))
