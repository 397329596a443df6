"""The digest of the weights that a decision was fitted for."""

from __future__ import annotations

from textrnn.storage.files import digest_bytes


def weights_digest(network: str, ngram_branch: str) -> str:
    """Return the SHA-256 of the weights of a model, from those of its two files, `model.safetensors` first."""
    return digest_bytes(f"{network}\n{ngram_branch}".encode())
