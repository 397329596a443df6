"""Checkpoints: the whole state of a run as sealed data, verified from disk before the old one goes."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save
from torch import Tensor

from textrnn.errors import DamagedError
from textrnn.files import find_damage, read_json, read_manifest, replace_folder, seal, write_bytes, write_json
from textrnn.training.loop import State

FORMAT = 1
TENSORS, SCALARS = "state.safetensors", "state.json"
COUNTERS = (
    "epoch", "position", "step", "loss_sum", "texts", "history", "best_epoch", "best_accuracy", "waited", "finished",
)  # fmt: skip


def save_checkpoint(folder: Path, state: State, fingerprint: Mapping[str, Any]) -> Path:
    """Write `state` as `folder/step-N`; older checkpoints go once it reads back whole.

    `fingerprint` says what the run depends on (versions, threads, settings, rows): a checkpoint is
    only resumed under an equal one. Raises OSError, DamagedError.
    """
    final = folder / f"step-{state.step:09d}-{state.epoch:04d}"
    temporary = folder / "new.tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    write_bytes(temporary / TENSORS, save(_tensors_of(state)))
    counters = {name: getattr(state, name) for name in COUNTERS}
    best_loss = state.best_loss if math.isfinite(state.best_loss) else None
    scalars = {"counters": counters, "best_loss": best_loss, "optimizer_steps": _optimizer_steps(state)}
    write_json(temporary / SCALARS, scalars)
    manifest = seal(temporary, {"format": FORMAT, "fingerprint": dict(fingerprint)})
    if damage := find_damage(temporary, manifest["files"]):
        raise DamagedError(f"the checkpoint just written does not read back: {damage}")
    replace_folder(temporary, final)  # it may be there already: a run stopped at the end of an epoch
    for old in folder.glob("step-*"):
        if old != final:
            shutil.rmtree(old, ignore_errors=True)
    return final


def find_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint in `folder` that is whole; damaged ones are passed over."""
    for found in sorted(folder.glob("step-*"), reverse=True):
        try:
            manifest = read_manifest(found)
        except DamagedError:
            continue
        whole = {TENSORS, SCALARS} <= manifest["files"].keys() and find_damage(found, manifest["files"]) is None
        if manifest.get("format") == FORMAT and isinstance(manifest.get("fingerprint"), dict) and whole:
            return found
    return None


def read_fingerprint(checkpoint: Path) -> dict[str, Any]:
    """What the run of `checkpoint` depended on."""
    return dict(read_manifest(checkpoint)["fingerprint"])


def restore_state(checkpoint: Path, state: State) -> None:
    """Put what `checkpoint` holds into `state`, whose networks and optimizer have the same shapes."""
    scalars = read_json(checkpoint / SCALARS)
    tensors = load_file(checkpoint / TENSORS)
    state.network.load_state_dict(_part(tensors, "network."))
    state.average.load_state_dict(_part(tensors, "average."))
    state.best = {name: value.clone() for name, value in _part(tensors, "best.").items()}
    _restore_optimizer(state, _part(tensors, "optimizer."), scalars["optimizer_steps"])
    for name in COUNTERS:
        setattr(state, name, scalars["counters"][name])
    state.best_loss = math.inf if scalars["best_loss"] is None else scalars["best_loss"]


def _tensors_of(state: State) -> dict[str, Tensor]:
    tensors = {f"network.{name}": value for name, value in state.network.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in state.average.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in state.best.items()}
    for number, parameter in enumerate(_optimized(state)):
        moments = state.optimizer.state.get(parameter, {})
        for moment in ("exp_avg", "exp_avg_sq"):
            if moment in moments:
                tensors[f"optimizer.{number}.{moment}"] = moments[moment]
    return {name: value.detach().cpu().contiguous() for name, value in tensors.items()}


def _optimized(state: State) -> list[Tensor]:
    return [parameter for group in state.optimizer.param_groups for parameter in group["params"]]


def _optimizer_steps(state: State) -> int:
    steps = {int(moments["step"]) for moments in state.optimizer.state.values() if "step" in moments}
    assert len(steps) <= 1, "every parameter has been stepped equally often"
    return next(iter(steps), 0)


def _restore_optimizer(state: State, moments: Mapping[str, Tensor], steps: int) -> None:
    state.optimizer.state.clear()
    if steps == 0:
        return
    for number, parameter in enumerate(_optimized(state)):
        state.optimizer.state[parameter] = {
            "step": parameter.new_tensor(float(steps)),
            "exp_avg": moments[f"{number}.exp_avg"].to(parameter.device).clone(),
            "exp_avg_sq": moments[f"{number}.exp_avg_sq"].to(parameter.device).clone(),
        }


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
