"""The pages of the reference as resources: luahost://docs/devin, luahost://docs/devin.create_session."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from luahost.errors import InvalidArguments
from luahost.reference import guides, pages

if TYPE_CHECKING:
    from luahost.reference.pages import Catalog

ROOT = "luahost://docs"
MARKDOWN = "text/markdown"

NOT_FOUND = -32002
"""The code that the protocol had for it until 2026."""


def listed(catalog: Catalog) -> ListResourcesResult:
    """The listing of everything, each integration, each guide, each function."""
    found = [Resource(name="docs", uri=ROOT, description="The names of all functions and pages", mime_type=MARKDOWN)]
    for integration in catalog.values():
        found.append(_resource(integration.name, integration.summary))
        found += [_resource(f"{integration.name}.{each.name}", each.summary) for each in integration.functions]
    found += [_resource(guide.name, guide.summary) for guide in guides.load().values() if guide.name not in catalog]
    return ListResourcesResult(resources=found)


def _resource(page: str, summary: str) -> Resource:
    return Resource(name=page, uri=f"{ROOT}/{page}", description=summary, mime_type=MARKDOWN)


def templates() -> ListResourceTemplatesResult:
    about = "A page of the reference, as in devin, devin.create_session, each"
    template = ResourceTemplate(name="page", uri_template=f"{ROOT}/{{page}}", description=about, mime_type=MARKDOWN)
    return ListResourceTemplatesResult(resource_templates=[template])


def read(catalog: Catalog, uri: str, *, modern: bool) -> ReadResourceResult:
    """A page as Markdown; raises the protocol's error for one that is not there, with the near miss."""
    page = "" if uri == ROOT else unquote(uri.removeprefix(f"{ROOT}/"))  # any other URI is no page either
    try:
        text = pages.read(catalog, page)
    except InvalidArguments as error:
        said = f"{error.message}; {error.hint}"
        raise MCPError(INVALID_PARAMS if modern else NOT_FOUND, said, {"uri": uri[:200]}) from None
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, text=text, mime_type=MARKDOWN)])
