"""Cursor paging: the `{items, end_cursor, has_next_page, total}` envelope of v3."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, TypeVar

from .answers import encoded, failure, invalid
from .queries import Reader, count, word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")

PAGE_QUERY: dict[str, Reader] = {"first": count(at_least=1, at_most=200), "after": word}


def page(
    items: Sequence[Item],
    query: dict[str, Any],
    *,
    name: Callable[[Item], str],
    show: Callable[[Item], dict[str, Any]],
    order: Sequence[str],
) -> dict[str, Any]:
    """One page of `items`, each shown by `show`. `order` has the names of all, in the items' order.

    A cursor names the last item seen, so what is created, or drops out of the filter, between two
    pages neither repeats an item nor skips one.
    """
    rest = items
    if "after" in query:
        ranks = {known: rank for rank, known in enumerate(order)}
        seen = ranks.get(_last_id(query["after"]))
        if seen is None:
            raise _bad_cursor()
        rest = [item for item in items if ranks[name(item)] > seen]
    shown = list(rest[: query.get("first", 100)])
    more = len(rest) > len(shown)
    return {
        "items": [show(item) for item in shown],
        "end_cursor": _cursor(name(shown[-1])) if more else None,
        "has_next_page": more,
        "total": len(items),
    }


def _cursor(last_id: str) -> str:
    return base64.b64encode(encoded({"last_id": last_id})).decode()


def _last_id(cursor: str) -> str:
    try:
        last_id = json.loads(base64.b64decode(cursor, validate=True))["last_id"]
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise _bad_cursor() from problem
    if not isinstance(last_id, str):
        raise _bad_cursor()
    return last_id


def _bad_cursor() -> Exception:
    return invalid(failure(("query", "after"), "Invalid cursor", "value_error"))
