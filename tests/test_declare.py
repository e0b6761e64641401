"""`@function`: what a signature becomes, and how such a function is called."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence  # noqa: TC003 (annotations are read while it runs)
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest

import luahost
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


def test_of_a_method_the_bound_one_is_declared() -> None:
    class Shop:
        def get_price(self, item: str) -> int:
            return len(item)

    with pytest.raises(SpecError, match=r"declare the bound one: function\(…\)\(thing\.get_price\)"):
        function(access="read")(Shop.get_price)
    assert [each.name for each in function(access="read")(Shop().get_price).params] == ["item"]


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


class Login(TypedDict):
    user: str
    password: str


def _host(*functions: Function, **options: Any) -> Host:
    from luahost import Policy

    return Host(
        integrations=[Integration(name="own", functions=functions)],
        policy=Policy(write="allow"),
        state=False,
        **options,
    )


def test_what_may_be_none_may_be_left_out() -> None:
    @function(access="read")
    def find_it(name: str | None, size: int | None = 3) -> list[Any]:
        return [name, size]

    with _host(find_it) as host:
        assert host.call("own.find_it") == [None, 3]


def test_sensitive_values_of_every_kind_are_covered_in_errors_records_and_descriptions() -> None:
    @function(access="write", sensitive=["login", "codes", "pin", "token"])
    def sign_in(login: Login, codes: list[str], pin: int, token: str = "s3cret-default") -> None:
        raise NotFound(f"no {login} {codes} {pin}")

    arguments = {"login": {"user": "ada", "password": "hunter22"}, "codes": ["c0de-one"], "pin": 918273}
    with _host(sign_in) as host:
        with pytest.raises(NotFound) as caught:
            host.call("own.sign_in", arguments)
        result = host.run("app.integrations.own.sign_in(args.a)", args={"a": arguments})
        page = str(host.run("return docs.read('own.sign_in')").value)
    told = repr(caught.value.fields()) + repr(result.as_dict()["calls"]) + page
    for secret in ("hunter22", "c0de-one", "918273", "s3cret-default"):
        assert secret not in told


def test_a_sensitive_field_of_an_object_is_covered_in_records() -> None:
    from luahost import Param

    fields = (
        Param(name="user", type="string", description=""),
        Param(name="password", type="string", description="", sensitive=True),
    )
    params = (Param(name="login", type="object", description="", fields=fields),)
    declared = Function(name="sign_in", summary="", access="read", handler=lambda *_: None, params=params)
    with _host(declared) as host:
        result = host.run('app.integrations.own.sign_in{ login = { user = "ada", password = "hunter22" } }')
    assert result.calls[0].arguments == {"login": {"user": "ada", "password": "<sensitive>"}}


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), asyncio.CancelledError(), GeneratorExit()])
def test_a_function_that_wants_to_end_everything_ends_its_call_only(error: BaseException) -> None:
    @function(access="read")
    def end_it() -> None:
        raise error

    with _host(end_it) as host:
        for _ in range(3):
            found = host.run("app.integrations.own.end_it()").error
            assert found is not None
            assert (found.code, type(error).__name__ in found.message) == ("internal_error", True)


@pytest.mark.parametrize("given", [{1, 2}, object(), float("nan"), {1: 2}, [{"a": {3}}], b"x".__class__])
def test_a_result_that_no_script_can_have_is_told_with_its_call(given: Any) -> None:
    @function(access="read")
    def give_it() -> Any:
        return given

    with _host(give_it) as host:
        result = host.run("return app.integrations.own.give_it()")
        with pytest.raises(luahost.InternalError, match="has no value for"):
            host.call("own.give_it")
    assert result.error is not None
    assert (result.error.call, result.calls[0].status) == ("own.give_it", "error")


def test_a_write_of_ones_own_that_is_under_way_is_awaited() -> None:
    done: list[str] = []

    @function(access="write")
    def do_slowly() -> str:
        time.sleep(1.5)
        done.append("it")
        return "done"

    with _host(do_slowly) as host:
        result = host.run("app.integrations.own.do_slowly()", limits=luahost.Limits(wall=0.5))
        assert done == ["it"]
    assert result.error is not None
    assert (result.error.code, result.calls[0].status) == ("limit_exceeded", "ok")


@pytest.mark.parametrize(
    ("option", "value"), [("policy", "deny"), ("policy", {}), ("limits", {"wall": 1}), ("approve", 1)]
)
def test_a_host_says_at_once_what_it_was_given_wrong(option: str, value: Any) -> None:
    with pytest.raises(luahost.UsageError, match=option):
        Host(**{option: value})
