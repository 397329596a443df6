"""The schema of `tokenizer.json`: validated, then rebuilt."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from textrnn.config.tokenize import Normalize, TokenizeConfig, Unit
from textrnn.config.vocabulary import VocabularyKind
from textrnn.errors import ModelError, TextrnnError
from textrnn.text.library_errors import translate_library_errors
from textrnn.text.special_tokens import FIRST_TOKEN_ID, MAX_TOKENS, PAD, PAD_TOKEN, SPECIAL_TOKENS, UNK, UNK_TOKEN
from textrnn.text.tokenizer_frame import CONTINUATION_PREFIX, MAX_PIECE, MODEL_TYPES, frame_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_BYTES = 1 << 30
SPLITTERS: tuple[Unit, ...] = ("words", "characters")  # words of Chinese come parted by spaces
_KINDS: dict[str, VocabularyKind] = {name: kind for kind, name in MODEL_TYPES.items()}


@dataclass(frozen=True)
class TokenizerParts:
    """All that a `tokenizer.json` of ours says: `tokens[i]` has id i, `log_probabilities[i]` belongs to it."""

    kind: VocabularyKind
    tokens: tuple[str, ...]
    tokenizer: TokenizeConfig
    merges: tuple[tuple[str, str], ...] = ()
    log_probabilities: tuple[float, ...] = ()


def read_tokenizer(source: Path | bytes) -> Tokenizer:
    """The tokenizer in a `tokenizer.json` (its path or its bytes) that textrnn wrote.

    It is rebuilt from what `read_parts` found, so nothing foreign reaches the library. Raises ModelError.
    """
    return rebuild(read_parts(source))


def rebuild(parts: TokenizerParts) -> Tokenizer:
    """Build the tokenizer of `parts`. Raises ModelError if the library fails."""
    from textrnn.text.tokenizer import build_model, build_tokenizer  # takes time

    try:
        with translate_library_errors("tokenizer.json"):
            model = build_model(
                parts.kind, parts.tokens, merges=parts.merges, log_probabilities=parts.log_probabilities
            )
            return build_tokenizer(parts.tokenizer, model)
    except TextrnnError as error:
        raise ModelError(f"{error}; write it again with `textrnn`") from None


def read_parts(source: Path | bytes) -> TokenizerParts:
    """Parse a `tokenizer.json` that textrnn wrote. Raises ModelError for any other."""
    where = str(source) if isinstance(source, Path) else "tokenizer.json"
    try:
        return _parse(_read_bytes(source))
    except _RefusedError as error:
        raise ModelError(f"{where}: {error}; write it again with `textrnn`") from None


class _RefusedError(ValueError):
    """Why a file is refused, in words."""


def _read_bytes(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        data = source
    else:
        try:
            with open(source, "rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise _RefusedError(f"cannot be read ({error.strerror})") from None
    _require(len(data) <= MAX_BYTES, f"expected at most {MAX_BYTES} bytes, found more")
    return data


def _parse(data: bytes) -> TokenizerParts:
    try:
        tree = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _RefusedError(f"expected JSON in UTF-8, but {error or type(error).__name__}") from None
    model = tree.get("model") if isinstance(tree, dict) else None
    kind = _KINDS.get(str(model.get("type"))) if isinstance(model, dict) else None
    if kind is None or not isinstance(model, dict):
        raise _RefusedError(f"expected a model of type {', '.join(_KINDS)}, found none")
    vocab, merges = model.pop("vocab", None), model.pop("merges", None)
    config = _match_frame(tree, kind)
    if kind == "unigram":
        tokens, log_probabilities = _read_scored(vocab)
    else:
        tokens, log_probabilities = _read_numbered(vocab), ()
    _check_tokens(tokens)
    return TokenizerParts(
        kind, tokens, config, _read_merges(merges, tokens) if kind == "bpe" else (), log_probabilities
    )


def _match_frame(tree: dict[str, Any], kind: VocabularyKind) -> TokenizeConfig:
    """Return the settings for which textrnn writes exactly `tree` (a file without its tokens)."""
    configs = [
        TokenizeConfig(unit, lowercase, form)
        for unit in SPLITTERS
        for lowercase in (True, False)
        for form in get_args(Normalize)
    ]
    frames = [frame_of(config, kind) for config in configs]
    if tree not in frames:  # a later version of the library may write another
        from textrnn.text.tokenizer import written_frame  # takes time

        frames = [written_frame(config, kind) for config in configs]
    if tree in frames:
        return configs[frames.index(tree)]
    absent = object()
    strange = [
        key for key in {**frames[0], **tree} if all(frame.get(key, absent) != tree.get(key, absent) for frame in frames)
    ]
    what = ", ".join(repr(key[:40]) for key in strange[:5]) or "'normalizer' with 'pre_tokenizer'"
    raise _RefusedError(f"expected a tokenizer of textrnn's own kind, but {what} is not")


def _read_numbered(vocab: object) -> tuple[str, ...]:
    """The tokens of `{token: id}`, whose ids must be 0, 1, 2 ... without a gap."""
    _require(isinstance(vocab, dict), "expected a vocabulary of tokens with ids")
    numbered = dict(vocab)  # type: ignore[call-overload]
    ids = list(numbered.values())
    if set(map(type, ids)) == {int} and ids == list(range(len(ids))):  # as the library writes them
        return tuple(numbered)
    _require(all(type(number) is int for number in ids), "expected ids that are integers")
    _require(sorted(ids) == list(range(len(ids))), "expected ids from 0 without gaps or repeats")
    return tuple(sorted(numbered, key=numbered.__getitem__))


def _read_scored(vocab: object) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The tokens and scores of `[[token, score], ...]`: log probabilities, so none above 0."""
    pairs = vocab if isinstance(vocab, list) else []
    good = bool(pairs) and all(isinstance(pair, list) and len(pair) == 2 for pair in pairs)
    _require(good, "expected a vocabulary of [token, score]")
    tokens, scores = zip(*pairs, strict=True)
    _require(all(type(score) is float and -math.inf < score <= 0 for score in scores), "expected scores up to 0")
    _require(all(type(token) is str for token in tokens), "expected tokens that are strings")
    _require(len(set(tokens)) == len(tokens), "a token is listed twice")
    # at every character the library tries all tokens that begin there: long ones make that quadratic
    longest = max(map(len, tokens[FIRST_TOKEN_ID:]), default=0)
    _require(longest <= MAX_PIECE, f"expected unigram tokens of at most {MAX_PIECE} characters, found {longest}")
    return tokens, scores


def _check_tokens(tokens: tuple[str, ...]) -> None:
    _require(len(tokens) <= MAX_TOKENS, f"expected at most {MAX_TOKENS} tokens, found {len(tokens)}")
    _require(
        tokens[:FIRST_TOKEN_ID] == SPECIAL_TOKENS, f"expected {PAD_TOKEN} with id {PAD} and {UNK_TOKEN} with id {UNK}"
    )
    _require(all(tokens), "a token is empty")
    try:
        "".join(tokens).encode()
    except UnicodeEncodeError:
        raise _RefusedError("a token holds a lone surrogate") from None


def _read_merges(merges: object, tokens: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The merges of BPE: pairs of tokens, the second a continuing one, that make a token."""
    pairs: list[Any] = merges if isinstance(merges, list) else [None]
    _require(len(pairs) <= len(tokens), "expected a list of merges, at most one a token")
    known = frozenset(tokens)
    found = []
    for pair in pairs:
        _require(isinstance(pair, list) and len(pair) == 2, "expected merges [token, token]")
        first, second = pair
        _require(isinstance(first, str) and isinstance(second, str), "expected merges of strings")
        # the library cuts the prefix off unseen
        whole = first + second.removeprefix(CONTINUATION_PREFIX)
        good = second.startswith(CONTINUATION_PREFIX) and {first, second, whole} <= known
        _require(good, f"the merge {first[:40]!r} {second[:40]!r} does not make a token")
        found.append((first, second))
    _require(len(set(found)) == len(found), "a merge is listed twice")
    return tuple(found)


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise _RefusedError(otherwise)
