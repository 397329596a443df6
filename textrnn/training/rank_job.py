"""What rank 0 sends to the other ranks: settings, rows, the state to begin with."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from textrnn.config.model import ModelConfig
from textrnn.data.examples import SplitName
from textrnn.data.tabular import TabularColumns, TabularFeatures
from textrnn.data.target import Target
from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged
from textrnn.training.checkpoint import dump_state, put_state
from textrnn.training.schedule import Schedule
from textrnn.training.training_state import TrainingState
from textrnn.training.world import World

SPLITS: tuple[SplitName, ...] = ("train", "validation")


def send_job(world: World, ids: Ids, model_config: ModelConfig, schedule: Schedule) -> None:
    """Tell the other ranks what is trained: for `receive_job`."""
    world.broadcast(
        {
            "model": asdict(model_config),
            "train": asdict(schedule.config),
            "least": schedule.min_epochs,
            "target": ids.target.to_json(),
            "vocabulary_size": ids.vocabulary_size,
            "side": ids.tabular_columns.to_json(),
        }
    )
    arrays: dict[str, NDArray[Any]] = {}
    for name in SPLITS:
        rows = ids.splits[name]
        arrays |= {f"{name}.flat": rows.flat, f"{name}.offsets": rows.offsets, f"{name}.labels": ids.labels[name]}
        if name in ids.weights:
            arrays[f"{name}.weights"] = ids.weights[name]
        if name in ids.tabular:
            arrays |= {f"{name}.numbers": ids.tabular[name].numbers, f"{name}.codes": ids.tabular[name].codes}
    world.broadcast_tensors({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})


def receive_job(world: World) -> tuple[dict[str, Any], dict[str, Any], int, Ids]:
    """The settings of model and training, the epochs that are taken at least, and the rows that training reads."""
    told = world.broadcast()
    arrays = {name: tensor.numpy() for name, tensor in world.broadcast_tensors().items()}
    splits = {name: Ragged(arrays[f"{name}.flat"], arrays[f"{name}.offsets"]) for name in SPLITS}
    labels = {name: arrays[f"{name}.labels"] for name in SPLITS}
    columns = TabularColumns.from_json(told["side"])
    tabular = {
        name: TabularFeatures(arrays[f"{name}.numbers"], arrays[f"{name}.codes"], columns.sizes)
        for name in SPLITS
        if columns.features
    }
    weights = {name: arrays[f"{name}.weights"] for name in SPLITS if f"{name}.weights" in arrays}
    target = Target.from_json(told["target"])
    return (
        told["model"],
        told["train"],
        told["least"],
        Ids(splits, labels, target, told["vocabulary_size"], columns, tabular, weights),
    )


def share_state(world: World, state: TrainingState) -> None:
    """Put rank 0's state into every rank's: what a checkpoint held, rank 0 alone has read."""
    if world.size == 1:
        return
    scalars, tensors = dump_state(state) if world.rank == 0 else ({}, {})
    scalars, tensors = world.broadcast(scalars), world.broadcast_tensors(tensors)
    if world.rank:
        put_state(scalars, tensors, state)
