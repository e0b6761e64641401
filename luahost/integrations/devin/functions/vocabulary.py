"""The tags that sessions of the organisation may have: all, while there are none here."""

from __future__ import annotations

from dataclasses import replace

from luahost.integrations.devin.functions.common import endpoints, field, identifier, texts
from luahost.integrations.devin.operations import simple, single_page
from luahost.spec import Example, Function

_TAGS = "/v3/enterprise/organizations/{org_id}/tags"
_GIVEN = texts(
    "tags", "Tags", required=True, min_length=1, pattern=r"[\s\S]+", pattern_hint="a text that is not empty"
)  # fmt: skip
_ALL = (field("tags", "array", "All that are allowed now; where there are none, every tag is"),)
_NOTES = ("The key must be allowed to manage the enterprise's settings.",)

LIST_ALLOWED_TAGS = Function(
    name="list_allowed_tags",
    summary="Read which tags sessions may have.",
    access="read",
    handler=simple(),
    pages=single_page(lambda found: found["tags"]),
    entries="tags",
    returns=_ALL,
    examples=(Example(code='print(table.concat(app.integrations.devin.list_allowed_tags().tags, ", "))\n'),),
    endpoints=endpoints(f"GET {_TAGS}"),
    notes=_NOTES,
)

APPEND_ALLOWED_TAGS = Function(
    name="append_allowed_tags",
    summary="Allow more tags; those that are allowed stay so.",
    access="write",
    handler=simple(),
    params=(_GIVEN,),
    returns=_ALL,
    examples=(Example(code='app.integrations.devin.append_allowed_tags({ tags = { "triage", "release" } })\n'),),
    endpoints=endpoints(f"POST {_TAGS}"),
    notes=(*_NOTES, "With the first allowed tag, all others are refused."),
)

REPLACE_ALLOWED_TAGS = Function(
    name="replace_allowed_tags",
    summary="Allow these tags and no others; sessions keep what they have.",
    access="write",
    handler=simple(),
    params=(replace(_GIVEN, description="Tags; clear_allowed_tags is for none"),),
    returns=_ALL,
    examples=(Example(code='app.integrations.devin.replace_allowed_tags({ tags = { "triage" } })\n'),),
    endpoints=endpoints(f"PUT {_TAGS}"),
    notes=_NOTES,
)

REMOVE_ALLOWED_TAG = Function(
    name="remove_allowed_tag",
    summary="Allow a tag no longer; sessions that have it keep it.",
    access="write",
    handler=simple(),
    params=(identifier("tag", "The tag"),),
    returns=_ALL,
    examples=(
        Example(
            code="""\
local devin = app.integrations.devin
devin.append_allowed_tags({ tags = { "triage", "old" } })
devin.remove_allowed_tag({ tag = "old" })
"""
        ),
    ),
    endpoints=endpoints(f"DELETE {_TAGS}/{{tag}}"),
    notes=_NOTES,
)

CLEAR_ALLOWED_TAGS = Function(
    name="clear_allowed_tags",
    summary="Allow every tag again.",
    access="write",
    handler=simple(),
    returns=_ALL,
    examples=(Example(code="app.integrations.devin.clear_allowed_tags()\n"),),
    endpoints=endpoints(f"DELETE {_TAGS}"),
    notes=_NOTES,
)

ALL = (LIST_ALLOWED_TAGS, APPEND_ALLOWED_TAGS, REPLACE_ALLOWED_TAGS, REMOVE_ALLOWED_TAG, CLEAR_ALLOWED_TAGS)
