"""A simulated Devin as a process of its own, that kills its client at the next create when it is told to.

It reads a JSON object a line: {"strike": "before" or "after", "whom": "host" or "child", "pid": the host's} kills at
the next create, before it is performed or after it and before the answer; {"sessions": true} prints the prompts of all
sessions that were made.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from luahost.integrations.devin.simulator import RealClock, Simulator
from luahost.integrations.devin.simulator.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterable


def _descendants(pid: int) -> list[int]:
    try:
        children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [each for child in children for each in (child, *_descendants(child))]


def _kill(order: dict[str, Any]) -> None:
    for pid in [order["pid"]] if order["whom"] == "host" else _descendants(order["pid"]):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


class _Striking:
    """The simulator's application, with a blow before or after a create."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self.order: dict[str, Any] | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        order, creates = self.order, environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].endswith("/sessions")
        if order is None or not creates:
            return self._simulator(environ, start_response)
        self.order = None
        if order["strike"] == "before":
            _kill(order)
            if order["whom"] == "host":
                start_response("503 Service Unavailable", [])
                return [b""]
            return self._simulator(environ, start_response)
        answer = list(self._simulator(environ, start_response))
        _kill(order)
        return answer


def main() -> None:
    simulator = Simulator(clock=RealClock(), list_lag=float(sys.argv[1]))
    begun = len(simulator.sessions)
    striking = _Striking(simulator)
    with Server(striking) as server:
        print(json.dumps({"url": server.url, "key": simulator.keys[sys.argv[2]]["default"]}), flush=True)
        for line in sys.stdin:
            order = json.loads(line)
            if "strike" in order:
                striking.order = order
                print("{}", flush=True)
            else:
                print(json.dumps([each["prompt"] for each in simulator.sessions[begun:]]), flush=True)


if __name__ == "__main__":
    main()
