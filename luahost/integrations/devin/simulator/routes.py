"""Routes: a family of the API is a module with a table of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .answers import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from .organization import Organization
    from .people import Principal
    from .request import Request


class Call(NamedTuple):
    """A request that has found its route and shown its key."""

    request: Request
    path: dict[str, str]
    organization: Organization
    principal: Principal
    now: float

    def log(self, action: str, **about: str) -> None:
        """Enters into the audit log what this request has done."""
        self.organization.audit.add(self.now, self.principal, action, about)


class Route(NamedTuple):
    method: str
    path: str  # segments in braces are parameters
    handler: Callable[[Call], Any]  # returns what is sent as JSON, or an Answer as it stands
    permission: str | None = None


class Routes:
    def __init__(self, routes: list[Route]) -> None:
        self._by_length: dict[int, list[tuple[list[str], Route]]] = {}
        for route in routes:
            segments = route.path.split("/")
            self._by_length.setdefault(len(segments), []).append((segments, route))

    def find(self, request: Request) -> tuple[Route, dict[str, str]]:
        """The route and its path parameters; 404 for no such path, 405 for another method."""
        segments = request.path.split("/")
        others: list[str] = []
        for template, route in self._by_length.get(len(segments), []):
            parameters = _matched(template, segments)
            if parameters is None:
                continue
            if route.method == request.method:
                return route, parameters
            others.append(route.method)
        if others:
            raise Refusal(405, "Method Not Allowed", headers={"allow": ", ".join(dict.fromkeys(others))})
        raise Refusal(404, "Not Found")


def _matched(template: list[str], segments: list[str]) -> dict[str, str] | None:
    parameters: dict[str, str] = {}
    for pattern, segment in zip(template, segments, strict=True):
        if pattern.startswith("{"):
            if not segment:
                return None
            parameters[pattern[1:-1]] = segment
        elif pattern != segment:
            return None
    return parameters
