from __future__ import annotations

import json
import time
from typing import Any

import pytest
from jsonschema import Draft7Validator

from luahost.integrations.devin.simulator.structured import output_for

NODE = {"type": "object", "properties": {"value": {"type": "integer"}, "next": {"$ref": "#/definitions/node"}}}
FIELDS: list[Any] = [
    {"type": "integer", "minimum": 5},
    {"type": "integer", "maximum": -5},
    {"type": "integer", "exclusiveMinimum": 2.5, "exclusiveMaximum": 4},
    {"type": "integer", "minimum": 7, "multipleOf": 5},
    {"type": "integer", "minimum": 3, "multipleOf": 2.5},
    {"type": "integer", "minimum": 10**40},
    {"type": "number", "minimum": 0.25, "maximum": 0.5},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    {"type": "number", "minimum": 10**400},
    {"type": "number", "multipleOf": 0.25, "maximum": -0.1},
    {"type": "string", "minLength": 20},
    {"type": "string", "maxLength": 3},
    {"type": "string", "minLength": 2, "maxLength": 2},
    *({"type": "string", "format": name} for name in ("date-time", "date", "time", "email", "ipv4", "ipv6", "uri")),
    {"type": "string", "format": "uuid", "minLength": 36},
    {"type": "string", "enum": ["low", "high"]},
    {"type": "integer", "enum": ["one", 2]},
    {"enum": [None, 3]},
    {"const": {"a": [1]}},
    {"const": None},
    {"type": "string", "default": None},
    {"type": ["null", "string"]},
    {"type": "array", "items": {"type": "integer", "minimum": 3}, "minItems": 3, "maxItems": 4},
    {"type": "array", "items": {"type": "string"}, "maxItems": 0},
    {"type": "array", "items": [{"type": "string"}, {"type": "null"}], "additionalItems": False},
    {"type": "array", "minItems": 2},
    {"type": "array", "items": False},
    {"type": "object", "required": ["x"], "additionalProperties": {"type": "boolean"}},
    {"type": "object", "properties": {"x": False, "y": True}, "additionalProperties": False},
    {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "required": ["c"], "maxProperties": 2},
    {"type": "object", "minProperties": 3},
    {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
    {"anyOf": [{"type": "integer", "minimum": 2, "maximum": 1}, {"type": "boolean"}]},
    {"oneOf": [{"$ref": "#/definitions/node"}, {"type": "null"}]},
    {"type": "number", "allOf": [{"minimum": 3}, {"type": "integer"}, {"minimum": 2, "maximum": 9}]},
    {"allOf": [{"$ref": "#/definitions/node"}, {"properties": {"value": {"minimum": 4}}, "required": ["value"]}]},
    {"type": "array", "items": {"$ref": "#/definitions/node"}, "minItems": 2},
    {"$ref": "#"},
    {"minimum": 12},
    {"items": {"type": "string"}},
    True,
    {},
]


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_an_output_is_valid_by_its_schema(field: Any) -> None:
    schema = {"type": "object", "properties": {"field": field}, "definitions": {"node": NODE}}
    required = schema if field == {"$ref": "#"} else {**schema, "required": ["field"]}
    found = output_for(required)
    Draft7Validator(required, format_checker=Draft7Validator.FORMAT_CHECKER).validate(found)


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({}, {}),
        ({"type": ["null", "object"]}, {}),
        ({"properties": {"b": {"type": "boolean"}, "a": {"const": 1}}, "required": ["a"]}, {"b": True, "a": 1}),
        ({"enum": [1, {"a": 2}]}, {"a": 2}),
        ({"anyOf": [{"type": "string"}, {"required": ["x"]}]}, {"x": "simulated"}),
        ({"$ref": "#/definitions/a~1b", "definitions": {"a/b": {"properties": {"x": {"const": 1}}}}}, {"x": 1}),
        ({"properties": {"sub": {"$ref": "#"}, "x": {"const": 1}}}, {"x": 1}),
    ],
    ids=str,
)
def test_an_output_is_the_simplest_object(schema: Any, found: Any) -> None:
    assert output_for(schema) == found


@pytest.mark.parametrize(
    "schema",
    [
        {"enum": [1, 2]},
        {"const": []},
        {"$ref": "#/definitions/list", "definitions": {"list": {"type": "array"}}},
        {"$ref": "#/definitions/nowhere"},
        {"$ref": "#"},
        {"anyOf": [{"type": "string"}, {"type": "array"}]},
        {"properties": {"x": {"$ref": "#"}}, "required": ["x"]},
        {"properties": {"x": {"type": "integer", "minimum": 2, "maximum": 1}}, "required": ["x"]},
        {"required": ["x"], "additionalProperties": False},
        {"properties": {"x": {"type": "array", "minItems": 10**9}}, "required": ["x"]},
        {"properties": {"x": {"type": "string", "minLength": 10**9}}, "required": ["x"]},
    ],
    ids=str,
)
def test_where_no_object_fits_the_output_is_null(schema: Any) -> None:
    assert output_for(schema) is None


def test_a_schema_that_doubles_at_every_level_costs_little() -> None:
    doubled = {"type": "object", "properties": {side: {"$ref": "#/definitions/0"} for side in "ab"}}
    definitions = {
        str(level): {"properties": {side: {"$ref": f"#/definitions/{level + 1}"} for side in "ab"}}
        for level in range(200)
    }
    begun = time.monotonic()
    found = output_for({**doubled, "definitions": {**definitions, "200": {}}})
    assert len(json.dumps(found)) < 100_000
    assert time.monotonic() - begun < 2


def test_v1_and_v3_show_the_same_output(v3: Any, v1: Any) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}}
    session_id = v3.create(structured_output_schema=schema)
    v3.simulator.force(session_id, "running", "finished")
    assert v3("GET", f"{v3.sessions}/{session_id}").json["structured_output"] == {"n": 3}
    assert v1("GET", f"{v1.sessions}/{session_id}").json["structured_output"] == {"n": 3}
