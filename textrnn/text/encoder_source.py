"""Which files hold the sentence encoder that a setting names, found without reading or importing them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from textrnn.data.readers.source import Source, find_package_files
from textrnn.data.readers.wording import quote, quote_list
from textrnn.errors import DataError

CONFIG, TOKENIZER, WEIGHTS = "config.json", "tokenizer.json", "model.safetensors"
# how sentence-transformers writes what follows the network, where it does
MODULES, POOLING, LIMITS = "modules.json", "1_Pooling/config.json", "sentence_bert_config.json"
REQUIRED, OPTIONAL = (CONFIG, TOKENIZER, WEIGHTS), (MODULES, POOLING, LIMITS)

# name -> the package that carries it, and the archive inside
PACKAGES: Mapping[str, tuple[str, str]] = {"all-minilm-l6-v2": ("all_minilm_l6_v2", "model.zip")}


def resolve_encoder(named: str, setting: str = "embeddings.encoder") -> Source | None:
    """The files of the encoder that `named` says: a folder, package:NAME, or none, for which there is None.

    Raises DataError, with the name of the `setting`, where nothing is there.
    """
    if named == "none":
        return None
    if named.startswith("package:"):
        return _resolve_package(named, setting)
    try:
        folder = Path(named).expanduser()
        there = folder.is_dir()
    except (OSError, ValueError, RuntimeError):  # too long a name, a NUL in it, the home of nobody
        there = False
    if not there:
        raise DataError(
            f"{setting}: expected a folder of a sentence encoder, package:NAME or none, found {quote(named)}"
        )
    if missing := [name for name in REQUIRED if not (folder / name).is_file()]:
        raise DataError(
            f"{setting}: {quote(named)}: expected the files {quote_list(REQUIRED)}, found no {missing[0]}; save the "
            "encoder with sentence-transformers or transformers, as safetensors and with its fast tokenizer"
        )
    found = tuple(folder / name for name in (*REQUIRED, *OPTIONAL) if (folder / name).is_file())
    return Source(named, "encoder", found, root=folder)


def _resolve_package(named: str, setting: str) -> Source:
    name = named.removeprefix("package:")
    if name not in PACKAGES:
        raise DataError(f"{setting}: expected one of {quote_list([f'package:{known}' for known in PACKAGES])}")
    package, archive = PACKAGES[name]
    return find_package_files(named, package, (archive,), extra="encoder")
