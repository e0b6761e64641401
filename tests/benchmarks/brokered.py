"""A brokered get_session from a simulator of its own process, beside the same request made with requests alone."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests

from luahost import Host
from tests.benchmarks import ours
from tests.benchmarks.figures import Figure, each, growth, pair_of, rounds_of, timed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CALLS = 150
SCRIPT = "local f = app.integrations.devin.get_session for _ = 1, args.n do f('sess_abc123') end"


@contextmanager
def _simulator() -> Iterator[dict[str, Any]]:
    """What a simulator says of itself: where it listens and what opens it."""
    server = subprocess.Popen(
        [sys.executable, "-m", "luahost", "simulate", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())
    finally:
        server.terminate()
        server.wait()


def brokered() -> list[Figure]:
    with _simulator() as told, requests.Session() as session, tempfile.TemporaryDirectory() as state:
        key = told["keys"]["v3"]["default"]
        url = f"{told['url']}/v3/organizations/{told['org_id']}/sessions/devin-sess_abc123"
        session.headers["Authorization"] = f"Bearer {key}"
        accounts = {"devin": {"default": {"api_key": key, "base_url": told["url"], "org_id": told["org_id"]}}}

        def plain(n: int) -> None:
            for _ in range(n):
                session.get(url)

        def by_host(**options: Any) -> Callable[[int], object]:
            host = Host(accounts=accounts, limits=ours.NO_LIMITS, **{"state": False, **options})
            return lambda n: ours.run(host, SCRIPT, {"n": n})

        journal = by_host(state=state, journal=True)
        works = [plain, by_host(), by_host(isolation="none"), journal]
        request, process, none, written = rounds_of(9, *each(growth(CALLS), *works))
    return [
        timed("get_session, child process / requests.get", pair_of(process, request), "ms", "at most 1.25"),
        timed("get_session, same process / requests.get", pair_of(none, request), "ms", "at most 1.10"),
        timed("get_session, child process: with a journal / without", pair_of(written, process), "ms", "at most 1.1"),
    ]
