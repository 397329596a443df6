"""The sections of a configuration by name, read from a tree of plain values."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from textrnn.config.audit import AuditConfig
from textrnn.config.baseline import BaselineConfig
from textrnn.config.data import DataConfig
from textrnn.config.decision import DecisionConfig
from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.config.encoder_pretraining import EncoderPretrainingConfig
from textrnn.config.evaluate import EvaluateConfig
from textrnn.config.model import ModelConfig
from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.config.parse import read_section
from textrnn.config.renamed import REMOVED_SETTINGS, RENAMED_SECTIONS, RENAMED_SETTINGS
from textrnn.config.self_training import SelfTrainingConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.train import TrainConfig
from textrnn.config.unlabelled import UnlabelledConfig
from textrnn.config.vocabulary import VocabularyConfig
from textrnn.data.readers.wording import quote
from textrnn.errors import ConfigError


@dataclass(frozen=True)
class Sections:
    """Every section of a configuration, in order: the one list of them."""

    data: DataConfig = field(default_factory=DataConfig)
    tokenize: TokenizeConfig = field(default_factory=TokenizeConfig)
    vocabulary: VocabularyConfig = field(default_factory=VocabularyConfig)
    unlabelled: UnlabelledConfig = field(default_factory=UnlabelledConfig)
    embeddings: EmbeddingsConfig = field(default_factory=EmbeddingsConfig)
    encoder_pretraining: EncoderPretrainingConfig = field(default_factory=EncoderPretrainingConfig)
    ngram_branch: NgramBranchConfig = field(default_factory=NgramBranchConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    self_training: SelfTrainingConfig = field(default_factory=SelfTrainingConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    decision: DecisionConfig = field(default_factory=DecisionConfig)
    baseline: BaselineConfig = field(default_factory=BaselineConfig)
    audit: AuditConfig = field(default_factory=AuditConfig)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)


SECTIONS: dict[str, type] = get_type_hints(Sections)
# those first whose keys are meant where a key is of several
SECTIONS_BY_LIKELIHOOD = sorted(SECTIONS, key=lambda section: section not in ("model", "train"))


def fields_of(section: str) -> list[str]:
    """The keys of a section, in order."""
    return [field.name for field in dataclasses.fields(SECTIONS[section])]


def read_sections(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Every section, a dataclass each, filled from `tree`: a mapping of sections, each a mapping of keys.

    Raises ConfigError for an unknown section or key (the nearest right one is named), a wrong type or value.
    """
    for section in tree:
        if section not in SECTIONS:
            raise ConfigError(unknown_section(section, tree[section]))
    return {name: _section(name, tree.get(name, {})) for name in SECTIONS}


def merge(*trees: Mapping[str, Any]) -> dict[str, Any]:
    """One tree with the keys of all; of a key that several have, the last one's value."""
    found: dict[str, Any] = {}
    for tree in trees:
        for section, value in tree.items():
            if isinstance(value, Mapping) and isinstance(found.get(section, {}), Mapping):
                found[section] = {**found.get(section, {}), **value}
            else:
                found[section] = value
    return found


def one_line(text: object) -> str:
    """What a person wrote, fit for an error: on one line, and no longer than a line."""
    plain = str(text)
    return plain if plain.isprintable() and len(plain) <= 200 else quote(plain)


def unknown_section(section: str, values: object = None) -> str:
    """Why there is no `section` that holds `values`, and what was likely meant."""
    if section in RENAMED_SECTIONS:
        keys = values if isinstance(values, Mapping) else ()
        names = [name for key in keys if (name := f"{section}.{key}") in RENAMED_SETTINGS]
        renamed = [f"{RENAMED_SETTINGS[name]} instead of {name}" for name in names]
        write = f"; write {', '.join(renamed)}" if renamed else ""
        return f"{section}: no such section; it is called {RENAMED_SECTIONS[section]}{write}"
    for name, now in RENAMED_SETTINGS.items():
        if name.partition(".")[2] == section and not any(section in fields_of(other) for other in SECTIONS):
            return f"{section}: no such section; the key is called {now}"
    for name in SECTIONS_BY_LIKELIHOOD:
        if section in fields_of(name):
            return f"{section}: no such section; the key belongs to [{name}]: {name}.{section}"
    nearest = difflib.get_close_matches(section, ["name", *SECTIONS], 1, cutoff=0.5)
    if nearest:
        return f"{one_line(section)}: no such section; did you mean {nearest[0]}?"
    return f"{one_line(section)}: no such section; there are {', '.join(SECTIONS)}"


def unknown_key(section: str, key: str) -> str:
    """Why a section has no `key`, and what was likely meant."""
    known = fields_of(section)
    if now := RENAMED_SETTINGS.get(f"{section}.{key}"):
        return f"{section}.{key}: no such key; it is called {now}"
    if f"{section}.{key}" in REMOVED_SETTINGS:
        return f"{section}.{key}: no such key; it was removed, since it gained nothing: leave it out"
    for other in SECTIONS_BY_LIKELIHOOD:
        if other != section and key in fields_of(other):
            return f"{section}.{key}: no such key; it belongs to [{other}]: {other}.{key}"
    nearest = difflib.get_close_matches(key, known, 1, cutoff=0.5)
    if nearest:
        return f"{section}.{one_line(key)}: no such key; did you mean {section}.{nearest[0]}?"
    return f"{section}.{one_line(key)}: no such key; [{section}] has {', '.join(known)}"


def _section(name: str, values: object) -> Any:
    if not isinstance(values, Mapping):
        raise ConfigError(f"{name}: expected a section, [{name}], found {quote(values)}")
    known = fields_of(name)
    for key in values:
        if key not in known:
            raise ConfigError(unknown_key(name, key))
    return read_section(SECTIONS[name], values, {key: f"{name}.{key}" for key in known})
