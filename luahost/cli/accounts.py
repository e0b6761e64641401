"""`luahost accounts`: list, add, test, remove. A key is never shown, and verified before it is stored."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from luahost.calls.accounts import NO_KEY, Accounts, check_name
from luahost.calls.base_urls import split_base_url
from luahost.calls.settings import Settings
from luahost.calls.stored import Keyring, KeyringUnavailable, check_index, read_index, write_index
from luahost.cli import output
from luahost.errors import LuaHostError, Unauthorized, UsageError
from luahost.integrations import catalog

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from luahost.spec import Integration

DESCRIPTIONS = {"accounts": "Accounts: which there are, where their keys come from, and whether they work."}
_SHOWN = ("api_key", "org_id", "base_url", "api_version")


def main(parser: ArgumentParser, argv: list[str]) -> int:
    commands = parser.add_subparsers(dest="command", required=True, metavar="list|add|test|remove")
    for name, text in (
        ("list", "show accounts and where each value comes from"),
        ("add", "store a key in the keyring, after it was verified"),
        ("test", "check that keys work"),
        ("remove", "forget a key"),
    ):
        command = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        command.add_argument("--integration", default="devin", metavar="NAME")
        command.add_argument("--json", action="store_true", help="print JSON")
        if name in ("add", "remove"):
            command.add_argument("name", metavar="NAME")
        if name == "test":
            command.add_argument("name", nargs="?", metavar="NAME", help="only this one")
        if name == "add":
            command.add_argument("--with-token", action="store_true", help="read the key from standard input")
            command.add_argument("--base-url", metavar="URL")
            command.add_argument("--org-id", metavar="ID")
            command.add_argument("--api-version", metavar="V")
    options = parser.parse_args(argv[1:])
    integrations = catalog.load()
    if options.integration not in integrations:
        raise UsageError(f"unknown integration {options.integration!r}", hint=f"known: {', '.join(integrations)}")
    integration = integrations[options.integration]
    if not integration.needs_key:
        raise UsageError(f"{integration.name} needs no key, and has no accounts")
    settings = Settings.load()
    if options.command == "list":
        return _list(options, integration, settings)
    if options.command == "test":
        return _test(options, integration, settings)
    if options.command == "add":
        return _add(options, integration, settings)
    return _remove(options, integration, settings)


def overview(integration: Integration, settings: Settings) -> list[dict[str, Any]]:
    """Each account: where its values come from, or what it lacks. No key is in it."""
    accounts = Accounts(integration, settings, keyring_timeout=settings.timing().keyring_timeout)
    found = []
    for name in accounts.names():
        try:
            account = accounts.resolve(name)
        except LuaHostError as error:
            found.append({"name": name, "ready": False, "problem": error.message, "hint": error.hint})
            continue
        found.append(
            {
                "name": name,
                "ready": True,
                "base_url": account.base_url,
                "api_version": account.version,
                "org_id": account.org_id,
                "sources": {key: account.sources[key] for key in _SHOWN if key in account.sources},
            }
        )
    return found


def key_from(account: dict[str, Any]) -> str:
    """Where the key of an account in the overview comes from, in words."""
    source = account["sources"]["api_key"]
    return str(source) if source == NO_KEY else f"key from {source}"


def _list(options: Namespace, integration: Integration, settings: Settings) -> int:
    found = overview(integration, settings)
    if options.json:
        output.print_json(found)
        return 0
    rows = []
    for each in found:
        if each["ready"]:
            sources = each["sources"]
            values = [key_from(each)]
            values += [
                f"{each['base_url']} ({sources['base_url']})",
                f"{each['api_version']} ({sources['api_version']})",
            ]
            if each["org_id"]:
                values.append(f"{each['org_id']} ({sources['org_id']})")
            elif any("{org_id}" in path for function in integration.functions for path in function.endpoints.values()):
                values.append("organisation found by the key")
            rows.append((each["name"], "; ".join(values)))
        else:
            rows.append((each["name"], f"{each['problem']}; {each['hint']}"))
    output.print_table(("account", "what is known"), rows)
    return 0


def _verify(integration: Integration, name: str, values: dict[str, str], settings: Settings) -> dict[str, Any]:
    """Use the key once; what the API says of its owner. Raises what the call raises."""
    from luahost.host import Host

    with Host(accounts={integration.name: {name: values}}, settings=settings, state=False) as host:
        found = host.call(f"{integration.name}.{integration.identify}", account=name)
    return found if isinstance(found, dict) else {}


def _test(options: Namespace, integration: Integration, settings: Settings) -> int:
    from luahost.host import Host

    code = 0
    report: list[dict[str, Any]] = []
    with Host(settings=settings, state=False) as host:
        known = host.dispatcher.account_names(integration.name)
        if options.name and options.name not in known:
            unknown = host.dispatcher.unknown_account(integration.name, options.name)
            raise UsageError(unknown.message, hint=unknown.hint)
        for name in [options.name] if options.name else known:
            try:
                user = host.call(f"{integration.name}.{integration.identify}", account=name)
            except LuaHostError as error:
                code = max(code, error.exit_code)
                report.append({"name": name, "works": False, "error": error.fields()})
            else:
                report.append({"name": name, "works": True, "user": user.get("name"), "org_id": user.get("org_id")})
    if options.json:
        output.print_json(report)
        return code
    for each in report:
        if each["works"]:
            print(f"{each['name']}: works, as {each['user'] or 'somebody that this API version does not name'}")
        else:
            error_fields = each["error"]
            print(f"{each['name']}: {error_fields['message']}; {error_fields.get('hint', '')}".rstrip("; "))
    return code


def _add(options: Namespace, integration: Integration, settings: Settings) -> int:
    check_name(integration, options.name)
    index = {name: dict(entries) for name, entries in read_index(settings).items()}
    values = {}
    for setting in ("base_url", "org_id", "api_version"):
        value = getattr(options, setting) or settings.accounts(integration.name).get(options.name, {}).get(setting)
        if value:
            values[setting] = value
    base_url, version = split_base_url(values.get("base_url", integration.base_url))
    values["base_url"] = base_url
    if version:
        values.setdefault("api_version", version)
    values["api_key"] = _key(options)
    try:
        user = _verify(integration, options.name, values, settings)
    except Unauthorized as error:
        error.hint = "the key was refused, and nothing was stored: was it copied whole?"
        raise
    keyring = Keyring(integration.name, settings.timing().keyring_timeout)
    check_index(settings)
    try:
        keyring.set(options.name, json.dumps(values))
    except KeyringUnavailable as error:
        variable = f"LUAHOST_{integration.name.upper()}_{options.name.upper()}_API_KEY"
        raise UsageError(
            f"the key works, and was not stored: {error}", hint=f"set {variable} in the environment instead"
        ) from None
    index.setdefault(integration.name, {})[options.name] = {"base_url": base_url}
    write_index(settings, index)
    if options.json:
        output.print_json({"name": options.name, "stored": True, "user": user.get("name")})
    else:
        who = f", for {user['name']}" if user.get("name") else ""
        print(f"account {options.name}: the key works{who}; it is in the keyring, for {base_url} only")
        if keyring.is_plain():
            output.note("this keyring is a file in which keys stand as they are; a system's own keyring hides them")
    return 0


def _key(options: Namespace) -> str:
    if options.with_token:
        key = sys.stdin.read().strip()
        if not key:
            raise UsageError(
                "no key came from standard input",
                hint=f"as in luahost accounts add {options.name} --with-token < FILE",
            )
        return key
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask at", hint="use --with-token, and give the key on standard input")
    from getpass import getpass

    try:
        key = getpass(f"Key of account {options.name} (not shown): ").strip()
    except (EOFError, KeyboardInterrupt) as left:
        print(file=sys.stderr)  # the question's line is over
        if isinstance(left, KeyboardInterrupt):
            raise
        key = ""
    if not key:
        raise UsageError("no key was given")
    return key


def _remove(options: Namespace, integration: Integration, settings: Settings) -> int:
    keyring = Keyring(integration.name, settings.timing().keyring_timeout)
    index = {name: dict(entries) for name, entries in read_index(settings).items()}
    listed = index.get(integration.name, {}).pop(options.name, None) is not None
    try:
        stored = keyring.delete(options.name)
    except KeyringUnavailable as error:
        if not listed:
            raise UsageError(f"account {options.name} cannot be removed: {error}") from None
        raise UsageError(
            f"the key of {options.name} is still in the keyring: {error}", hint="unlock it, and try again"
        ) from None
    if not listed and not stored:
        raise UsageError(
            f"no key of account {options.name} is stored",
            hint="luahost accounts list shows where keys come from; those of the environment are unset there",
        )
    if listed:
        write_index(settings, index)
    if options.json:
        output.print_json({"name": options.name, "removed": True})
    else:
        print(f"account {options.name}: its key is removed from the keyring")
    return 0
