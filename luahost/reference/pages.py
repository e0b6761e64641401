"""The reference as pages: listed, searched and read, by scripts and at the command line alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from luahost.calls import names
from luahost.calls.arguments import suggest
from luahost.errors import InvalidArguments
from luahost.reference.markdown import function_page, integration_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from luahost.spec import Function, Integration

    Catalog = Mapping[str, Integration]


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
    calls = [row["call"] for row in rows(catalog)]
    # Without "devin.", which would make all of them alike.
    meant = {call.partition(".")[2]: call for call in calls}
    if what == "page" and "." not in name:
        meant.update((integration, integration) for integration in catalog)
    near = suggest(name.rpartition(".")[2], meant)
    if near:
        return InvalidArguments(f"there is no {what} {name!r} (did you mean {meant[near]!r}?)", hint=names.ALL)
    return InvalidArguments(f"there is no {what} {name!r}", hint=f"{what}s: {names.nearest(name, calls)}; {names.ALL}")


def read(catalog: Catalog, page: str) -> str:
    """The page "devin" or "devin.create_session" as Markdown; raises InvalidArguments for one that is not there."""
    found = find(catalog, page)
    if found is None:
        raise unknown(catalog, "page", page)
    integration, function = found
    return function_page(integration, function) if function else integration_page(integration)


def search(catalog: Catalog, text: str) -> list[dict[str, str]]:
    """Functions that have the words of `text` in name, summary, parameters or notes; the best first."""
    words = re.findall(r"\w+", text.lower())
    found = []
    for integration in catalog.values():
        for function in integration.functions:
            score = sum(_score(function, word) for word in words)
            if score:
                found.append((-score, f"{integration.name}.{function.name}", function.summary))
    return [{"call": call, "summary": summary} for _, call, summary in sorted(found)]


def _score(function: Function, word: str) -> int:
    """A word in the name counts most, in a parameter or note least."""
    params = " ".join(f"{param.name} {param.description}" for param in function.params)
    places = ((function.name, 8), (function.summary, 4), (params, 2), (" ".join(function.notes), 1))
    return sum(weight for text, weight in places if word in text.lower())


def answer(catalog: Catalog, operation: str, text: str) -> Any:
    """What `docs.list`, `docs.search` and `docs.read` give a script."""
    if operation == "list":
        return [{"call": row["call"], "summary": row["summary"]} for row in rows(catalog)]
    if operation == "search":
        return search(catalog, text)
    return read(catalog, text)
