from __future__ import annotations

from typing import Any

import pytest


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(("levels", "status"), [(98, 200), (99, 422), (900, 422), (30_000, 422), (1_000_000, 422)])
def test_a_body_is_at_most_a_hundred_levels_deep(v3: Any, levels: int, status: int) -> None:
    body = b'{"run_as": "creator", "actions": [{}], "triggers": [{"deep": %s}]}'
    made = v3("POST", v3.at("automations"), body % nested(levels - 1))
    assert made.status == status
    assert v3("GET", v3.at("automations")).status == 200


@pytest.mark.parametrize("levels", [900, 30_000])
def test_a_schema_that_is_too_deep_is_refused_in_the_words_of_the_version(v3: Any, v1: Any, levels: int) -> None:
    body = b'{"prompt": "p", "structured_output_schema": {"default": %s}}' % nested(levels)
    assert v3("POST", v3.sessions, body).json["status"] == 422
    assert v1("POST", v1.sessions, body).json["detail"][0]["type"] == "json_invalid"
    assert len(v3.simulator.sessions) == 1
