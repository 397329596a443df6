"""Who may ask: the Host that a request names, its Origin, its token."""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from textrnn.errors import ConfigError
from textrnn.serving.problems import Problem

TOKEN_VARIABLE = "TEXTRNN_TOKEN"
MIN_TOKEN, MAX_TOKEN_BYTES = 16, 4096
OPEN_PATHS = frozenset({"/health", "/ready", "/v2/health/live", "/v2/health/ready"})  # what probes ask, without a token


@dataclass(frozen=True)
class Access:
    """What a request must show.

    `token` (its SHA-256) must stand in `Authorization: Bearer`, unless it is None. The Host must be an address, or
    localhost, or one of `hosts`: the page of a stranger whose name leads here by DNS has another one. An Origin must be
    the server's own or one of `origins`.
    """

    token: bytes | None = None
    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    def check_host(self, headers: Mapping[bytes, bytes]) -> None:
        """Raise Problem (421) for a Host by which nobody may call this server."""
        host = headers.get(b"host", b"").decode("latin-1").lower()
        name = _without_port(host)
        if name == "localhost" or name in self.hosts or _is_address(name):
            return
        raise Problem(
            421,
            "Host: expected an address, localhost or a name that the server was given, found another; "
            "start it with --allow-host NAME",
            reason="host",
        )

    def check_origin(self, headers: Mapping[bytes, bytes]) -> None:
        """Raise Problem (403) for a page of another origin that was not named."""
        origin = headers.get(b"origin")
        if origin is None:
            return
        shown, host = origin.decode("latin-1").lower(), headers.get(b"host", b"").decode("latin-1").lower()
        if shown in self.origins or shown in (f"http://{host}", f"https://{host}"):
            return
        raise Problem(
            403,
            "Origin: expected this server's own page, found another; start it with --allow-origin ORIGIN",
            reason="origin",
        )

    def check_token(self, headers: Mapping[bytes, bytes]) -> None:
        """Raise Problem (401) without the token; the comparison takes as long wherever a wrong one differs."""
        if self.token is None:
            return
        scheme, _, shown = headers.get(b"authorization", b"").partition(b" ")
        right = hmac.compare_digest(sha256(shown.strip()).digest(), self.token)
        if scheme.lower() == b"bearer" and right:
            return
        raise Problem(
            401,
            "Authorization: expected the server's token, found another or none; send Authorization: Bearer TOKEN",
            headers={"WWW-Authenticate": "Bearer"},
            reason="token",
        )

    def cors_headers(self, headers: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        """The headers by which a browser lets a page of a named origin read an answer."""
        origin = headers.get(b"origin")
        if origin is None or origin.decode("latin-1").lower() not in self.origins:
            return []
        return [(b"access-control-allow-origin", origin), (b"vary", b"origin")]


def make_access(host: str, token_file: Path | None, hosts: list[str], origins: list[str]) -> Access:
    """What requests must show of a server at the address `host`. Raises ConfigError without a token where it must."""
    token = read_token(token_file)
    if token is None and not is_loopback(host):
        raise ConfigError(
            f"--host {host}: expected a token, since others can reach this address, found none; "
            f"name a file by --token-file, or set {TOKEN_VARIABLE}"
        )
    known = frozenset(name.lower().strip("[]") for name in hosts)
    return Access(token, known, frozenset(origin.lower().rstrip("/") for origin in origins))


def read_token(file: Path | None) -> bytes | None:
    """The SHA-256 of the token in `file`, or in the environment; None where there is none. Raises ConfigError."""
    if file is None:
        found, place = os.environ.get(TOKEN_VARIABLE), TOKEN_VARIABLE
        if found is None:
            return None
        token = found.strip()
    else:
        place = f"--token-file {file}"
        try:
            with open(file, "rb") as opened:
                token = opened.read(MAX_TOKEN_BYTES).decode("latin-1").strip()
        except OSError as error:
            raise ConfigError(f"{place}: expected a file with a token, found none ({error.strerror})") from None
    if len(token) < MIN_TOKEN or not token.isascii() or " " in token:
        raise ConfigError(
            f"{place}: expected a token of {MIN_TOKEN} ASCII characters or more, without blanks, found another; "
            "make one: openssl rand -hex 32"
        )
    return sha256(token.encode()).digest()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _without_port(host: str) -> str:
    """The name or address in a Host header.

    >>> _without_port("[::1]:80"), _without_port("a:80"), _without_port("a")
    ('::1', 'a', 'a')
    """
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
