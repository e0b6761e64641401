"""The functions of `app.integrations.devin`: a module for each family, each function beside its handler."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from luahost.integrations.devin.functions import (
    attachments,
    conversation,
    creation,
    knowledge,
    organization,
    playbooks,
    repositories,
    schedules,
    secrets,
    sessions,
    usage,
    vocabulary,
    waiting,
)
from luahost.integrations.devin.functions.keywords import KEYWORDS
from luahost.spec import Example, Integration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from luahost.spec import Simulation

_DOCUMENTED = (
    creation.CREATE_SESSION,
    sessions.GET_SESSION,
    sessions.LIST_SESSIONS,
    conversation.SEND_MESSAGE,
    organization.GET_CURRENT_USER,
)
"""The functions of the documented page, in its order; the others follow."""

_FAMILIES = (
    sessions, waiting, conversation, attachments, secrets, knowledge, playbooks, schedules, usage, repositories,
    organization, vocabulary,
)  # fmt: skip


def _simulator(accounts: Iterable[str], seed: int) -> Simulation:
    from luahost.integrations.devin.simulator import Simulator

    return Simulator(accounts=accounts, seed=seed)


DEVIN = Integration(
    name="devin",
    title="Devin AI",
    summary="Devin, the AI software engineer: start sessions, follow them, talk to them.",
    functions=tuple(
        replace(each, keywords=tuple(KEYWORDS.get(each.name, "").split()))
        for each in (*_DOCUMENTED, *(each for family in _FAMILIES for each in family.ALL if each not in _DOCUMENTED))
    ),
    base_url="https://api.devin.ai",
    key_prefixes=MappingProxyType({"cog_": "v3", "apk_": "v1"}),
    identify="get_current_user",
    vendor_prefix="DEVIN",
    examples=(
        Example(
            title="Multi-Account Usage",
            code="""\
-- Default account (always works)
app.integrations.devin.create_session({ prompt = "..." })
-- Explicit default (portable across setups)
app.integrations.devin.default.create_session({ prompt = "..." })
-- Named accounts
app.integrations.devin.work.create_session({ prompt = "..." })
app.integrations.devin.personal.create_session({ prompt = "..." })
""",
        ),
    ),
    simulator=_simulator,
)
