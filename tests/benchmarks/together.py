"""200 sessions that are asked for in parallel, from a server that takes 50 ms for each, beside that time itself."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from luahost import Host
from tests.benchmarks import ours
from tests.benchmarks.figures import Figure, pair_of, rounds_of, seconds, timed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SESSIONS, LIMIT, TAKES = 200, 32, 0.05
LEAST = -(-SESSIONS // LIMIT) * TAKES
"""Seconds that it takes where nothing else does."""

SCRIPT = """
local ids = {}
for i = 1, args.n do ids[i] = ("%032x"):format(i) end
local found = parallel(ids, app.integrations.devin.get_session, { limit = args.limit })
local running = 0
for _, session in ipairs(found) do running = running + (session.status == "running" and 1 or 0) end
return running
"""


def serve() -> None:
    """Print the address, and answer until killed."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            session = {"session_id": self.path.rsplit("/", 1)[-1], "status": "running", "created_at": 1_790_000_000}
            body = json.dumps(session).encode()
            time.sleep(TAKES)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: it would be measured."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 2 * LIMIT

    server = Server(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


@contextmanager
def _server() -> Iterator[str]:
    code = "from tests.benchmarks.together import serve; serve()"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def together() -> list[Figure]:
    with _server() as url:
        accounts = {"devin": {"default": {"api_key": "cog_benchmark", "base_url": url, "org_id": "org-benchmark"}}}

        def by(isolation: str) -> Callable[[], float]:
            host = Host(accounts=accounts, limits=ours.NO_LIMITS, isolation=isolation, state=False)

            def work() -> None:
                assert ours.run(host, SCRIPT, {"n": SESSIONS, "limit": LIMIT}).value == SESSIONS

            return lambda: seconds(work)

        process, here, least = rounds_of(5, by("process"), by("none"), lambda: LEAST)
    what = f"{SESSIONS} get_session of {TAKES * 1000:.0f} ms, {LIMIT} at a time"
    return [
        timed(f"{what} / rounds x {TAKES * 1000:.0f} ms", pair_of(process, least), "ms", "at most 1.3"),
        timed("the same in the host's process / the same", pair_of(here, least), "ms"),
    ]
