"""The short listing: the name of everything there is, a few hundred tokens; what a name means is on its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from luahost.reference import guides

if TYPE_CHECKING:
    from collections.abc import Mapping

    from luahost.spec import Integration

    Catalog = Mapping[str, Integration]


def short(catalog: Catalog) -> str:
    """Names of functions, a line for each thing that they are about, and of the pages about scripts."""
    lines = []
    for integration in catalog.values():
        name = integration.name
        lines += [f"{integration.title}: app.integrations.{name}.NAME{{…}}, page {name}.NAME"]
        lines += [f"- {' '.join(names)}" for names in topics(integration)]
        lines += [""]
    return "\n".join([*lines, f"Pages about scripts: {' '.join(guides.load())}"]) + "\n"


def topics(integration: Integration) -> list[list[str]]:
    """Names of functions by the last word of each, in the order of their first one."""
    found: dict[str, list[str]] = {}
    for function in integration.functions:
        found.setdefault(_singular(function.name.rpartition("_")[2]), []).append(function.name)
    return list(found.values())


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word.removesuffix("s")
