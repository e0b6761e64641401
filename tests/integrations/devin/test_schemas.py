"""The schema documents themselves, and that the simulator answers all that they describe."""

import contextlib
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.integrations.devin import test_schemas_v1, test_schemas_v3
from tests.integrations.devin.contract import (
    DOCUMENTS,
    ERRORS,
    OPERATIONS,
    VERSIONS,
    Operation,
    Stranger,
    check,
    operation,
    stranger,
)

SCENARIOS = {"v3": test_schemas_v3, "v1": test_schemas_v1}
SESSION: dict[str, Any] = {
    "session_id": "0123456789abcdef0123456789abcdef",
    "url": "https://app.devin.ai/sessions/0123456789abcdef0123456789abcdef",
    "status": "running",
    "tags": [],
    "org_id": "org-1",
    "created_at": 1775376000,
    "updated_at": 1775376000,
    "acus_consumed": 0.0,
    "pull_requests": [],
}
PATH = "/v3/organizations/org-1/sessions"


def references(node: object) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(references, node.values()))
    return set[str]().union(*map(references, node)) if isinstance(node, list) else set()


@pytest.mark.parametrize("version", VERSIONS)
def test_document_is_a_schema_without_loose_ends(version: str) -> None:
    document = DOCUMENTS[version]
    Draft202012Validator.check_schema(document)
    defined = {f"#/$defs/{name}" for name in document["$defs"]}
    assert references(document) <= defined
    answers = {name for asked, each in OPERATIONS.items() if asked.version == version for name in each.values() if name}
    roots = answers.union(ERRORS[version])
    assert defined == {f"#/$defs/{name}" for name in roots} | references(document), "a definition nobody uses"


@pytest.mark.parametrize("asked", OPERATIONS, ids=str)
def test_operation_has_its_schemas(asked: Operation) -> None:
    assert {name for name in OPERATIONS[asked].values() if name} <= set(DOCUMENTS[asked.version]["$defs"])


def test_path_is_found_by_its_template() -> None:
    assert operation("v3", "GET", f"{PATH}/insights").path.endswith("/sessions/insights")
    assert operation("v3", "GET", f"{PATH}/devin-1").path.endswith("/sessions/{devin_id}")
    assert operation("v1", "POST", "/v1/sessions/devin-1/message").path == "/v1/sessions/{session_id}/message"
    with pytest.raises(AssertionError, match="not documented in v1"):
        operation("v1", "GET", "/v1/self")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"created_at": "2026-04-05T08:00:00Z"}, "$.items[0].created_at"),
        ({"created_at": 1775376000.0}, "$.items[0].created_at"),
        ({"created_at": 1775376000000}, "$.items[0].created_at"),
        ({"status": "blocked"}, "$.items[0].status"),
        ({"status_detail": "inactivity"}, "$.items[0].status_detail"),
        ({"tags": None}, "$.items[0].tags"),
        ({"pull_requests": [{"pr_url": "https://github.com/a/b/pull/1"}]}, "'pr_state' is a required property"),
    ],
)
def test_wrong_body_fails_with_the_place(change: dict[str, Any], where: str) -> None:
    check("v3", "GET", PATH, 200, {"items": [{**SESSION, "new_field": 1}], "total": None})
    with pytest.raises(AssertionError, match=re.escape(where)):
        check("v3", "GET", PATH, 200, {"items": [{**SESSION, **change}]})


def test_wrong_status_or_error_fails() -> None:
    check("v3", "GET", PATH, 404, {"title": "Not Found", "status": 404})
    with pytest.raises(AssertionError, match="answered 201"):
        check("v3", "POST", PATH, 201, SESSION)
    with pytest.raises(AssertionError, match="is no error"):
        check("v3", "GET", PATH, 404, {"detail": "Not Found"})
    with pytest.raises(AssertionError, match="with a body"):
        check("v1", "DELETE", "/v1/secrets/1", 204, {})


def scenarios(module: ModuleType) -> list[Callable[[Stranger], None]]:
    return [value for name, value in vars(module).items() if name.startswith("test_")]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_operation_was_answered(version: str) -> None:
    """Runs the scenarios again by itself, so that it depends neither on order nor on who else runs them."""
    answered: set[Operation] = set()
    for scenario in scenarios(SCENARIOS[version]):
        with stranger(version) as api, contextlib.suppress(AssertionError):
            scenario(api)
        answered |= api.answered
    missing = [asked for asked in OPERATIONS if asked.version == version and asked not in answered]
    with stranger(version) as api:
        why = {True: "no such route", False: "not reached, or a wrong answer"}
        named = [f"{asked}: {why[api.lacks(asked)]}" for asked in missing]
    assert not named, f"{len(named)} operations of {version} were not answered:\n" + "\n".join(named)
