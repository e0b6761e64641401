"""For who writes an integration of a REST API: requests from endpoints, answers as promised, lists page by page.

    from luahost.rest import Api, gathered

    api = Api()
    handler=api.request()                            # the function is one request, that of its endpoint
    handler=gathered, pages=api.numbered_pages("id") # a list that is read page by page
    simulator=lambda accounts, seed: Recorded(accounts, {"GET /notes": {"notes": []}})

Whatever else a function does, it does with `Api.send`, or with the `call.http` that its handler is given.
"""

from __future__ import annotations

from luahost.rest.answers import expect, promised
from luahost.rest.api import Api, Place, pairs
from luahost.rest.lists import by_version, gathered
from luahost.spec import Upload, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from luahost.rest.recorded import Asked, Recorded

__all__ = [
    "Api",
    "Asked",
    "Place",
    "Recorded",
    "Upload",
    "by_version",
    "expect",
    "gathered",
    "pairs",
    "promised",
    "quote",
]


def __getattr__(name: str) -> object:
    """Recorded APIs are for tests and simulations: other runs do not import what they need."""
    if name not in ("Asked", "Recorded"):
        raise AttributeError(f"module 'luahost.rest' has no attribute {name!r}")
    from luahost.rest import recorded

    return getattr(recorded, name)
