"""`@function`: what a signature becomes, and how such a function is called."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence  # noqa: TC003 (annotations are read while it runs)
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest

from luahost import Call, Function, Host, Integration, NotFound, SpecError, function

ALLOWED = {"read": "allow", "write": "allow"}


class Line(TypedDict):
    sku: Annotated[str, "What is ordered"]
    count: NotRequired[int]


@function(
    access="write", sensitive=["token"], examples=["app.integrations.shop.place_order{ customer = 'a', lines = {} }"]
)
def place_order(
    customer: Annotated[str, "Who orders"],
    lines: list[Line],
    priority: Literal["low", "high"] = "low",
    discount: float = 0.0,
    tags: Sequence[str] | None = None,
    options: Mapping[str, Any] | None = None,
    token: str = "",
    gift: bool = False,
) -> dict[str, Any]:
    """Place an order,
    and say what it is called.

    More of it here.
    """
    return {"order_id": f"{customer}-{len(lines)}", "priority": priority, "tags": list(tags or ()), "gift": gift}


@function(access="read")
async def get_order(call: Call, order_id: str) -> dict[str, Any]:
    """Read an order."""
    await asyncio.sleep(0)
    if order_id == "none":
        raise NotFound("there is no such order", hint="place it first")
    return {"order_id": order_id, "account": call.account}


@pytest.fixture
def shop() -> Integration:
    return Integration(name="shop", functions=[place_order, get_order])


def run(shop: Integration, source: str) -> Any:
    from luahost import Policy

    with Host(integrations=[shop], policy=Policy(write="allow"), state=False) as host:
        result = host.run(f"local shop = app.integrations.shop {source}")
    assert result.ok, result.error
    return result.value


def test_the_signature_and_the_docstring_are_the_declaration() -> None:
    assert isinstance(place_order, Function)
    assert (place_order.name, place_order.access) == ("place_order", "write")
    assert place_order.summary == "Place an order, and say what it is called."
    params = {param.name: param for param in place_order.params}
    assert {name: param.type_text for name, param in params.items()} == {
        "customer": "string",
        "lines": "array of object",
        "priority": "string",
        "discount": "number",
        "tags": "array of string",
        "options": "object",
        "token": "string",
        "gift": "boolean",
    }
    assert [name for name, param in params.items() if param.required] == ["customer", "lines"]
    assert params["customer"].description == "Who orders"
    assert params["priority"].enum == ("low", "high")
    assert params["priority"].description == "'low' unless said"
    assert [(field.name, field.required) for field in params["lines"].fields] == [("sku", True), ("count", False)]
    assert params["token"].sensitive


def test_scripts_call_it_by_name_and_by_position(shop: Integration) -> None:
    order = "shop.place_order{ customer = 'ada', lines = {{ sku = 'x' }}, tags = {'a'}, gift = true }"
    assert run(shop, f"return {order}") == {"order_id": "ada-1", "priority": "low", "tags": ["a"], "gift": True}
    assert run(shop, "return shop.get_order('o-1').order_id") == "o-1"


def test_no_key_is_needed_and_a_call_tells_its_account(shop: Integration) -> None:
    assert run(shop, "return shop.get_order('o-1').account") == "default"


def test_arguments_are_checked_against_the_signature(shop: Integration) -> None:
    source = """
        local lines = {{ sku = "x", colour = "red" }}
        local ok, err = pcall(shop.place_order, { customer = 5, lines = lines, priority = "lo" })
        return err.message
    """
    told = run(shop, source)
    for words in ("'customer' must be a string", "colour is unknown", "did you mean 'low'"):
        assert words in told


def test_an_error_of_ours_reaches_the_script_whole_and_another_by_its_kind_only(shop: Integration) -> None:
    assert run(shop, "local ok, err = pcall(shop.get_order, 'none') return {err.code, err.hint}") == [
        "not_found",
        "place it first",
    ]

    @function(access="read")
    def read_it() -> None:
        raise KeyError("secret")

    failing = Integration(name="failing", functions=[read_it])
    with Host(integrations=[failing], state=False) as host:
        error = host.run("app.integrations.failing.read_it()").error
    assert error is not None
    assert "KeyError" in error.message
    assert "secret" not in repr(error.fields())


def test_what_has_no_json_form_is_named(shop: Integration) -> None:
    @function(access="read")
    def give_set() -> Any:
        return {1, 2}

    with Host(integrations=[Integration(name="odd", functions=[give_set])], state=False) as host:
        error = host.run("return app.integrations.odd.give_set()").error
    assert error is not None
    assert "the result has a set, which a script has no value for" in error.message
    assert error.call == "odd.give_set"


def test_a_function_without_a_base_url_can_send_nothing() -> None:
    @function(access="read")
    def get_it(call: Call) -> Any:
        return call.http.get("/x")

    with Host(integrations=[Integration(name="local", functions=[get_it])], state=False) as host:
        error = host.run("app.integrations['local'].get_it()").error
    assert error is not None
    assert "no base_url" in error.message


def _no_type(x) -> None: ...  # type: ignore[no-untyped-def]


def _set(x: set[str]) -> None: ...


def _bare_list(x: list) -> None: ...  # type: ignore[type-arg]


def _lists(x: list[list[str]]) -> None: ...


def _star(*x: str) -> None: ...


def _either(x: int | str) -> None: ...


@pytest.mark.parametrize(
    ("callable_", "words"),
    [
        (_no_type, "say its type"),
        (_set, "nothing that a script has"),
        (_bare_list, "say what its entries are"),
        (_lists, "nothing that a script has"),
        (_star, "scripts give named values"),
        (_either, "nothing that a script has"),
    ],
)
def test_a_signature_that_no_script_can_fill_is_refused(callable_: Any, words: str) -> None:
    with pytest.raises(SpecError, match=words) as caught:
        function(access="read", name="do_it")(callable_)
    assert "do_it: parameter x" in str(caught.value)


def test_a_misspelt_sensitive_parameter_would_cover_nothing() -> None:
    with pytest.raises(SpecError, match="no parameter"):
        function(access="read", name="do_it", sensitive=["passwd"])(_either_or_none)


def _either_or_none(password: str | None = None) -> None: ...


def test_an_integration_takes_functions_and_nothing_else() -> None:
    with pytest.raises(SpecError, match="is not a Function"):
        Integration(name="odd", functions=[_either])  # type: ignore[list-item]
