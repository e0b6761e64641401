"""The reference as pages: listed, searched and read, by scripts and at the command line alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from luahost.calls import names
from luahost.errors import InvalidArguments
from luahost.reference import guides, listing
from luahost.reference.markdown import function_page, integration_page
from luahost.reference.search import MOST, Index

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from luahost.spec import Function, Integration

    Catalog = Mapping[str, Integration]

_LONGEST_NAME = 100  # characters that an error repeats


def rows(catalog: Catalog) -> list[dict[str, Any]]:
    """Every function in short: its call, what it does, whether it reads or writes, parameters, endpoints."""
    return [
        {
            "call": f"{integration.name}.{function.name}",
            "summary": function.summary,
            "access": function.access,
            "parameters": [
                {"name": param.name, "type": param.type_text, "required": param.required} for param in function.params
            ],
            "endpoints": dict(function.endpoints),
        }
        for integration in catalog.values()
        for function in integration.functions
    ]


def find(catalog: Catalog, name: str) -> tuple[Integration, Function | None] | None:
    """What "devin", "devin.create_session" or "create_session" names; None for what is not there.

    A function is found without its integration when only one has it.
    """
    first, dot, rest = name.partition(".")
    if first in catalog:
        function = catalog[first].function(rest)
        return (catalog[first], function) if function or not dot else None
    found = [(each, function) for each in catalog.values() if (function := each.function(name))]
    return found[0] if len(found) == 1 else None


def unknown(catalog: Catalog, what: str, name: str) -> InvalidArguments:
    """The error for a page or function that is not there: the near miss alone, else some of those that are."""
    near = _near(catalog, name, pages=what == "page")
    name = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 3] + "..."
    if near:
        return InvalidArguments(f"there is no {what} {name!r} (did you mean {near!r}?)", hint=names.ALL)
    calls = [row["call"] for row in rows(catalog)]
    return InvalidArguments(f"there is no {what} {name!r}", hint=f"{what}s: {names.nearest(name, calls)}; {names.ALL}")


def _near(catalog: Catalog, name: str, *, pages: bool) -> str | None:
    """The call, or of `pages` the integration or guide, that was probably meant."""
    place, dot, last = name.rpartition(".")
    if pages and not dot and (page := names.suggest(name, [*catalog, *guides.load()])):
        return page
    meant = place if place in catalog else names.suggest(place, catalog)
    for each in [catalog[meant]] if meant else catalog.values():
        function = each.function(last)
        near = function.name if function else names.suggest_function(last, each.functions)
        if near:
            return f"{each.name}.{near}"
    return None


def read(catalog: Catalog, page: str) -> str:
    """A page as Markdown: "devin", "devin.create_session", "each"; "" is the short listing of everything.

    Raises InvalidArguments for one that is not there.
    """
    page = page.strip().removeprefix("app.integrations.").removesuffix("()")
    if not page:
        return listing.short(catalog)
    if page in guides.load() and page not in catalog:
        return guides.load()[page].markdown
    found = find(catalog, page)
    if found is None:
        raise unknown(catalog, "page", page)
    integration, function = found
    return function_page(integration, function) if function else integration_page(integration)


def search(catalog: Catalog, text: str, most: int = MOST) -> list[dict[str, str]]:
    """The pages that fit `text` best, the best first: the page, what it is about, and the call, if it is of one."""
    return [_row(*found) for found in index(catalog).search(text, most)]


def answer(catalog: Catalog, operation: str, text: str) -> Any:
    """What `docs.list`, `docs.search` and `docs.read` give a script."""
    if operation == "list":
        functions = [
            (f"{integration.name}.{function.name}", function.summary, function)
            for integration in catalog.values()
            for function in integration.functions
        ]
        return [_row(*each) for each in (*functions, *((guide.name, guide.summary, None) for guide in _guides()))]
    if operation == "search":
        return search(catalog, text)
    return read(catalog, text)


def _row(page: str, summary: str, function: Function | None) -> dict[str, str]:
    return {"page": page, **({"call": page} if function else {}), "summary": summary}


def _guides() -> Iterable[guides.Guide]:
    return guides.load().values()


_latest: tuple[Catalog, Index] | None = None


def index(catalog: Catalog) -> Index:
    """What searches `catalog`: the one that was made last, if it is of this catalogue; making one takes some 7 ms."""
    global _latest  # noqa: PLW0603 (replaced as a whole, so threads need no lock)
    latest = _latest
    if latest is None or latest[0] is not catalog:
        latest = _latest = (catalog, Index(catalog))
    return latest[1]
