"""A call that was found and checked, on its way to being made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from luahost.calls.pending import Pending
    from luahost.spec import Function, Integration


class Checked:
    """What is called, with clean `arguments`; `shown` is what may be shown of them, `secrets` what may not.

    `walk` says that a list is walked; `begin_page` is then told that a page is asked for.
    """

    __slots__ = ("arguments", "begin_page", "function", "integration", "pending", "secrets", "shown", "walk")

    def __init__(
        self,
        integration: Integration,
        function: Function,
        pending: Pending,
        arguments: dict[str, Any],
        shown: dict[str, Any],
        secrets: list[str],
        walk: bool,
    ) -> None:
        self.integration = integration
        self.function = function
        self.pending = pending
        self.arguments = arguments
        self.shown = shown
        self.secrets = secrets
        self.walk = walk
        self.begin_page: Callable[[], None] = _nothing


def _nothing() -> None:
    pass
