"""Devin, the AI software engineer: `app.integrations.devin`."""

from luahost.integrations.devin.functions import DEVIN

__all__ = ["DEVIN"]
