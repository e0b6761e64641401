"""The `.luacheckrc` with which luacheck knows what a script has."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from luahost.reference.luals import FOLDER, NOTE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from luahost.spec import Integration

_OPEN = ("_G", "arg", "args")  # tables in which a script may set what it likes


def luacheckrc(
    integrations: Mapping[str, Integration],
    accounts: Mapping[str, Sequence[str]],
    sandbox: Mapping[str, Any],
) -> str:
    """`accounts` are those of each integration; `sandbox` has every global, and the members of libraries."""
    lines = [f"-- {NOTE}", ""]
    for name, integration in integrations.items():
        lines += [f"local function functions_of_{name}()", "  return {"]
        lines += [*_members("    ", [function.name for function in integration.functions]), "  }", "end", ""]
    lines += ["local integrations = {"]
    lines += [f'  ["{name}"] = {{ fields = functions_of_{name}() }},' for name in integrations]
    lines += ["}"]
    for name, named in accounts.items():
        place = f'integrations["{name}"].fields'
        lines += [f'{place}["{account}"] = {{ fields = functions_of_{name}() }}' for account in named]
    lines += [
        "",
        "stds.luahost = {",
        "  read_globals = {",
        "    app = { fields = { integrations = { fields = integrations } } },",
    ]
    for name, kind in sorted(sandbox.items()):
        if isinstance(kind, dict):
            lines += [f"    {name} = {{ fields = {{", *_members("      ", sorted(kind)), "    } },"]
        elif name in _OPEN:
            lines.append(f"    {name} = {{ other_fields = true, read_only = false }},")
        elif name != "app":
            lines.append(f"    {name} = {{}},")
    lines += ["  },", "}", "", 'std = "luahost"', "max_line_length = false", f'exclude_files = {{ "{FOLDER}" }}']
    return "\n".join(lines) + "\n"


def _members(indent: str, names: Sequence[str]) -> list[str]:
    words = " ".join(f"{name}={{}}," for name in names)
    return wrap(words, 118, initial_indent=indent, subsequent_indent=indent)
