"""Whether the reference of an integration can be rendered, and is the same each time."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from luahost.reference import listing, pages
from luahost.reference.markdown import function_page, integration_page
from luahost.reference.schema import arguments_schema
from luahost.testing.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost.spec import Integration

_CELL = re.compile(r"(?<!\\)\|")


def faults(integration: Integration) -> Iterator[Finding]:
    """What does not render, or differs from one time to the next."""
    try:
        first, second = _renderings(integration), _renderings(integration)
    except Exception as error:  # noqa: BLE001 (a declaration can hold anything)
        yield Finding(integration.name, "rendering", f"it cannot be rendered: {type(error).__name__}: {error}")
        return
    for name, text in first.items():
        if second[name] != text:
            yield Finding(integration.name, "rendering", f"{name} is another one the second time")
    for function in integration.functions:
        page = first[f"the page of {function.name}"]
        for problem in _tables(page):
            yield Finding(f"{integration.name}.{function.name}", "rendering", problem)


def _renderings(integration: Integration) -> dict[str, str]:
    catalog = {integration.name: integration}
    found = {
        "the page": integration_page(integration),
        "the listing": listing.short(catalog),
        "the list of functions": json.dumps(pages.rows(catalog)),
    }
    for function in integration.functions:
        found[f"the page of {function.name}"] = function_page(integration, function)
        found[f"the schema of {function.name}"] = json.dumps(arguments_schema(integration, function))
    return found


def _tables(page: str) -> Iterator[str]:
    """Rows of tables that have more cells than their heads, for a | in a description."""
    columns, in_code = 0, False
    for line in page.splitlines():
        in_code ^= line.startswith("```")
        if in_code or not line.startswith("|"):
            columns = 0
            continue
        cells = len(_CELL.findall(line))
        columns = columns or cells
        if cells != columns:
            yield f"a row of a table falls apart: {line[:80]}"
