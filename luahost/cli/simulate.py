"""`luahost simulate`: the Devin simulator as a real HTTP server on loopback."""

from __future__ import annotations

import math
import signal
import sys
import time
from typing import TYPE_CHECKING

from luahost.cli import output
from luahost.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from luahost.integrations.devin.simulator import Simulator

_MOST_SPEED = 10_000  # beyond it the years of a long run leave what a date can hold

DESCRIPTIONS = {"simulate": "Serve a simulated Devin on loopback, for any client, until Ctrl-C."}


def main(parser: ArgumentParser, argv: list[str]) -> int:
    add = parser.add_argument
    add("--port", type=int, default=0, metavar="P", help="the port; 0, the default, picks a free one")
    add("--seed", type=int, metavar="N", help="what ids, keys and durations are drawn from; 0 by default")
    add("--speed", type=float, default=1.0, metavar="N", help="the clock runs N times as fast as the machine's")
    add("--state", metavar="FILE", help="go on with what is in the file, and keep every change in it")
    add("--rate-limit", type=int, metavar="N", help="answer a key's requests beyond N a minute with a 429")
    add("--json", action="store_true", help="print url, org_id and keys as one line of JSON")
    options = parser.parse_args(argv[1:])

    from luahost.integrations.devin.simulator.server import Server

    if not 0 <= options.port <= 65535:
        raise UsageError(f"--port {options.port}: a number from 0 to 65535 was expected")
    if not (math.isfinite(options.speed) and 0 < options.speed <= _MOST_SPEED):
        raise UsageError(f"--speed {options.speed:.14g}: a number above 0 and up to {_MOST_SPEED} was expected")
    if options.rate_limit is not None and options.rate_limit < 1:
        raise UsageError(f"--rate-limit {options.rate_limit}: a number from 1 was expected")
    simulator = _simulator(options)
    if options.rate_limit is not None:
        simulator.rate_limit(options.rate_limit, per=60.0)
    try:
        server = Server(simulator, port=options.port)
    except OSError as error:
        raise UsageError(
            f"port {options.port} cannot be used: {error.strerror}",
            hint="choose another, or --port 0 for a free one",
        ) from None
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with server:
        try:
            if options.json:
                told = {"url": server.url, "org_id": simulator.org_id, "keys": simulator.keys}
                output.print_json(told, one_line=True)
            else:
                _say(server.url, simulator)
            signal.pause()
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
    return 0


def _simulator(options: Namespace) -> Simulator:
    from luahost.calls.accounts import Accounts
    from luahost.calls.settings import Settings
    from luahost.integrations.devin import DEVIN
    from luahost.integrations.devin.simulator import RealClock, ScaledClock, Simulator, StateError, resume

    accounts = list(dict.fromkeys(("default", "work", "personal", *Accounts(DEVIN, Settings.load()).names())))
    if options.state is not None:
        try:
            return resume(options.state, accounts=accounts, seed=options.seed, speed=options.speed)
        except StateError as error:
            raise UsageError(str(error), hint="give another file, or move this one away to start anew") from None
    clock = RealClock() if options.speed == 1 else ScaledClock(time.time(), options.speed)
    return Simulator(accounts=accounts, seed=options.seed or 0, clock=clock)


def _say(url: str, simulator: object) -> None:
    keys = simulator.keys["v3"]  # type: ignore[attr-defined]
    print(f"A simulated Devin at {url} (Ctrl-C ends it). In another terminal:\n")
    print(f"  export LUAHOST_DEVIN_BASE_URL={url} LUAHOST_DEVIN_API_KEY={keys['default']}")
    for name, key in keys.items():
        if name != "default":
            upper = f"LUAHOST_DEVIN_{name.upper()}"
            print(f"  export {upper}_BASE_URL={url} {upper}_API_KEY={key}")
    print("  luahost call devin.list_sessions", flush=True)
