"""Which integrations there are: the built-in ones, and those that packages bring by entry point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from luahost.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from luahost.spec import Integration

GROUP = "luahost.integrations"


def load(extra: Iterable[Integration] = ()) -> Mapping[str, Integration]:
    """All integrations by name: built in, installed (entry points of `luahost.integrations`), and `extra`.

    Raises UsageError for two of one name, or for one that cannot be imported.
    """
    from luahost.integrations.devin import DEVIN

    found: dict[str, Integration] = {}
    for each in (DEVIN, *_installed(), *extra):
        if each.name in found:
            raise UsageError(f"there are two integrations named {each.name!r}", hint="remove one of the packages")
        found[each.name] = each
    return found


def _installed() -> Iterable[Integration]:
    from importlib.metadata import entry_points

    from luahost.spec import Integration

    for point in entry_points(group=GROUP):
        try:
            loaded = point.load()
        except Exception as error:
            raise UsageError(
                f"the integration {point.name} ({point.value}) cannot be imported: {type(error).__name__}: {error}",
                hint="mend or remove the package that brings it",
            ) from error
        if not isinstance(loaded, Integration):
            raise UsageError(f"the entry point {point.name} ({point.value}) is not an Integration")
        yield loaded
