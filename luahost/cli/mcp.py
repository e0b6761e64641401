"""`luahost mcp`: the MCP server, on standard input and output or over HTTP."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from typing import TYPE_CHECKING, Any

from luahost.cli import output
from luahost.errors import UsageError
from luahost.mcp import clients

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from luahost.calls.policy import Policy
    from luahost.calls.settings import Settings
    from luahost.host import Host
    from luahost.mcp.server import Service
    from luahost.results import Limits

DESCRIPTIONS = {"mcp": "Serve the Model Context Protocol, so that a model can run scripts and read the reference."}

_SHORTEST_TOKEN = 16


def main(parser: ArgumentParser, argv: list[str]) -> int:
    _arguments(parser)
    options = parser.parse_args(argv[1:])
    _check(parser, options)
    if options.print_config:
        return _print_config(options, argv[1:])
    try:
        import mcp  # noqa: F401
    except ModuleNotFoundError:
        raise UsageError(
            "the MCP server needs the package mcp", hint="install it: pip install 'luahost[mcp]'"
        ) from None
    return _serve(options)


def _arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--print-config",
        metavar="CLIENT",
        help=f"print what a client's configuration needs: {', '.join(clients.CLIENTS)}",
    )
    add(
        "--http",
        type=int,
        metavar="PORT",
        help="serve streamable HTTP; 0 picks a free port (default: stdin and stdout)",
    )
    add(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="where to listen (default 127.0.0.1); others need a token",
    )
    add("--token", metavar="TOKEN", help=f"what clients show; better in {clients.TOKEN}: other users see arguments")
    add("--no-token", action="store_true", help="let every process of this machine use the server")
    add("--account", default="default", metavar="A", help="the account of calls that name none")
    add("--simulate", action="store_true", help="answer from the simulator: no network, no key")
    add("--dry-run", action="store_true", help="make reads, send no write, and list what would have been done")
    add("--read-only", action="store_true", help="deny every call that writes")
    add("--allow-writes", action="store_true", help="ask about no call that no rule of config.toml asks about")
    add("--files", metavar="DIR", help="the folder whose files scripts may upload and write (default: none)")
    add("--modules", metavar="DIR", help="the folder that require reads (default: none)")
    add("--max-result", type=int, default=20_000, metavar="CHARS", help="characters of a result (default 20000)")
    add(
        "--reuse",
        type=int,
        default=1000,
        metavar="N",
        help="runs of one client that a process serves, each in a state of its own (default 1000; 1: a process each)",
    )
    add("--timeout", type=float, metavar="S", help="seconds that a run may last, questions included (default 60)")
    add("--cpu-limit", type=float, metavar="S", help="seconds of processor time of a run (default 5)")
    add("--memory-limit", type=int, metavar="MIB", help="memory that a run may take (default 64)")
    add("--max-calls", type=int, metavar="N", help="calls that a run may make (default 200)")


def _check(parser: ArgumentParser, options: Namespace) -> None:
    if options.http is None:
        for flag in ("token", "no_token"):
            if getattr(options, flag):
                parser.error(f"--{flag.replace('_', '-')} is for --http")
        if options.host != parser.get_default("host"):
            parser.error("--host is for --http")
    elif not 0 <= options.http <= 65535:
        raise UsageError(f"--http {options.http}: a number from 0 to 65535 was expected")
    if options.allow_writes and options.read_only:
        parser.error("--allow-writes and --read-only exclude each other")
    if options.token is not None and options.no_token:
        parser.error("--token and --no-token exclude each other")
    if options.max_result < 1000:
        raise UsageError(f"--max-result {options.max_result}: at least 1000 was expected")


def _print_config(options: Namespace, words: list[str]) -> int:
    """The configuration on stdout, the rest on stderr. The client starts the server with the options given here."""
    where = None
    if options.http is not None:
        if not options.http:
            raise UsageError("--http 0 has no port that a client could know", hint="name one, as in --http 8765")
        where = f"http://{options.host}:{options.http}/mcp"
    at = next(at for at, word in enumerate(words) if word.partition("=")[0] == "--print-config")
    rest = words[:at] + words[at + (1 if "=" in words[at] else 2) :]
    sys.stdout.write(clients.configuration(options.print_config, rest, where))
    for line in clients.notes(options.print_config, http=where is not None):
        output.note(line)
    return 0


def _limits(options: Namespace, settings: Settings) -> Limits:
    from luahost.results import Limits

    chosen = {
        "wall": options.timeout,
        "cpu": options.cpu_limit,
        "memory_mib": options.memory_limit,
        "calls": options.max_calls,
    }
    return settings.limits(Limits()).replace(**{name: value for name, value in chosen.items() if value is not None})


def _policy(options: Namespace, settings: Settings) -> Policy:
    from luahost.calls.policy import Policy

    return Policy(write="allow" if options.allow_writes else "ask", rules=settings.rules(), read_only=options.read_only)


def _serve(options: Namespace) -> int:
    from luahost.calls.settings import Settings
    from luahost.host import Host
    from luahost.mcp.server import Service

    settings = Settings.load()
    with Host(
        settings=settings,
        policy=_policy(options, settings),
        limits=_limits(options, settings),
        simulate=options.simulate,
        reuse=options.reuse,
    ) as host:
        service = Service(host, _run_options(options, host), max_chars=options.max_result)
        return asyncio.run(_http(options, service) if options.http is not None else _stdio(service))


def _run_options(options: Namespace, host: Host) -> dict[str, Any]:
    """The options of every run, found wrong now and not at the first call."""
    found = {
        "account": options.account,
        "dry_run": options.dry_run,
        "files": options.files,
        "modules": options.modules,
    }
    known = {"default", *(name for each in host.dispatcher.catalog for name in host.dispatcher.account_names(each))}
    if options.account not in known:
        raise UsageError(f"there is no account {options.account!r}", hint=f"known: {', '.join(sorted(known))}")
    for flag, folder in (("--files", options.files), ("--modules", options.modules)):
        if folder is not None and not os.path.isdir(folder):  # noqa: PTH112
            raise UsageError(f"{flag} {folder}: not a folder")
    return found


async def _stdio(service: Service) -> int:
    from luahost.mcp.stdio import serve

    if sys.stdin.isatty():
        output.note("MCP on standard input and output, for a client that starts this; --print-config says how one does")
    stopped = _on_signals()
    serving = asyncio.ensure_future(serve(service))
    await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
    await service.executions.close()
    if not serving.done():
        # A thread waits for input, and would be waited for: the process ends without it.
        service.close()
        os._exit(0)
    await serving
    return 0


async def _http(options: Namespace, service: Service) -> int:
    from luahost.mcp.http import listen, serve, url

    token = _token(options)
    listening = listen(options.host, options.http)
    stopped = _on_signals()
    _say_http(options, url(listening), token)
    await serve(service, listening, host=options.host, token=token, stopped=stopped)
    return 0


def _token(options: Namespace) -> str | None:
    """What clients have to show; None for nothing."""
    from luahost.mcp.guard import is_loopback

    given = None if options.no_token else options.token or os.environ.get(clients.TOKEN)
    if not is_loopback(options.host) and given is None:
        raise UsageError(
            f"--host {options.host}: other machines reach the server there, so that it needs a token of your own",
            hint=f"set {clients.TOKEN}, or listen on 127.0.0.1",
        )
    if options.no_token:
        return None
    if given is None:
        return secrets.token_urlsafe(32)
    if len(given) < _SHORTEST_TOKEN or not given.isascii() or not given.isprintable() or " " in given:
        raise UsageError(
            f"the token is too short, or no word: {_SHORTEST_TOKEN} characters of ASCII are the least",
            hint='python3 -c "import secrets; print(secrets.token_urlsafe(32))" makes one',
        )
    return given


def _say_http(options: Namespace, where: str, token: str | None) -> None:
    from luahost.mcp.guard import is_loopback

    lines = [f"MCP at {where} (Ctrl-C ends it)"]
    if token is None:
        lines.append("no token is asked for: every process of this machine can run scripts with your accounts")
    elif options.token is None and clients.TOKEN not in os.environ:
        lines.append(f"clients show this token, which is good until the server ends: {token}")
        lines.append(f"for one that lasts, set {clients.TOKEN}")
    elif options.token is not None:
        lines.append(f"other users of this machine can read --token in the list of processes: set {clients.TOKEN}")
    if not is_loopback(options.host):
        lines.append(
            f"{options.host} is not loopback: other machines reach it, and nothing is encrypted on the way, "
            "the token neither; let a proxy with TLS stand before it"
        )
    for line in lines:
        output.note(line)


def _on_signals() -> asyncio.Future[None]:
    """Done at Ctrl-C or SIGTERM."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[None] = loop.create_future()

    def stop() -> None:
        if not stopped.done():
            stopped.set_result(None)

    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop)
    return stopped
