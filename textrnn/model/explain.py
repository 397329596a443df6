"""Examples explained by a predictor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

import numpy as np

from textrnn.data.columns import Example
from textrnn.data.input_cells import parse_cells
from textrnn.data.label_output import classes_of
from textrnn.data.readers.wording import quote
from textrnn.decision.branch_logits import BranchLogits
from textrnn.errors import ConfigError
from textrnn.explanation.explain_ids import Branches
from textrnn.explanation.explainer import ExampleToExplain, Explainer, explain_example, format_cell
from textrnn.explanation.explanation import Explanation, MethodName
from textrnn.explanation.methods import DEFAULT_METHOD, INTEGRATED_GRADIENTS, METHODS
from textrnn.explanation.network_parts import ExplainNetwork
from textrnn.inference.engine import Engine
from textrnn.machine.optional_packages import require_package
from textrnn.model.predictor import Predictor


def explain_examples(
    predictor: Predictor,
    examples: Sequence[Example],
    *,
    label: Any = None,
    against: Any = None,
    method: MethodName = DEFAULT_METHOD,
) -> Iterator[Explanation]:
    """Yields an explanation of each of N `examples`, in order.

    Without a `label` it is that of the predicted class, of several labels the most probable one; without `against` it
    is compared with the most probable other class, where classes exclude each other. Raises ConfigError for a class or
    a method that there is not, DataError, MissingPackageError.
    """
    explainer = explainer_of(predictor, method)
    inputs = predictor.read(examples)
    logits = predictor.encoded_logits(inputs.rows, inputs.tabular)
    for number, example in enumerate(examples):
        cells = example if isinstance(example, tuple) else (example,)
        one = ExampleToExplain(
            {name: str(cell) for name, cell in zip(predictor.columns.text, cells, strict=False)},
            BranchLogits(logits.recurrent[[number]], logits.ngram_branch[[number]]),
            _cells_of(predictor, example),
            None if inputs.tabular is None else inputs.tabular.take(np.array([number])),
        )
        yield explain_example(explainer, one, label, against)


def explainer_of(predictor: Predictor, method: MethodName = DEFAULT_METHOD) -> Explainer:
    """Returns what explains the examples of `predictor`. Raises ConfigError, MissingPackageError."""
    return Explainer(
        predictor.tokenizer,
        predictor.text,
        Branches(predictor.engine, predictor.ngram_branch, predictor.max_tokens, predictor.truncation),
        predictor.decision,
        predictor.target,
        classes_of(predictor.target, predictor.labels).tolist(),
        choose_method(method, predictor.engine),
        method,
        predictor.tabular,
        predictor.columns.max_characters,
    )


def choose_method(name: str, engine: Engine) -> ExplainNetwork:
    """Returns the method of this name for the recurrent branch, which `engine` computes.

    Raises ConfigError, MissingPackageError.
    """
    if (found := {str(key): make for key, make in METHODS.items()}.get(name)) is not None:
        return found(engine)
    if name != INTEGRATED_GRADIENTS:
        raise ConfigError(f"method: expected {', '.join(get_args(MethodName))}, found {quote(name)}")
    for module in ("torch", "captum"):
        require_package(module, "method integrated_gradients", "explain")
    from textrnn.nn.integrated_gradients import integrated_gradients

    return integrated_gradients(engine.network)


def _cells_of(predictor: Predictor, example: Example) -> list[str]:
    """The cells of the tabular columns, as text; an empty number is "", as it came."""
    if predictor.columns.text_only:
        return []
    return [
        format_cell(cell) for cell in parse_cells(example, predictor.columns, "example")[len(predictor.columns.text) :]
    ]
