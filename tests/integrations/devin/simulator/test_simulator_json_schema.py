from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError

FIELD = "structured_output_schema"


def of(field: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"f": field}}


WRONG = [
    of(5),
    of({"type": "text"}),
    of({"type": []}),
    of({"type": ["string", "string"]}),
    of({"type": {"enum": ["string"]}}),
    of({"items": [{"minimum": "1"}]}),
    of({"items": []}),
    of({"items": "string"}),
    of({"anyOf": []}),
    of({"allOf": {}}),
    of({"oneOf": [True, 1]}),
    of({"enum": "a"}),
    of({"minLength": -1}),
    of({"maxItems": 1.5}),
    of({"minItems": True}),
    of({"multipleOf": 0}),
    of({"maximum": True}),
    of({"exclusiveMinimum": True}),
    of({"uniqueItems": 1}),
    of({"pattern": 1}),
    of({"format": None}),
    of({"additionalProperties": []}),
    of({"not": None}),
    {"properties": []},
    {"required": True},
    {"required": ["a", "a"]},
    {"required": [1]},
    {"definitions": {"a": "b"}},
    {"patternProperties": {"a": 1}},
    {"dependencies": {"a": "b"}},
    {"$ref": 1},
    {"$id": {}},
    {"title": 1},
]
RIGHT = [
    {},
    {"type": ["object", "null"]},
    of(True),
    of({"type": "integer", "minimum": 1.5, "multipleOf": 0.5, "default": [5]}),
    of({"items": [{"type": "string"}, False], "additionalItems": {"type": "null"}, "minItems": 2.0}),
    of({"anyOf": [{"const": {"type": 5}}, {"enum": [{"type": 5}]}], "examples": [{"type": 5}]}),
    {"properties": {"type": {"type": "string"}, "properties": {"type": "object"}, "required": True}},
    {"dependencies": {"a": ["b"], "b": {"type": "object"}}, "definitions": {"a": {"$ref": "#/definitions/a"}}},
    {"if": {"required": ["a"]}, "then": {"minProperties": 2}, "else": False, "x-own": 5},
]


@pytest.mark.parametrize("schema", WRONG, ids=str)
def test_what_is_no_schema_of_draft_7_is_refused_wherever_one_is_taken(v3: Any, v1: Any, schema: Any) -> None:
    with pytest.raises(SchemaError):
        Draft7Validator.check_schema(schema)
    body = {"prompt": "p", "title": "t", "body": "b", FIELD: schema}
    for path in (v3.sessions, v3.at("playbooks")):
        refused = v3("POST", path, body)
        assert (refused.status, refused.json["errors"][0]["loc"][:2]) == (422, ["body", FIELD])
    older = v1("POST", v1.sessions, body)
    assert (older.status, older.json["detail"][0]["loc"][:2]) == (422, ["body", FIELD])


@pytest.mark.parametrize("schema", RIGHT, ids=str)
def test_what_is_a_schema_of_draft_7_is_taken(v3: Any, schema: Any) -> None:
    Draft7Validator.check_schema(schema)
    assert v3("POST", v3.sessions, {"prompt": "p", FIELD: schema}).status == 200


def test_a_refused_schema_names_the_place(v3: Any) -> None:
    refused = v3("POST", v3.sessions, {"prompt": "p", FIELD: of({"items": {"type": "text"}})}).json
    assert refused["errors"][0]["loc"] == ["body", FIELD, "properties", "f", "items", "type"]
    assert "one of array, boolean" in refused["detail"]


def test_a_schema_with_countless_faults_names_some(v3: Any) -> None:
    schema = {"properties": dict.fromkeys(map(str, range(5000)), 5)}
    assert len(v3("POST", v3.sessions, {"prompt": "p", FIELD: schema}).json["errors"]) == 20


@pytest.mark.parametrize("kind", ["array", "string", ["string", "null"]])
def test_a_schema_of_what_is_no_object_is_refused(v3: Any, kind: Any) -> None:
    refused = v3("POST", v3.sessions, {"prompt": "p", FIELD: {"type": kind}})
    assert (refused.status, refused.json["errors"][0]["loc"]) == (422, ["body", FIELD, "type"])
