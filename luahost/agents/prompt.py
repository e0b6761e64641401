"""What a model has to know before its first script: a fragment for a system prompt, made from the catalogue.

Its words are in prompt.md. A test keeps them under 600 tokens, and with the tools and the listing under 1,000.
"""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from luahost.agents.perform import Runs
    from luahost.results import Limits

TEMPLATE = Path(__file__).with_name("prompt.md")
_MOST_ACCOUNTS = 8


def system_prompt(host: Runs) -> str:
    """How scripts are written and run on this host: its integrations, accounts and limits are in it."""
    names = list(host.dispatcher.catalog)
    return Template(TEMPLATE.read_text("utf-8")).substitute(
        integrations="; ".join(_integration(host, name) for name in names),
        some=f"app.integrations.{names[0]}",
        limits=_limits(host.limits),
    )


def _integration(host: Runs, name: str) -> str:
    """An integration in a few words: where it is, what it is, its accounts."""
    integration = host.dispatcher.catalog[name]
    accounts = host.dispatcher.account_names(name)
    more = len(accounts) - _MOST_ACCOUNTS
    named = ", ".join(accounts[:_MOST_ACCOUNTS]) + (f" and {more} more" if more > 0 else "")
    about = integration.summary.partition(":")[0].rstrip(".")
    return f"app.integrations.{name} ({about}; {len(integration.functions)} functions; accounts: {named})"


def _limits(limits: Limits) -> str:
    """The limits that a model can keep to."""
    found = []
    if limits.wall is not None:
        found.append(f"{limits.wall:g} s in all, waiting included")
    if limits.cpu is not None:
        found.append(f"{limits.cpu:g} s of computing")
    if limits.calls is not None:
        found.append(f"{limits.calls} calls")
    if not found:
        return "A run has no limit of time or calls."
    later = " What takes longer: return its id, and look again in a later run." if limits.wall is not None else ""
    return f"A run has {', '.join(found)}.{later}"
