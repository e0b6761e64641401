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
_MOST_INTEGRATIONS = 5
_MOST_ACCOUNTS = 8  # of a single integration; where there are more, of each
_MOST_ACCOUNTS_EACH = 3
_MOST_NAME = 24  # characters of an account that is named
_MOST_ABOUT = 40  # characters of what an integration is
_MOST_PLACE = 32  # characters of an integration's name


def system_prompt(host: Runs) -> str:
    """How scripts are written and run on this host: its integrations, accounts and limits are in it.

    Of many integrations and accounts it names a few, so that it stays as short.
    """
    names = list(host.dispatcher.catalog)
    short = [name for name in names if len(name) <= _MOST_PLACE] or names
    accounts = _MOST_ACCOUNTS if len(names) == 1 else _MOST_ACCOUNTS_EACH
    told = [_integration(host, name, accounts) for name in short[:_MOST_INTEGRATIONS]]
    more = len(names) - len(told)
    return Template(TEMPLATE.read_text("utf-8")).substitute(
        integrations="; ".join(told) + (f"; and {more} more integrations, see lua_list_docs" if more else ""),
        some=f"app.integrations.{short[0]}",
        limits=_limits(host.limits),
    )


def _integration(host: Runs, name: str, most: int) -> str:
    """An integration in a few words: where it is, what it is, its accounts."""
    integration = host.dispatcher.catalog[name]
    accounts = host.dispatcher.account_names(name)
    named = [account for account in accounts if len(account) <= _MOST_NAME][:most]
    more = len(accounts) - len(named)
    about = " ".join(integration.summary.partition(":")[0].split()).rstrip(".")
    about = about if len(about) <= _MOST_ABOUT else f"{about[: _MOST_ABOUT - 1].rstrip()}…"
    told = ", ".join(named) + (f" and {more} more" if more else "")
    what = [about, f"{len(integration.functions)} functions", f"accounts: {told}"]
    return f"app.integrations.{name} ({'; '.join(filter(None, what))})"


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
