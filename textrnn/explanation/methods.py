"""The methods that explain the recurrent branch by its engine alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textrnn.explanation.explanation import MethodName
from textrnn.explanation.leave_one_out import leave_one_out
from textrnn.explanation.network_parts import ExplainNetwork
from textrnn.explanation.shapley import shapley
from textrnn.inference.engine import Engine

METHODS: Mapping[MethodName, Callable[[Engine], ExplainNetwork]] = {"shapley": shapley, "leave_one_out": leave_one_out}
DEFAULT_METHOD: MethodName = "shapley"  # which measures best of those that need no torch: docs/guides/explaining.md
INTEGRATED_GRADIENTS: MethodName = "integrated_gradients"  # by torch
