"""torch's global settings as this package needs them, whatever the caller has set."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from textrnn.machine.process_settings import SharedSetting


def _set_float32() -> torch.dtype:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    return before


_float32 = SharedSetting(_set_float32, torch.set_default_dtype)


@contextlib.contextmanager
def default_torch_settings() -> Iterator[None]:
    """While the block lasts the calling thread computes as if nobody had set torch's default dtype or device, or had
    turned autocast on. Also a decorator.

    Device and autocast are the thread's own. The dtype is the whole process's: where it is another one, the first who
    needs it changes it, and the last puts it back.
    """
    with contextlib.ExitStack() as stack:
        if torch.get_default_dtype() != torch.float32:
            stack.enter_context(_float32.changed())
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        for device in ("cpu", "cuda"):
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        yield
