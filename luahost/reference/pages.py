"""The reference as pages: listed, searched and read, by scripts and at the command line alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from luahost.calls.arguments import did_you_mean
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


def read(catalog: Catalog, page: str) -> str:
    """The page "devin" or "devin.create_session" as Markdown; raises InvalidArguments for one that is not there."""
    name, _, function_name = page.partition(".")
    integration = catalog.get(name)
    function = integration.function(function_name) if integration and function_name else None
    if integration is None or (function_name and function is None):
        known = [*catalog, *(row["call"] for row in rows(catalog))]
        raise InvalidArguments(
            f"there is no page {page!r}{did_you_mean(page, known)}", hint=f"pages: {', '.join(known)}"
        )
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
