"""Listing 10,000 sessions, 50 pages of them, from a server of its own process, beside a loop with requests and json."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import requests

from luahost import Host
from tests.benchmarks import ours
from tests.benchmarks.figures import Figure, pair_of, rounds_of, seconds, timed

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES, PAGE = 50, 200
ORG = "org-benchmark"
WHOLE = "return #app.integrations.devin.list_sessions().sessions"
WALKED = "local n = 0 for _ in each(app.integrations.devin.list_sessions) do n = n + 1 end return n"


def _session(number: int) -> dict[str, object]:
    """A session with the fields that the API gives."""
    return {
        "session_id": f"{number:032x}",
        "url": f"https://app.devin.ai/sessions/{number:032x}",
        "status": "running",
        "status_detail": "finished",
        "tags": ["nightly", f"ticket-{number}"],
        "org_id": ORG,
        "created_at": 1_790_000_000 + number,
        "updated_at": 1_790_000_600 + number,
        "acus_consumed": 1.25,
        "pull_requests": [{"pr_url": f"https://github.com/acme/web/pull/{number}", "pr_state": "open"}],
        "title": f"Fix the tests of part {number}",
        "user_id": "user-1",
        "is_archived": False,
        "origin": "api",
        "category": "bug_fixing",
    }


def _pages() -> list[bytes]:
    def page(number: int) -> bytes:
        items = [_session(number * PAGE + place) for place in range(PAGE)]
        more = number + 1 < PAGES
        told = {"items": items, "has_next_page": more, "end_cursor": str(number + 1) if more else None, "total": None}
        return json.dumps(told, separators=(",", ":")).encode()  # as the API sends it

    return [page(number) for number in range(PAGES)]


def serve() -> None:
    """Print the address, and answer until killed."""
    pages = _pages()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            body = pages[int(parse_qs(urlsplit(self.path).query).get("after", ["0"])[0])]
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: it would be measured."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


@contextmanager
def _server() -> Iterator[str]:
    code = "from tests.benchmarks.listing import serve; serve()"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def listing() -> list[Figure]:
    limits = ours.NO_LIMITS.replace(response_bytes=None, memory_mib=512)
    with _server() as url, requests.Session() as session:
        session.headers["Authorization"] = "Bearer cog_benchmark"
        accounts = {"devin": {"default": {"api_key": "cog_benchmark", "base_url": url, "org_id": ORG}}}

        def plain() -> None:
            count, after = 0, ""
            while True:
                query = {"first": str(PAGE), **({"after": after} if after else {})}
                page = json.loads(session.get(f"{url}/v3/organizations/{ORG}/sessions", params=query).content)
                count += len(page["items"])
                if not page["has_next_page"]:
                    break
                after = page["end_cursor"]
            assert count == PAGES * PAGE

        with Host(accounts=accounts, limits=limits, state=False) as host:

            def by(script: str) -> None:
                assert ours.run(host, script).value == PAGES * PAGE

            works = [plain, lambda: by(WALKED), lambda: by(WHOLE)]
            loop, walked, whole = rounds_of(7, *[lambda work=work: seconds(work) for work in works])
    return [
        timed("10,000 sessions with each / a loop with requests", pair_of(walked, loop), "ms", "at most 1.8"),
        timed("the same in one list / the loop", pair_of(whole, loop), "ms"),
    ]
