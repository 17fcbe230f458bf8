"""Listens on host and port before the server starts, so that only an address that works is announced."""

import errno
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from leadlight.features.errors import ServerError

__all__ = ["format_address", "is_wildcard", "listen"]

_MAX_PORT = 65535
_WILDCARDS = ("", "0.0.0.0", "::")
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


@contextmanager
def listen(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Listen on all addresses of a host.

    Parameters
    ----------
    host : str
        Name or address; ``0.0.0.0`` and ``::`` are all addresses of the machine.
    port : int
        0 is any free port.

    Yields
    ------
    list of socket.socket
        All on one port; closed at the end.

    Raises
    ------
    ServerError
        If the port is no port or not free, or the host is not this machine.
    """
    if not 0 <= port <= _MAX_PORT:
        raise ServerError(f"The port of the server must be 0 to {_MAX_PORT}. Got {port}.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ServerError(f"The host of the server must be an address of this machine. Got {host}.") from None
    with ExitStack() as stack:
        sockets: list[socket.socket] = []
        missing: OSError | None = None
        for family, *_, address in dict.fromkeys(found):
            chosen = sockets[0].getsockname()[1] if sockets else port
            try:
                sockets.append(stack.enter_context(socket.create_server((address[0], chosen), family=family)))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise _describe_failure(host, port, error) from None
                # such as ::1 of localhost on a machine without IPv6
                missing = error
        if not sockets and missing:
            raise _describe_failure(host, port, missing)
        yield sockets


def is_wildcard(host: str) -> bool:
    """Return whether a host is all addresses of the machine."""
    return host in _WILDCARDS


def format_address(host: str, sockets: Sequence[socket.socket]) -> str:
    """Format the URL at which a browser on this machine finds what listens on `sockets`."""
    shown = "localhost" if is_wildcard(host) else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{sockets[0].getsockname()[1]}/"


def _describe_failure(host: str, port: int, error: OSError) -> ServerError:
    if error.errno == errno.EADDRINUSE:
        return ServerError(
            f"The port {port} of {host} must be free. Got one that another program listens on: choose another with "
            "--port or LEADLIGHT_PORT."
        )
    if error.errno == errno.EACCES:
        return ServerError(
            f"The port {port} of {host} must be one that this user may listen on, such as 8000. "
            "Got one that is not permitted."
        )
    return ServerError(
        f"The host of the server must be an address of this machine. Got {host} ({os.strerror(error.errno or 0)})."
    )
