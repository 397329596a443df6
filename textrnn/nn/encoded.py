"""What an encoder gives: a tensor of states a direction."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from textrnn.nn.reversal import reverse


@dataclass(frozen=True)
class Encoded:
    """The states of one layer: one (T, B, H) tensor a direction.

    `backward` is None for one direction; it stands in its own reading order, by `reversal`, or where that is None in
    the order of the text. Steps past a text's length hold no meaning.
    """

    forward: Tensor
    backward: Tensor | None = None
    reversal: Tensor | None = None

    def aligned(self) -> Tensor:
        """Returns (T, B, D * H): both directions side by side, in the order of the text."""
        if self.backward is None:
            return self.forward
        backward = self.backward if self.reversal is None else reverse(self.backward, self.reversal)
        return torch.cat([self.forward, backward], dim=-1)

    def directions(self) -> list[Tensor]:
        """Returns the (T, B, H) tensors, as they stand."""
        return [self.forward] if self.backward is None else [self.forward, self.backward]

    def ends_first(self, direction: int) -> bool:
        """Says whether the last step that `direction` read of a text stands first, and not last of the real ones."""
        return direction == 1 and self.reversal is None
