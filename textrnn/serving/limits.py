"""The limits of a server: what it takes at most, how long it waits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a server takes at most, and how long it waits; times in seconds.

    A request: `body_bytes`, `texts`, `characters` in all its texts, `header_bytes` with its first line, `headers`;
    it must have come whole `request_seconds` after its first byte. An explanation reads a text once a word: of a
    request that asks for them `explained_texts` at most.

    The queue: a request is refused where its answer would come later than in `wait_seconds`, or with `queue_requests`
    or `queue_characters` waiting. A batch is `batch_tokens` at most, but for its first request.

    `connections` are open at most: where one more comes, the one that has been sending its request for longest is
    closed, else one that is idle. An idle connection is kept for `idle_seconds`. `stop_seconds` after it was asked to
    stop a server ends, whatever waits. The model folder is looked at every `watch_seconds`.
    """

    body_bytes: int = 4 << 20
    texts: int = 1024
    characters: int = 1_000_000
    header_bytes: int = 16 << 10
    headers: int = 64
    request_seconds: float = 10.0
    explained_texts: int = 16
    wait_seconds: float = 1.0
    queue_requests: int = 2048
    queue_characters: int = 16_000_000
    batch_tokens: int = 1 << 15
    connections: int = 1024
    idle_seconds: float = 60.0
    stop_seconds: float = 20.0
    watch_seconds: float = 0.5
