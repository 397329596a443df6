"""Messages about settings in the words of Python: parameters, or keys of `settings`."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from textrnn.config.parameter_names import parameter_name, python_name
from textrnn.errors import ConfigError, DataError, ModelError
from textrnn.settings.command_line_only import COMMAND_LINE_ONLY
from textrnn.settings.sections import SECTIONS, fields_of

_SETTINGS = [f"{section}.{key}" for section in SECTIONS for key in fields_of(section)]
_PLACE = "|".join(
    re.escape(setting) for setting in sorted(set(_SETTINGS) - set(COMMAND_LINE_ONLY), key=len, reverse=True)
)
_SETTING = re.compile(rf'(?<![\w."])(?:{_PLACE})\b')
_CHANGE = re.compile(rf"--set ({_PLACE})=([\w.]+)")
_OF_LABELS = re.compile(r"the examples, (row [^,:]*), column 'label'")
# phrases of the command line
_PHRASES = {
    "expected 'none' or 'balanced' or a table, each value": "expected None, 'balanced' or a mapping, each value",
    "found null": "found None",
    "; if so, --allow-many-labels, or raise data.max_labels": "",
}


@contextlib.contextmanager
def python_names() -> Iterator[None]:
    """Inside, errors name settings as Python does: "train.device" is `device`."""
    try:
        yield
    except (ConfigError, DataError, ModelError) as error:
        if (message := in_python(str(error))) == str(error):
            raise
        raise type(error)(message) from None


def in_python(message: str) -> str:
    """A `message` about settings with the names that they have in Python.

    >>> in_python("train.device: torch finds no cuda here; use --set train.device=cpu")
    'device: torch finds no cuda here; use device="cpu"'
    >>> in_python("expected more; use --set train.patience=0")
    'expected more; use settings={"train.patience": 0}'
    >>> in_python("the examples, row 3: expected a text"), in_python("the examples, row 3, column 'label': found null")
    ('texts, row 3: expected a text', 'labels, row 3: found None')
    """
    message = _OF_LABELS.sub(r"labels, \1", message).replace("the examples: labels: ", "labels: ")
    message = message.replace("the examples", "texts")
    for phrase, ours in _PHRASES.items():
        message = message.replace(phrase, ours)
    message = _CHANGE.sub(lambda found: _assigned(found[1], found[2]), message)
    return _SETTING.sub(lambda found: python_name(found[0]), message)


def _assigned(setting: str, value: str) -> str:
    is_plain = value in ("true", "false") or value.replace(".", "", 1).isdigit()
    written = value.capitalize() if is_plain else f'"{value}"'
    name = parameter_name(setting)
    return f"{name}={written}" if name else f'settings={{"{setting}": {written}}}'
