"""What each client of MCP wants to have in its configuration, so that it starts luahost or connects to it."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from luahost.calls.names import did_you_mean
from luahost.calls.settings import HOME
from luahost.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "luahost"
TOKEN = "LUAHOST_MCP_TOKEN"  # noqa: S105 (a name)


class Client(NamedTuple):
    """Where a client's configuration lies, and what it is; `http` is None where it only starts servers itself."""

    file: str
    stdio: Callable[[list[str]], Any]
    http: Callable[[str], Any] | None


def _command(words: list[str]) -> dict[str, Any]:
    """What is started, with the folder of settings where it is not the usual one."""
    home = {"env": {HOME: os.environ[HOME]}} if os.environ.get(HOME) else {}
    return {"command": words[0], "args": words[1:], **home}


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _servers(key: str, entry: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**more, key: {NAME: entry}}


_VSCODE_INPUT = {"type": "promptString", "id": "luahost-mcp-token", "description": TOKEN, "password": True}

CLIENTS: dict[str, Client] = {
    "claude-code": Client(
        ".mcp.json in the project",
        lambda words: _servers("mcpServers", {"type": "stdio", **_command(words)}),
        lambda url: _servers("mcpServers", {"type": "http", "url": url, "headers": _bearer(f"${{{TOKEN}}}")}),
    ),
    "claude-desktop": Client(
        "claude_desktop_config.json (Settings, Developer, Edit Config)",
        lambda words: _servers("mcpServers", _command(words)),
        None,
    ),
    "codex": Client(
        "~/.codex/config.toml",
        lambda words: {"command": words[0], "args": words[1:], "env_vars": _environment()},
        lambda url: {"url": url, "bearer_token_env_var": TOKEN},
    ),
    "cursor": Client(
        "~/.cursor/mcp.json, or .cursor/mcp.json in the project",
        lambda words: _servers("mcpServers", {"type": "stdio", **_command(words)}),
        lambda url: _servers("mcpServers", {"url": url, "headers": _bearer(f"${{env:{TOKEN}}}")}),
    ),
    "gemini-cli": Client(
        "~/.gemini/settings.json",
        lambda words: _servers("mcpServers", _command(words)),
        lambda url: _servers("mcpServers", {"httpUrl": url, "headers": _bearer(f"${TOKEN}")}),
    ),
    "vscode": Client(
        ".vscode/mcp.json in the project",
        lambda words: _servers("servers", {"type": "stdio", **_command(words)}),
        lambda url: _servers(
            "servers",
            {"type": "http", "url": url, "headers": _bearer(f"${{input:{_VSCODE_INPUT['id']}}}")},
            inputs=[_VSCODE_INPUT],
        ),
    ),
    "windsurf": Client(
        "~/.codeium/windsurf/mcp_config.json",
        lambda words: _servers("mcpServers", _command(words)),
        lambda url: _servers("mcpServers", {"serverUrl": url, "headers": _bearer(f"${{env:{TOKEN}}}")}),
    ),
    "zed": Client(
        "settings.json of Zed",
        lambda words: _servers("context_servers", {"env": {}, **_command(words)}),
        lambda url: _servers("context_servers", {"url": url, "headers": _bearer("PUT-THE-TOKEN-HERE")}),
    ),
}
"""The clients that are known, as their documentation had them in November 2026."""


def find(name: str) -> Client:
    """A client by its name; raises UsageError that lists those that are known."""
    if name not in CLIENTS:
        raise UsageError(
            f"--print-config {name}: this client is not known{did_you_mean(name, CLIENTS)}",
            hint=f"known: {', '.join(CLIENTS)}; most others take what cursor takes",
        )
    return CLIENTS[name]


def configuration(name: str, options: list[str], url: str | None) -> str:
    """The text for the client's configuration: to start `luahost mcp OPTIONS`, or to connect to `url`."""
    client = find(name)
    if url is None:
        made = client.stdio([*_ourselves(), "mcp", *options])
    elif client.http is None:
        raise UsageError(f"{name} starts its servers itself", hint="leave --http away")
    else:
        made = client.http(url)
    if name == "codex":
        return f"[mcp_servers.{NAME}]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in made.items())
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def notes(name: str, *, http: bool) -> list[str]:
    """What else there is to do, for stderr."""
    lines = [f"this belongs into {find(name).file}"]
    if http:
        start = f"the token: export {TOKEN}=… where luahost mcp --http is started, and where the client is"
        lines.append(start if name not in ("vscode", "zed") else f"the token is that of {TOKEN}, or on stderr")
    else:
        lines.append("the key of Devin comes from the keyring: luahost accounts add default")
        lines.append("(few clients hand their environment on; luahost doctor shows what is found)")
    return lines


def _environment() -> list[str]:
    """The variables that luahost reads and that are set here: Codex hands on those that are named."""
    return sorted(name for name in os.environ if name.startswith(("LUAHOST_", "DEVIN_")) and name != TOKEN)


def _ourselves() -> list[str]:
    """The command that runs here, so that a program that knows no PATH of ours can start it."""
    script = os.path.join(os.path.dirname(sys.executable), "luahost")  # noqa: PTH118, PTH120
    return [script] if os.access(script, os.X_OK) else [sys.executable, "-m", "luahost"]


def _toml(value: Any) -> str:
    """A text or a list of texts: JSON's are TOML's too."""
    return json.dumps(value, ensure_ascii=False)
