"""Joining the processes of a run, whether this machine starts them or `torchrun` does."""

from __future__ import annotations

import contextlib
import datetime
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

import torch
from torch import distributed
from torch.distributed import PrefixStore, Store, TCPStore  # type: ignore[attr-defined]

from textrnn.errors import TrainingError
from textrnn.machine.hardware import ResolvedDevice, TorchrunProcess, available_cores, detect_torchrun
from textrnn.machine.process_settings import environment_variable_default
from textrnn.nn.thread_count import use_threads
from textrnn.training.world import World

DEADLINE_SECONDS = (
    35.0  # seconds that a rank may keep the others waiting; one that has died breaks its connections at once
)
CALL, LEAVE = "textrnn/call", "leave"  # under this key rank 0 says where to compute, or that there is nothing to do
LOOPBACK_VARIABLE = "GLOO_SOCKET_IFNAME"
_loopback_asked = environment_variable_default(LOOPBACK_VARIABLE, "lo")
Child = subprocess.Popen[bytes]


@contextlib.contextmanager
def process_group(processes: int, device: ResolvedDevice) -> Iterator[World]:
    """The world of rank 0 while the block lasts: helpers are started on this machine, or called by way of `torchrun`.

    Raises TrainingError where a rank is lost: the state of the run is then as its last checkpoint has it.
    """
    if processes == 1:
        yield World(device=device)
        return
    place = detect_torchrun()
    children: list[Child] = []
    threads = torch.get_num_threads()
    try:
        with _losses(children, processes), contextlib.ExitStack() as meeting:
            if place is None:
                meeting.enter_context(_loopback())
                use_threads(max(available_cores() // processes, 1))
                here = TCPStore("127.0.0.1", 0, processes, is_master=True, wait_for_workers=False)
                children += [_start(rank, processes, here.port) for rank in range(1, processes)]
                store: Store = here
            else:
                store = store_of(place)
            store.set(CALL, device)
            world = join_group(store, 0, processes, device)
            meeting.close()
            yield world
    finally:
        use_threads(threads)
        for child in children:
            child.kill()  # it has nothing to lose: what there is to keep, rank 0 has kept
            child.wait()
        with contextlib.suppress(Exception):
            distributed.destroy_process_group()


def join_group(store: Store, rank: int, size: int, device: ResolvedDevice) -> World:
    """Join the group of `size` ranks that meet at `store`: gloo, or NCCL with a card a rank."""
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", rank)) % torch.cuda.device_count())
    distributed.init_process_group(
        "nccl" if device == "cuda" else "gloo",
        store=PrefixStore("textrnn/group", store),
        rank=rank,
        world_size=size,
        timeout=datetime.timedelta(seconds=DEADLINE_SECONDS),
    )
    return World(rank, size, device)


def store_of(place: TorchrunProcess) -> Store:
    """Where the ranks of `torchrun`, or of a parent, meet."""
    hosted = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    return TCPStore(
        place.address,
        place.port,
        place.size,
        is_master=place.rank == 0 and not hosted,
        timeout=datetime.timedelta(seconds=DEADLINE_SECONDS),
        wait_for_workers=False,
    )


def release_helpers() -> None:
    """Tell the ranks that `torchrun` started together with this one that they are not needed, or not any more."""
    place = detect_torchrun()
    if place is None or place.size == 1 or place.rank:
        return
    with contextlib.suppress(Exception):  # nobody may be there to be told
        store_of(place).set(CALL, LEAVE)


@contextlib.contextmanager
def _loopback() -> Iterator[None]:
    """Within the block gloo takes the loopback device: it would look the host's own name up, which need not resolve."""
    with _loopback_asked.changed() if sys.platform == "linux" else contextlib.nullcontext():
        yield


def _start(rank: int, size: int, port: int) -> Child:
    place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    threads = {"OMP_NUM_THREADS": max(available_cores() // size, 1)}
    environment = {**os.environ, **{name: str(value) for name, value in (place | threads).items()}}
    command = [sys.executable, "-m", "textrnn.training.worker_process"]
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def _losses(children: Sequence[Child], size: int) -> Iterator[None]:
    """Errors of the connection as one line that says which process was lost."""
    try:
        yield
    except (RuntimeError, distributed.DistBackendError) as error:
        if not _is_of_connection(error):
            raise
        raise TrainingError(
            f"training stopped: {_lost(children, size)}; the last checkpoint stays: run again to resume from it"
        ) from error


def _is_of_connection(error: BaseException) -> bool:
    words = ("gloo", "NCCL", "Connection", "connect", "timed out", "TCPStore", "Timed out", "socket", "Broken pipe")
    return any(word in str(error) for word in words)


def _lost(children: Sequence[Child], size: int) -> str:
    begun = time.monotonic()
    while children and time.monotonic() - begun < 2:  # its connections break before the parent hears of its end
        for rank, child in enumerate(children, 1):
            code = child.poll()
            if code is not None:
                how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
                how += ", as the system does where memory runs out" if code == -signal.SIGKILL else ""
                return f"process {rank + 1} of {size} {how}"
        time.sleep(0.05)
    return f"one of the {size} processes is gone, or has not responded for {DEADLINE_SECONDS:.0f} s"


def wait_for_call(store: Store) -> ResolvedDevice | None:
    """Wait, as long as it takes, until rank 0 says on which device to help; None where there is nothing to do."""
    while True:
        try:
            store.wait([CALL], datetime.timedelta(seconds=20))
            said = store.get(CALL).decode()
        except RuntimeError as error:
            if "timeout" in str(error).lower():
                continue
            return None  # the store has gone, and rank 0 with it
        return "cpu" if said == "cpu" else "cuda" if said == "cuda" else None
