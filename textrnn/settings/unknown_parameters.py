"""A parameter that `TextClassifier` does not have: refused with the name of what was likely meant."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from typing import Any, Self

from textrnn.config.parameter_names import parameter_name
from textrnn.config.renamed import RENAMED_SETTINGS
from textrnn.errors import ConfigTypeError
from textrnn.settings.command_line_only import COMMAND_LINE_ONLY
from textrnn.settings.sections import SECTIONS, SECTIONS_BY_LIKELIHOOD, fields_of

# parameters of version 0.1.0 whose names tell neither section nor key
FORMER_PARAMETERS = {
    "vector_size": "embeddings.size",
    "vector_window": "embeddings.window",
    "vector_scale": "embeddings.scale",
    "teacher_passes": "self_training.epochs",
    "wide": "ngram_branch.enabled",
    "wide_features": "ngram_branch.max_features",
    "vocabulary_kind": "vocabulary.kind",
}


class StrictParametersMixin:
    """A base of estimators: a parameter that there is not is refused by `refuse_unknown`, before `__init__` would.

    `__new__` stands here, and not in the estimator, so that the estimator's signature is that of its `__init__`.
    """

    def __new__(cls, *args: Any, **parameters: Any) -> Self:
        """Raises ConfigTypeError."""
        accepted = inspect.signature(cls.__init__).parameters
        if not any(each.kind is each.VAR_KEYWORD for each in accepted.values()):
            refuse_unknown(parameters, sorted(set(accepted) - {"self"}))
        return super().__new__(cls)


def refuse_unknown(parameters: Mapping[str, Any], accepted: list[str]) -> None:
    """Raise ConfigTypeError, a TypeError as Python's own, for the first of the `parameters` that is not accepted."""
    for name, value in parameters.items():
        if name not in accepted:
            raise ConfigTypeError(f"{name}: no such parameter{suggest_parameter(name, value, accepted)}")


def suggest_parameter(name: str, value: Any, parameters: list[str]) -> str:
    """What was likely meant by a parameter `name`, as the end of a message.

    >>> suggest_parameter("adversarial", 0.3, ["epochs", "settings"])
    '; write settings={"train.adversarial": 0.3}'
    >>> suggest_parameter("epoch", 3, ["epochs"])
    '; did you mean epochs?'
    """
    setting = _setting_of(name)
    if "settings" not in parameters:
        key = setting.rpartition(".")[2] if setting else ""
        if key in parameters:
            return f"; it is called {key}"
        setting = None
    if setting in COMMAND_LINE_ONLY:
        return f"; {COMMAND_LINE_ONLY[setting]}"
    if setting:
        called = parameter_name(setting)
        return f"; it is called {called}" if called else f'; write settings={{"{setting}": {value!r:.40}}}'
    if close := difflib.get_close_matches(name, parameters, 1, cutoff=0.7):
        return f"; did you mean {close[0]}?"
    if "settings" not in parameters:
        return f"; there are {', '.join(parameters)}"
    keys = {key: f"{section}.{key}" for section in SECTIONS for key in fields_of(section)}
    if close := difflib.get_close_matches(name, keys, 1, cutoff=0.7):
        return f'; did you mean settings={{"{keys[close[0]]}": {value!r:.40}}}?'
    return f"; there are {', '.join(parameters)}; all others are keys of settings, as on the command line"


def _setting_of(name: str) -> str | None:
    """The setting that is called `name`, as a key, or as section_key."""
    if name in FORMER_PARAMETERS:
        return FORMER_PARAMETERS[name]
    for setting, now in RENAMED_SETTINGS.items():
        if name == setting.replace(".", "_"):
            return now
    for section in SECTIONS:
        if name.startswith(f"{section}_") and (key := name.removeprefix(f"{section}_")) in fields_of(section):
            return f"{section}.{key}"
    if found := next((f"{section}.{name}" for section in SECTIONS_BY_LIKELIHOOD if name in fields_of(section)), None):
        return found
    return next((now for setting, now in RENAMED_SETTINGS.items() if setting.partition(".")[2] == name), None)
