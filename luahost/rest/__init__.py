"""For who writes an integration of a REST API: requests from endpoints, answers as promised, lists page by page.

    from luahost.rest import Api, gathered

    api = Api()
    handler=api.request()                            # the function is one request, that of its endpoint
    handler=gathered, pages=api.numbered_pages("id") # a list that is read page by page
    simulator=lambda accounts, seed: Recorded(accounts, {"GET /notes": {"notes": []}})

Whatever else a function does, it does with `Api.send`, or with the `call.http` that its handler is given.
"""

from luahost.rest.answers import expect, promised
from luahost.rest.api import Api, Place, pairs
from luahost.rest.lists import by_version, gathered
from luahost.rest.recorded import Asked, Recorded
from luahost.spec import Upload, quote

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
