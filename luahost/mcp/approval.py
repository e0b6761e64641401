"""The policy's `ask`, put to the person in front of an MCP client: an elicitation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mcp.shared.exceptions import MCPError

from luahost.errors import ApprovalRequired

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcp_types import ClientCapabilities, ElicitResult

    from luahost.calls.approval import ApprovalRequest

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "approve": {"type": "boolean", "title": "Allow this call", "default": True},
        "for_this_run": {
            "type": "boolean",
            "title": "Allow all further calls of this function in this run",
            "default": False,
        },
    },
    "required": ["approve"],
}
"""What is asked for."""


def question(request: ApprovalRequest) -> str:
    """The message of an elicitation."""
    return f"A script wants to call {request}\n  because of: {request.rule}"


def can_ask(capabilities: ClientCapabilities | None) -> bool:
    """Whether a client has declared that it puts forms to a person; one that names no kind of elicitation does."""
    declared = capabilities.elicitation if capabilities is not None else None
    return declared is not None and (declared.form is not None or declared.url is None)


def refuse(request: ApprovalRequest) -> bool:
    """For a client without elicitation: an error that says how a call can be allowed."""
    raise ApprovalRequired(
        f"this call needs approval ({request.rule}), and this MCP client cannot ask for it", hint=_how(request)
    )


class Approver:
    """An approve function of one run: asks by `ask`, one question at a time, and remembers what holds for the run."""

    def __init__(self, ask: Callable[[ApprovalRequest], Awaitable[ElicitResult]]) -> None:
        self._ask = ask
        self._asking = asyncio.Lock()
        self._allowed: set[tuple[str, str]] = set()

    async def __call__(self, request: ApprovalRequest) -> bool:
        """Whether the person accepts; declining and dismissing are both a no."""
        kind = (request.call, request.account)
        async with self._asking:
            if kind in self._allowed:
                return True
            try:
                answer = await self._ask(request)
            except MCPError as error:
                raise ApprovalRequired(
                    f"this call needs approval ({request.rule}), and the MCP client failed to ask for it: {error}",
                    hint=_how(request),
                ) from None
            content = answer.content or {}
            approved = answer.action == "accept" and content.get("approve", True) is True
            if approved and content.get("for_this_run") is True:
                self._allowed.add(kind)
            return approved


def _how(request: ApprovalRequest) -> str:
    integration, _, function = request.call.partition(".")
    return (
        f"whoever runs this can allow it: start luahost mcp with --allow-writes, or write in config.toml, "
        f'[integrations.{integration}.permissions]: {function} = "allow"'
    )
