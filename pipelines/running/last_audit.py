"""The last audit of a run's rows, as the check for label errors (TR013) reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.caching.cache import DATA_FOLDER, Cache
from pipelines.config import RunConfig
from pipelines.running.records import last_key
from textrnn.data.readers.wording import count
from textrnn.storage.files import read_json

FILE, PAGE = "audit.json", "audit.html"
_NONE = "No audit of these rows was made. `textrnn audit` makes one, which this check reads from the next run on."
_OTHER = "The last audit was of other rows or labels. `textrnn audit` makes one of these."


def read_last_audit(config: RunConfig, cache: Cache, contents: Mapping[str, str]) -> dict[str, Any]:
    """Returns what the last audit of this run's name found: `rows`, `suspicious` labels among them, how many of those
    are `in_split`, and more as `told` in words. Where it is of other rows than the nouns with the digests `contents`,
    or there is none, returns the `reason` alone.

    No result depends on it: it lies in the cache, or not. A report's data holds it under `audit`.
    """
    key = last_key(cache, config.root, config.name, "audit")
    entry = None if key is None else cache.find("audit", key)
    if entry is None:
        return {"reason": _NONE}
    inputs = entry.manifest["preimage"]["inputs"]
    if any(contents.get(noun) != content for noun, content in inputs.items()):
        return {"reason": _OTHER}
    try:
        about = read_json(entry.folder / DATA_FOLDER / FILE)["summary"]
        labels, near = about["labels"], about["near_duplicates"]
        leaked = sum(near["across_splits"].values())
        told = (
            f"{PAGE} lists them, with {count(near['conflicting'], 'row')} labelled otherwise than a near-duplicate and "
            f"{count(leaked, 'near-duplicate')} across splits."
        )
        found = {"rows": about["rows"], "suspicious": labels["suspicious"], "in_split": labels["by_split"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {"reason": _NONE}
    return {**found, "told": told}
