"""Base URLs of accounts: what one may be, and what is said of one that may not."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from luahost.errors import UsageError

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,63}\Z")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]+\Z")
_LOOPBACK = re.compile(r"localhost\Z|127(\.\d{1,3}){3}\Z|::1\Z")
_VERSION_PATH = re.compile(r"/(v\d+)\Z")


def split_base_url(text: str) -> tuple[str, str | None]:
    """A base URL without its version, and the version when it ended in one; raises UsageError for a bad one.

    Plain http is for loopback only: a key must not cross a network in the clear.
    """
    hint = "write it as https://HOST, or http://127.0.0.1:PORT for a server on this machine"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(f"base URL {shown(text)} is not a URL", hint=hint) from None
    if not host or parts.scheme not in ("http", "https") or re.search(r"[\s\x00-\x20\x7f]", text):
        raise UsageError(f"base URL {shown(text)} is not a URL", hint=hint)
    if parts.username or parts.password or parts.query or parts.fragment or "@" in parts.netloc:
        raise UsageError("the base URL must be a plain address: no user, ? or #", hint=hint)
    named = all(_LABEL.match(label) for label in host.rstrip(".").split("."))
    if not (named or (":" in host and _IPV6.match(host))) or "/.." in parts.path or "/./" in parts.path:
        raise UsageError(f"base URL {shown(text)} is not a URL", hint=hint)
    if parts.scheme == "http" and not is_loopback(host):
        raise UsageError(f"base URL {shown(text)}: plain http is accepted for loopback only", hint=hint)
    path = parts.path.rstrip("/")
    version = _VERSION_PATH.search(path)
    if version:
        path = path[: version.start()]
    shown_host = f"[{host}]" if ":" in host else host
    if port == {"http": 80, "https": 443}[parts.scheme]:
        port = None
    return f"{parts.scheme}://{shown_host}{f':{port}' if port else ''}{path}", version[1] if version else None


def shown(text: str) -> str:
    """A setting as errors may show it: what looks like a key or a password, put in the wrong place, is not."""
    return "(not shown)" if "@" in text or re.search(r"(cog|apk)_", text) else repr(text)


def is_loopback(host: str) -> bool:
    """Whether a host's name, or its address, is this machine's own."""
    return bool(_LOOPBACK.match(host))
