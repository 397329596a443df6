"""Checkpoints: the whole state of a run as sealed data, verified from disk before the old one goes."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import save
from torch import Tensor

from textrnn.errors import DamagedFilesError, TrainingError
from textrnn.nn.tensor_files import load_tensors
from textrnn.storage.files import (
    commit_folder,
    digest_json,
    find_damage,
    read_json,
    read_manifest,
    replace_folder,
    write_bytes,
    write_json,
    write_manifest,
)
from textrnn.training.nonfinite import first_nonfinite
from textrnn.training.training_state import TrainingState

FORMAT = 3
TENSORS, SCALARS = "state.safetensors", "state.json"
MOMENTS = ("exp_avg", "exp_avg_sq")  # what AdamW keeps of each weight
ASIDE, DAMAGED = "aside", "damaged"  # what the name of a checkpoint begins with that was set aside
COUNTERS = (
    "epoch", "position", "step", "loss_sum", "texts", "history", "best_epoch", "best_score", "waited", "finished",
)  # fmt: skip


def save_checkpoint(folder: Path, state: TrainingState, fingerprint: Mapping[str, Any]) -> Path:
    """Write `state` as `folder/step-N`; older checkpoints go once it reads back whole.

    `fingerprint` says what the run depends on (versions, threads, settings, rows): a checkpoint is
    only resumed under an equal one. Raises OSError, DamagedFilesError, and TrainingError where a number of
    the state is not finite: then nothing is written, and the older checkpoint stays.
    """
    scalars, tensors = dump_state(state)
    if name := first_nonfinite(tensors):
        raise TrainingError(
            f"training stopped at epoch {state.epoch + 1}, after step {state.position}: {name} holds NaN or infinity, "
            "expected finite numbers; the last checkpoint stays: run again to resume from it; if this happens "
            "again, lower train.learning_rate"
        )
    final = folder / f"step-{state.step:09d}-{state.epoch:04d}"
    temporary = folder / "new.tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    write_bytes(temporary / TENSORS, save(tensors))
    write_json(temporary / SCALARS, scalars)
    manifest = write_manifest(temporary, {"format": FORMAT, "fingerprint": dict(fingerprint)})
    if damage := find_damage(temporary, manifest["files"]):
        raise DamagedFilesError(f"the checkpoint just written cannot be read back: {damage}")
    replace_folder(temporary, final)  # it may be there already: a run stopped at the end of an epoch
    for old in (*folder.glob("step-*"), *list_aside(folder, fingerprint)):
        if old != final:
            shutil.rmtree(old, ignore_errors=True)
    return final


def list_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in `folder`, whole or not, the newest first; those that were set aside left out."""
    return sorted(folder.glob("step-*"), reverse=True)


def list_aside(folder: Path, fingerprint: Mapping[str, Any]) -> list[Path]:
    """The checkpoints in `folder` that were set aside and are of a run of this `fingerprint`, the newest first."""
    return sorted(folder.glob(f"{ASIDE}-{_tag(fingerprint)}-step-*"), reverse=True)


def set_aside(checkpoint: Path, fingerprint: Mapping[str, Any] | None) -> Path:
    """Give `checkpoint` a name under which no run of other settings replaces or removes it.

    Without a `fingerprint` it is a damaged one. Returns where it stands now. Raises OSError.
    """
    kept = aside_name(checkpoint, fingerprint)
    if kept != checkpoint:
        shutil.rmtree(kept, ignore_errors=True)
        commit_folder(checkpoint, kept)
    return kept


def aside_name(checkpoint: Path, fingerprint: Mapping[str, Any] | None) -> Path:
    """Where `set_aside` puts `checkpoint`."""
    name = checkpoint.name[checkpoint.name.index("step-") :]
    begin = DAMAGED if fingerprint is None else f"{ASIDE}-{_tag(fingerprint)}"
    return checkpoint.with_name(f"{begin}-{name}")


def read_place(checkpoint: Path) -> tuple[int, int] | None:
    """(steps, epochs) that were done when `checkpoint` was kept, by its name; None where that says neither."""
    found = re.search(r"step-(\d+)-(\d+)$", checkpoint.name)
    return (int(found[1]), int(found[2])) if found else None


def _tag(fingerprint: Mapping[str, Any]) -> str:
    return digest_json(dict(fingerprint))[:12]


def read_fingerprint(checkpoint: Path) -> dict[str, Any]:
    """What the run of `checkpoint` depended on. Raises DamagedFilesError where it is not whole, OSError."""
    manifest = read_manifest(checkpoint)
    found = manifest.get("fingerprint")
    if manifest.get("format") != FORMAT or not isinstance(found, dict):
        raise DamagedFilesError(
            f"{checkpoint}: expected a checkpoint of format {FORMAT}, found {manifest.get('format')}"
        )
    if not {TENSORS, SCALARS} <= manifest["files"].keys():
        raise DamagedFilesError(f"{checkpoint}: expected {TENSORS} and {SCALARS} in its manifest")
    if damage := find_damage(checkpoint, manifest["files"]):
        raise DamagedFilesError(damage)
    return found


def restore_state(checkpoint: Path, state: TrainingState) -> None:
    """Put what `checkpoint` holds into `state`, whose networks and optimizer have the same shapes.

    Raises DamagedFilesError, with `state` as it was, where that is no state a run can be in: right digests
    say that nothing changed since it was written, not that it was right.
    """
    try:
        scalars, tensors = read_json(checkpoint / SCALARS), load_tensors(checkpoint / TENSORS)
    except (ValueError, RecursionError, SafetensorError) as error:
        raise DamagedFilesError(f"{checkpoint}: expected JSON and safetensors, but {error}") from error
    wrong = _wrong_scalars(scalars) or _wrong_place(checkpoint, scalars["counters"])
    if wrong := wrong or _wrong_tensors(tensors, state, scalars["counters"]):
        raise DamagedFilesError(f"{checkpoint}: {wrong}")
    put_state(scalars, tensors, state)


def dump_state(state: TrainingState) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """All of `state` as plain JSON and tensors by name, on the CPU."""
    counters = {name: getattr(state, name) for name in COUNTERS}
    best_loss = state.best_loss if math.isfinite(state.best_loss) else None
    scalars = {"counters": counters, "best_loss": best_loss, "optimizer_steps": _optimizer_steps(state)}
    return scalars, _tensors_of(state)


def put_state(scalars: Mapping[str, Any], tensors: Mapping[str, Tensor], state: TrainingState) -> None:
    """Put what `dump_state` gave into `state`, whose networks and optimizer have the same shapes."""
    state.network.load_state_dict(_part(tensors, "network."))
    state.average.load_state_dict(_part(tensors, "average."))
    state.best = {name: value.clone() for name, value in _part(tensors, "best.").items()}
    _restore_optimizer(state, _part(tensors, "optimizer."), scalars["optimizer_steps"])
    for name in COUNTERS:
        setattr(state, name, scalars["counters"][name])
    state.best_loss = math.inf if scalars["best_loss"] is None else scalars["best_loss"]


def _wrong_scalars(scalars: Any) -> str:
    """What in the scalars read from disk no run writes, in words, or ""."""
    counters = scalars.get("counters") if isinstance(scalars, dict) else None
    if not isinstance(counters, dict) or counters.keys() != set(COUNTERS):
        return f"expected the counters {', '.join(COUNTERS)}"
    for name in ("epoch", "position", "step", "texts", "best_epoch", "waited"):
        if type(counters[name]) is not int or counters[name] < 0:
            return f"expected {name} to be a count, found {counters[name]!r}"
    best_loss = scalars.get("best_loss", "none")
    numbers = {"loss_sum": counters["loss_sum"], "best_score": counters["best_score"]}
    for name, value in (numbers if best_loss is None else numbers | {"best_loss": best_loss}).items():
        if type(value) not in (int, float) or not math.isfinite(value):
            return f"expected {name} to be a finite number, found {value!r}"
    history = counters["history"]
    if not isinstance(history, list) or not len(history) == counters["epoch"] >= counters["best_epoch"]:
        found = len(history) if isinstance(history, list) else "none"
        return f"expected a history of {counters['epoch']} epochs, found {found}"
    if scalars.get("optimizer_steps") != counters["step"] or bool(counters["position"]) != bool(counters["texts"]):
        return "its counters contradict each other"
    return ""


def _wrong_place(checkpoint: Path, counters: Mapping[str, Any]) -> str:
    """Where the name of `checkpoint` says another step than its counters, in words, or ""."""
    place, found = read_place(checkpoint), (counters["step"], counters["epoch"])
    if place is None or place == found:
        return ""
    return f"expected step {place[0]} of epoch {place[1] + 1}, found step {found[0]} of epoch {found[1] + 1}"


def _wrong_tensors(tensors: Mapping[str, Tensor], state: TrainingState, counters: Mapping[str, Any]) -> str:
    """What in the tensors read from disk does not fit `state`, or is not finite, in words, or ""."""
    weights = state.network.state_dict()
    expected = {f"{part}.{name}": value for part in ("network", "average") for name, value in weights.items()}
    if counters["best_epoch"]:
        expected |= {f"best.{name}": value for name, value in weights.items()}
    if counters["step"]:
        optimized = list(enumerate(_optimized(state)))
        expected |= {f"optimizer.{number}.{moment}": value for number, value in optimized for moment in MOMENTS}
    if odd := sorted(expected.keys() ^ tensors.keys()):
        return f"{odd[0]} is {'missing' if odd[0] in expected else 'not expected'}"
    for name, value in expected.items():
        if (tensors[name].shape, tensors[name].dtype) != (value.shape, value.dtype):
            found = f"{tuple(tensors[name].shape)} {tensors[name].dtype}"
            return f"expected {name} to be {tuple(value.shape)} {value.dtype}, found {found}"
    name = first_nonfinite(tensors)
    return f"{name} holds NaN or infinity" if name else ""


def _tensors_of(state: TrainingState) -> dict[str, Tensor]:
    tensors = {f"network.{name}": value for name, value in state.network.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in state.average.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in state.best.items()}
    for number, parameter in enumerate(_optimized(state)):
        moments = state.optimizer.state.get(parameter, {})
        for moment in MOMENTS:
            if moment in moments:
                tensors[f"optimizer.{number}.{moment}"] = moments[moment]
    return {name: value.detach().cpu().contiguous() for name, value in tensors.items()}


def _optimized(state: TrainingState) -> list[Tensor]:
    return [parameter for group in state.optimizer.param_groups for parameter in group["params"]]


def _optimizer_steps(state: TrainingState) -> int:
    steps = {int(moments["step"]) for moments in state.optimizer.state.values() if "step" in moments}
    assert len(steps) <= 1, "the parameters have different numbers of optimizer steps"
    return next(iter(steps), 0)


def _restore_optimizer(state: TrainingState, moments: Mapping[str, Tensor], steps: int) -> None:
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
