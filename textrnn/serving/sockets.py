"""Sockets that a server listens at."""

from __future__ import annotations

import errno
import socket

from textrnn.errors import ConfigError

BACKLOG = 1024  # connections that wait to be accepted


def open_socket(host: str, port: int, *, shared: bool = False, listening: bool = True) -> socket.socket:
    """A socket at the address, that listens there unless it only keeps the place; `shared`: other processes may listen
    there too. Raises ConfigError.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        opened.bind(place)
        if listening:
            opened.listen(BACKLOG)
        opened.setblocking(False)
    except socket.gaierror:
        raise ConfigError(f"--host {host}: expected an address of this machine, found none; try 127.0.0.1") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            what = f"--port {port}: expected a free port, found one that is taken; choose another, or 0 for any"
        else:
            what = f"--host {host} --port {port}: expected a place to listen at, found none ({error.strerror})"
        raise ConfigError(what) from None
    return opened


def address_of(opened: socket.socket) -> str:
    """The address of a server's socket, as a browser takes it."""
    host, port = opened.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
