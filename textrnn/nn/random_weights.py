"""Fresh weights from a generator of their own: torch's global one is neither read nor moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class seeded(TorchDispatchMode):
    """While the block lasts, what the calling thread draws with torch comes from a generator seeded with `seed`.

    The numbers are those that `torch.manual_seed(seed)` gives. torch's own layers draw their weights from the global
    generator and take no other; to seed that and put it back (`torch.random.fork_rng`) is not safe among threads.
    """

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: torch would import its compiler for it, 1.2 s and 75 MB at the start of every prediction."""
        return False

    def __init__(self, seed: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.generator = torch.Generator().manual_seed(seed)

    def __torch_dispatch__(
        self, function: Any, types: Sequence[type], given: Sequence[Any] = (), named: Mapping[str, Any] | None = None
    ) -> Any:
        """`function`, with the generator where it draws."""
        settings = dict(named or {})
        if torch.Tag.nondeterministic_seeded in function.tags and settings.get("generator") is None:
            function, settings["generator"] = _with_generator(function), self.generator
        return function(*given, **settings)


def _with_generator(function: Any) -> Callable[..., Any]:
    """The overload of `function` that takes a generator."""
    if any(argument.name == "generator" for argument in function._schema.arguments):
        found: Callable[..., Any] = function
        return found
    overload = {"default": "generator"}.get(function._overloadname, f"{function._overloadname}_generator")
    found = getattr(function.overloadpacket, overload)
    return found
