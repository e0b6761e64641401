from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def tags(v3: Any) -> str:
    return f"/v3/enterprise/organizations/{v3.simulator.org_id}/tags"


def test_the_default_is_an_allowed_tag_and_goes_with_it(v3: Any, tags: str) -> None:
    assert v3("PUT", f"{tags}/default", {"tag": "a"}).status == 422
    v3("POST", tags, {"tags": ["a", "b", "a"]})
    for gone in (("DELETE", f"{tags}/a", None), ("PUT", tags, {"tags": ["b"]}), ("DELETE", tags, None)):
        v3("PUT", tags, {"tags": ["a", "b"]})
        assert v3("PUT", f"{tags}/default", {"tag": "a"}).json == {"default_tag": "a"}
        assert v3("POST", tags, {"tags": ["c"]}).json == {"tags": ["a", "b", "c"]}
        assert v3("GET", f"{tags}/default").json == {"default_tag": "a"}
        assert v3(*gone).status == 200
        assert v3("GET", f"{tags}/default").json == {"default_tag": None}


def test_a_new_session_without_tags_has_the_default(v3: Any, v1: Any, tags: str) -> None:
    v3("PUT", tags, {"tags": ["a", "b"]})
    v3("PUT", f"{tags}/default", {"tag": "a"})
    made = [v3.create(), v3.create(tags=["b"]), v1.create()]
    assert [v3("GET", f"{v3.sessions}/{each}").json["tags"] for each in made] == [["a"], ["b"], ["a"]]
    v3("DELETE", f"{tags}/default")
    assert v3("GET", f"{v3.sessions}/{v3.create()}").json["tags"] == []


def test_what_python_allows_is_what_the_api_shows(v3: Any, tags: str) -> None:
    v3.simulator.allowed_tags = {"b", "a"}
    assert v3("GET", tags).json == {"tags": ["a", "b"]}
    v3("POST", tags, {"tags": ["c"]})
    assert v3.simulator.allowed_tags == ["a", "b", "c"]
    v3("DELETE", tags)
    assert v3.simulator.allowed_tags is None


@pytest.mark.parametrize("body", [{}, {"tags": "a"}, {"tags": [1]}, {"tags": [""]}])
def test_what_is_no_list_of_tags_is_refused(v3: Any, tags: str, body: Any) -> None:
    assert v3("POST", tags, body).status == v3("PUT", tags, body).status == 422


def test_allowed_tags_need_the_permission_and_the_organisation(simulator: Any, connect: Any, tags: str) -> None:
    grace, ada = connect(simulator, account="personal"), connect(simulator)
    assert grace("GET", tags).status == grace("GET", f"{tags}/default").status == 403
    assert ada("GET", tags.replace(simulator.org_id, "org-x")).status == 403
    assert connect(simulator, version="v1")("GET", tags).status == 401
