"""`luahost doctor`: what is set up, where each value comes from, and what to type next."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from luahost import __version__
from luahost.calls.accounts import Accounts
from luahost.calls.settings import HOME, Settings
from luahost.cli import output
from luahost.cli.accounts import key_from, overview
from luahost.errors import LuaHostError, UsageError
from luahost.host import Host
from luahost.integrations import catalog
from luahost.results import COMMAND_LINE, Limits

if TYPE_CHECKING:
    from argparse import ArgumentParser

DESCRIPTIONS = {"doctor": "Show what is set up, where each value comes from, and what to type next."}

_NO_VEIL = "a file in which keys stand as they are"
_NO_STATE = "cannot be written: runs keep no journal, and are not resumed"
_CHECK = "return tostring(_VERSION), 1 + 1"


def main(parser: ArgumentParser, argv: list[str]) -> int:
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(argv[1:])
    settings = Settings.load()
    report = _report(settings)
    if options.json:
        output.print_json(report)
    else:
        _show(report)
    if report["config"]["problem"] is not None:
        return UsageError.exit_code
    return 0 if all(each["works"] for each in report["isolation"].values()) else 1


def _report(settings: Settings) -> dict[str, Any]:
    integrations = catalog.load()
    accounts = {name: overview(each, settings) for name, each in integrations.items() if each.needs_key}
    report: dict[str, Any] = {
        "luahost": __version__,
        "python": platform.python_version(),
        "lupa": version("lupa"),
        "system": f"{platform.system()} {platform.machine()}",
        "config": {
            "file": settings.config_file,
            "exists": Path(settings.config_file).exists(),
            "from": HOME if settings.environ.get(HOME) else "the user's folder",
            "problem": _problem(settings),
        },
        "state": settings.state_folder,
        "state_writable": _writable(Path(settings.state_folder)),
        "keyring": _keyring(),
        "isolation": {name: _isolation(name, settings) for name in ("process", "none")},
        "limits": settings.limits(COMMAND_LINE).as_dict(),
        "host_limits": settings.limits(Limits()).as_dict(),
        "accounts": accounts,
        "integrations": {
            "installed": [name for name in integrations if name != "devin"],
            "left_out": [each._asdict() for each in integrations.refused],
        },
        "ignored": [name for each in integrations.values() for name in Accounts(each, settings).ignored()],
    }
    report["next"] = _next(accounts, report["keyring"])
    return report


def _problem(settings: Settings) -> str | None:
    """What is wrong in the settings that only a run with calls would find."""
    try:
        with Host(settings=settings, state=False) as host:
            _ = host.dispatcher
    except UsageError as error:
        return f"{error.message}; {error.hint}" if error.hint else error.message
    return None


def _writable(folder: Path) -> bool:
    """Whether journals can be kept there; a folder that is not there yet is made when one is."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _keyring() -> str:
    try:
        import keyring

        backend = keyring.get_keyring()
    except Exception as error:  # noqa: BLE001 (backends raise anything)
        return f"cannot be used: {type(error).__name__}"
    return f"{type(backend).__module__}.{type(backend).__name__}"


def _isolation(name: str, settings: Settings) -> dict[str, Any]:
    """Whether a script runs this way, shown by running one."""
    try:
        with Host(isolation=name, settings=settings, state=False) as host:
            result = host.run(_CHECK, name="doctor")
    except LuaHostError as error:
        return {"works": False, "problem": error.message}
    if result.error is not None:
        return {"works": False, "problem": result.error.message}
    return {
        "works": result.values[1:] == [2],
        "milliseconds": result.elapsed_ms,
        "seal": result.meta["seal"],
        "missing_walls": result.meta.get("missing_walls", {}),
    }


def _next(accounts: dict[str, list[dict[str, Any]]], keyring: str) -> list[str]:
    """What somebody here would type next."""
    ready = [each["name"] for each in accounts["devin"] if each["ready"]]
    if ready:
        account = "" if "default" in ready else f" --account {ready[0]}"
        return ["luahost accounts test", f"luahost call devin.list_sessions{account}"]
    no_keyring = keyring.startswith(("cannot", "keyring.backends.fail", "keyring.backends.null"))
    return [
        "export LUAHOST_DEVIN_API_KEY=cog_…" + ("" if no_keyring else "      (or: luahost accounts add default)"),
        "luahost run --simulate -e 'print(app.integrations.devin.get_current_user().name)'",
    ]


def _works(found: dict[str, Any]) -> str:
    if not found["works"]:
        return f"does not work: {found.get('problem', 'a wrong result')}"
    missing = [f"without {wall}: {why}" for wall, why in found["missing_walls"].items()]
    return "; ".join([f"works, seal {found['seal']}", *missing])


def _limits(limits: dict[str, Any]) -> str:
    return ", ".join(f"{name} {'none' if value is None else value}" for name, value in limits.items())


def _show(report: dict[str, Any]) -> None:
    config = report["config"]
    rows = [
        (
            "luahost",
            f"{report['luahost']}, Python {report['python']}, lupa {report['lupa']}, {report['system']}",
        ),
        (
            "config",
            f"{config['file']} ({'read' if config['exists'] else 'not there'}; from {config['from']})",
        ),
        *([("", config["problem"])] if config["problem"] else []),
        ("state", report["state"] + ("" if report["state_writable"] else f" ({_NO_STATE})")),
        ("keyring", report["keyring"] + (f" ({_NO_VEIL})" if "Plaintext" in report["keyring"] else "")),
    ]
    for name, found in report["isolation"].items():
        rows.append((f"isolation {name}", _works(found)))
    rows.append(("limits of luahost run", _limits(report["limits"])))
    rows.append(("limits of a Host", _limits(report["host_limits"])))
    for integration, found in report["accounts"].items():
        for each in found:
            text = f"{key_from(each)}, {each['base_url']}, {each['api_version']}" if each["ready"] else each["problem"]
            rows.append((f"{integration}.{each['name']}", text))
    rows += [
        (f"integration {each['name']}", f"left out: {each['problem']} ({each['package']}, {each['place']})")
        for each in report["integrations"]["left_out"]
    ]
    rows += [("ignored", f"{name}: not an account's name") for name in report["ignored"]]
    output.print_table(("what", "how"), rows)
    print("\nnext:")
    for line in report["next"]:
        print(f"  {line}")
