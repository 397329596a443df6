"""The settings of a `TextClassifier`: parameters before `settings`, those before `config`, that before the defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from textrnn.config.data import TargetKind
from textrnn.config.parameter_names import PARAMETERS, parameter_name
from textrnn.config.parse import as_plain, read_section
from textrnn.errors import ConfigError, ConfigTypeError
from textrnn.settings.command_line_only import COMMAND_LINE_ONLY, is_name
from textrnn.settings.config_files import anchor_paths, find_file, packaged_names, read_tree
from textrnn.settings.sections import SECTIONS, fields_of, merge, unknown_key, unknown_section
from textrnn.storage.path_arguments import as_path

Tree = Mapping[str, Mapping[str, Any]]
_PATHS = {"embeddings": ("vectors", "encoder"), "self_training": ("teacher",), "train": ("init_from",)}
SETTINGS_PREFIX = "settings__"  # begins the name of a setting among parameters, in a grid for instance


def resolve(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of a configuration, a dataclass each, by the `parameters` of a classifier.

    Of a setting the parameter counts, where it is not None (of `random_state` not "auto"), else `settings`, else
    `config`, else its default. Raises ConfigError, which names the parameter, or the key of `settings` or `config`.
    """
    config, settings = config_tree(parameters.get("config")), settings_tree(parameters.get("settings"))
    given = _parameter_tree(parameters)
    tree = merge(config, settings, given)
    found: dict[str, Any] = {}
    for section, kind in SECTIONS.items():
        names = {key: f"config: {section}.{key}" for key in fields_of(section)}
        names |= {key: f'settings["{section}.{key}"]' for key in settings.get(section, ())}
        names |= {key: str(parameter_name(f"{section}.{key}")) for key in given.get(section, ())}
        found[section] = read_section(kind, _plain(section, tree.get(section, {}), names), names)
    return found


def split_settings(params: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """`params` without those that begin with "settings__", and those as settings.

    >>> split_settings({"epochs": 2, "settings__train.adversarial": 0.3})
    ({'epochs': 2}, {'train.adversarial': 0.3})
    """
    plain = {name: value for name, value in params.items() if not name.startswith(SETTINGS_PREFIX)}
    return plain, {name.removeprefix(SETTINGS_PREFIX): params[name] for name in params if name not in plain}


def target_of(parameters: Mapping[str, Any]) -> TargetKind:
    """The kind of target that the `parameters` ask for; "single" where they are wrong, which `fit` says."""
    try:
        data = merge(*(tree_of(parameters.get(name)) for name in ("config", "settings"))).get("data", {})
    except ConfigError:
        data = {}
    found = as_plain(parameters.get("target") or data.get("target", "single"))
    return found if found in ("single", "multi", "number", "ordinal", "path") else "single"


def tree_of(config: Any) -> Tree:
    """The tree of a `config` or of `settings`, without a look at its keys. Raises ConfigError."""
    return _nested(config, "config") if isinstance(config, Mapping) else config_tree(config)


def config_tree(config: Any) -> Tree:
    """The tree of a `config`: None, a packaged name, a TOML file, or a mapping of sections or "section.key".

    Paths in a file are from its folder. What only a run of the command line reads is left out: where data come from
    and where results go. Raises ConfigError.
    """
    if config is None:
        return {}
    if isinstance(config, Mapping):
        tree = _known(_nested(config, "config"), "config")
    elif isinstance(config, (str, os.PathLike)):
        path = find_file(str(as_path(config, "config")), "config:")[0]
        whole = anchor_paths(read_tree(path), path.resolve().parent)
        tree = _known({key: value for key, value in whole.items() if key != "name"}, f"config: {path}")
    else:
        raise ConfigTypeError(
            f"config: expected a packaged configuration ({', '.join(packaged_names())}), a TOML file or a mapping, "
            f"found {config!r:.80}"
        )
    return {
        section: {key: value for key, value in values.items() if f"{section}.{key}" not in COMMAND_LINE_ONLY}
        for section, values in tree.items()
    }


def settings_tree(settings: Any) -> Tree:
    """The tree of `settings`: None, or a mapping from "section.key" (or sections). Raises ConfigError."""
    if settings is None:
        return {}
    if not isinstance(settings, Mapping):
        raise ConfigTypeError(
            f'settings: expected a mapping, as in settings={{"train.adversarial": 0.3}}, found {settings!r:.80}'
        )
    tree = _known(_nested(settings, "settings"), "settings")
    for section, values in tree.items():
        for key in values:
            if why := COMMAND_LINE_ONLY.get(f"{section}.{key}"):
                raise ConfigError(f"settings: {section}.{key} can be set on the command line only; {why}")
    return tree


def _nested(given: Mapping[Any, Any], what: str) -> dict[str, Any]:
    """`given`, whose keys are "section.key" or sections, as a tree."""
    tree: dict[str, Any] = {}
    for name, value in given.items():
        if not isinstance(name, str):
            raise ConfigTypeError(f'{what}: expected keys as in "train.adversarial", found {name!r:.80}')
        section, dot, key = str.__str__(name).partition(".")
        if dot and isinstance(tree.get(section, {}), dict):
            tree.setdefault(section, {})[key] = value
        elif isinstance(value, Mapping):
            tree[section] = {**tree.get(section, {}), **value}
        elif section == "name" and what == "settings":
            raise ConfigError(f"settings: name can be set on the command line only; {COMMAND_LINE_ONLY['name']}")
        elif section != "name":
            tree[section] = value
    return tree


def _known(tree: Mapping[str, Any], what: str) -> Tree:
    """`tree`, all of whose sections and keys there are. Raises ConfigError."""
    for section, values in tree.items():
        if section not in SECTIONS:
            raise ConfigError(f"{what}: {unknown_section(section, values)}")
        if not isinstance(values, Mapping):
            raise ConfigTypeError(f"{what}: {section}: expected a section, a mapping of its keys, found {values!r:.80}")
        for key in values:
            if key not in fields_of(section):
                raise ConfigError(f"{what}: {unknown_key(section, str(key))}")
    return tree


def _parameter_tree(parameters: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The tree of the parameters that say something."""
    tree: dict[str, dict[str, Any]] = {}
    for name, setting in PARAMETERS.items():
        value = parameters.get(name)
        is_silent = value is None or (name == "random_state" and isinstance(value, str) and value == "auto")
        if not is_silent:
            section, _, key = setting.partition(".")
            tree.setdefault(section, {})[key] = value
    return tree


def _plain(section: str, values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """`values` of a section with paths as strings, and weights by the names of classes. Raises ConfigError."""
    found = dict(values)
    if section == "train" and "class_weight" in found:
        found["class_weight"] = weights_by_class_name(found["class_weight"], names["class_weight"])
    for key in _PATHS.get(section, ()):
        value = found.get(key)
        if isinstance(value, (str, os.PathLike)) and not is_name(value):
            found[key] = str(as_path(value, names[key]))
    return found


def weights_by_class_name(class_weight: Any, what: str = "class_weight") -> Any:
    """A weight a class by the name that a class has in the model. Raises ConfigError where two keys are one name."""
    if not isinstance(class_weight, Mapping):
        return class_weight
    found: dict[str, Any] = {}
    for key, weight in class_weight.items():
        plain = as_plain(key)
        is_whole = isinstance(plain, bool) or (isinstance(plain, float) and plain.is_integer())
        name = str(int(plain) if is_whole else plain)
        if name in found:
            raise ConfigError(
                f"{what}: expected one weight for each class, found two for {name!r:.80} (the last is {weight!r:.80}); "
                "keys that read alike, such as 1 and '1', are one class"
            )
        found[name] = weight
    return found
