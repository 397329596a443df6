"""A fingerprint: another for each array that training reads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tiny import model_config, random_ids, train_config

from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged
from textrnn.training.fingerprint import fingerprint

IDS = random_ids(20, 6)


def changed(what: str, split: str) -> Ids:
    rows, labels = IDS.splits[split], IDS.labels[split].copy()
    flat, offsets = rows.flat.copy(), rows.offsets.copy()
    match what:
        case "tokens":
            flat[-1] += 1
        case "lengths":
            offsets[1] += 1 if offsets[1] < offsets[2] else -1
        case "labels":
            labels[0] = 1 - labels[0]
    return replace(IDS, splits={**IDS.splits, split: Ragged(flat, offsets)}, labels={**IDS.labels, split: labels})


@pytest.mark.parametrize("split", ["train", "validation"])
@pytest.mark.parametrize("what", ["tokens", "lengths", "labels"])
def test_whatever_training_reads_is_in_it(what: str, split: str) -> None:
    of = [fingerprint(ids, model_config(), train_config()) for ids in (IDS, replace(IDS), changed(what, split))]
    assert of[0] == of[1]
    assert of[0]["rows"] != of[2]["rows"]
