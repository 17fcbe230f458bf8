"""The hosts that the server answers for: what browsers may send as the Host of a request."""

import re
import socket

from leadlight.features.errors import ServerError
from leadlight.serving.listening import is_wildcard

__all__ = ["LOCAL_HOSTS", "list_allowed_hosts"]

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
"""What a machine calls itself."""

_NAME = re.compile(r"\*|(\*\.)?[\w-]+(\.[\w-]+)*\.?|\[[\da-f:.]+\]", re.ASCII | re.IGNORECASE)


def list_allowed_hosts(host: str, named: str | None = None) -> list[str]:
    """List the hosts that requests may be addressed to.

    Parameters
    ----------
    host : str
        What the server listens on. All addresses of the machine allow its own name, not every other.
    named : str, optional
        Further hosts with commas between them; ``*.example.com`` is all below it, ``*`` is every host.

    Returns
    -------
    list of str
        Without ports; `LOCAL_HOSTS` first.

    Raises
    ------
    ServerError
        If one of `named` is no host.
    """
    further = [part.strip() for part in (named or "").split(",") if part.strip()]
    for part in further:
        if not _NAME.fullmatch(part):
            raise ServerError(
                "The hosts in LEADLIGHT_ALLOWED_HOSTS must be names or addresses without scheme, port and path, with "
                f"commas between them, such as queue.example.com, *.example.com or [::1]. Got {part}."
            )
    own = socket.gethostname() if is_wildcard(host) else f"[{host}]" if ":" in host else host
    return list(dict.fromkeys([*LOCAL_HOSTS, own.lower(), *map(str.lower, further)]))
