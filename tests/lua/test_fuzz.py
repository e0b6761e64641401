"""Anything at all, both ways: values that go through a script and come back, and bytes in the place of frames."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from luahost import Host, Limits, Policy
from luahost.calls.run import Run
from luahost.calls.settings import Settings
from luahost.errors import InternalError, LuaHostError, UsageError
from luahost.lua import frames, spawn
from luahost.lua.bridge import Bridge
from luahost.lua.confine import LEVELS, Seal
from luahost.lua.frames import Splitter, pack
from luahost.lua.modules import Modules
from luahost.parts import Parts
from luahost.results import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).parents[2]


def steady(examples: int) -> settings:
    """The same examples every time, however long one takes."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """One process serves all runs of this file, as far as it can."""
    policy = Policy(read="allow", write="allow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUAHOST_HOME", "/nowhere")
        with Host(isolation="process", simulate=True, policy=policy, reuse=10**6) as made:
            yield made


# -- values --------------------------------------------------------------------------------------------------------

LARGEST = 10**14  # from here on an integer is text in Lua
small = st.integers(-LARGEST + 1, LARGEST - 1)
large = st.one_of(st.integers(LARGEST, 10**40), st.integers(-(10**40), -LARGEST))
edges = st.sampled_from([0, -1, LARGEST - 1, LARGEST, -LARGEST, 2**31, 2**32, 2**53, 2**53 + 1, 2**63, -(2**63), 2**64])
floats = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer() or abs(x) < LARGEST)
texts = st.text(max_size=40)
scalars = st.one_of(st.none(), st.booleans(), small, large, edges, floats, texts)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5), max_leaves=20
)
objects = st.dictionaries(texts, values, max_size=6)


def crossed(value: Any) -> Any:
    """What a value is when it comes out of Lua again: large integers as text, no null in an object."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) >= LARGEST:
        return str(value)
    if isinstance(value, dict):
        return {name: crossed(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [crossed(each) for each in value]
    return value


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same kinds; a number without a fraction is an integer."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(each, other[name]) for name, each in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return type(one) in (int, float) and type(other) in (int, float) and one == other
    return type(one) is type(other) and bool(one == other)


@steady(250)
@given(objects)
@example({"": None, "1": [None], "x": {"y": None}})
@example({"a": [[], {}, [[]], [{}]], "b": {"": {"": {}}}})
@example({"__index": 1, "__metatable": 2, "n": 3, "0": 4, "\0": "\0", "\u2028": "\U0010ffff"})
def test_args_come_back_as_they_went(host: Host, args: dict[str, Any]) -> None:
    result = host.run("return args", args=args)
    assert result.ok, result.error
    assert same(result.value, crossed(args)), result.value


@steady(150)
@given(values)
def test_json_that_a_script_reads_and_writes_is_the_same(host: Host, value: Any) -> None:
    source = "local v = json.decode(args.text) return json.encode(v), v"
    result = host.run(source, args={"text": json.dumps(value)})
    assert result.ok, result.error
    assert same(json.loads(result.values[0]), crossed(value))
    assert same(result.values[1], crossed(value))


@steady(100)
@given(st.floats(allow_nan=False, allow_infinity=False))
@example(5e-324)
@example(1.7976931348623157e308)
@example(1e14)
@example(123456789012345.6)
@example(-0.0)
def test_a_number_that_a_script_has_comes_out_exactly(host: Host, number: float) -> None:
    result = host.run(f"return {number!r}, tonumber(args.text)", args={"text": repr(number)})
    assert result.values == [number, number]


@steady(150)
@given(st.binary(max_size=60))
@example(b"\xed\xa0\x80")
@example(b"\xf4\x90\x80\x80")
@example(b"\xe2\x82")
@example(b'\\"\\u0000\xff')
def test_bytes_of_a_script_are_its_text_and_u_fffd_stands_for_the_rest(host: Host, data: bytes) -> None:
    literal = "".join(f"\\{byte:03d}" for byte in data)
    printed: list[bytes] = []
    result = host.run(f"local s = '{literal}' print(s) return s, {{[s] = s}}", on_output=printed.append)
    text = data.decode("utf-8", "replace")
    assert result.ok, result.error
    assert result.values[0] == text
    assert result.output == text + "\n"
    assert b"".join(printed) == data + b"\n"
    if result.values[1] != []:  # no entry at all where the key is empty
        assert result.values[1] == {text: text}


@steady(100)
@given(st.text(st.characters(), max_size=30))
@example("\ud800")
@example("\udfff\ud800")
def test_text_with_halves_of_surrogates_is_never_an_error(host: Host, text: str) -> None:
    result = host.run("return args.text, #args.text", args={"text": text})
    assert result.ok, result.error
    expected = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert result.values == [expected, len(expected.encode())]


unfit = st.sampled_from([math.nan, math.inf, -math.inf, b"x", {1}, object(), 1j])


@steady(50)
@given(st.recursive(unfit, lambda inner: st.lists(inner, min_size=1, max_size=2) | st.fixed_dictionaries({"x": inner})))
def test_what_is_no_json_is_wrong_usage_and_the_next_run_works(host: Host, value: Any) -> None:
    with pytest.raises(UsageError):
        host.run("return 1", args={"value": value})
    assert host.run("return 1").value == 1


@steady(150)
@given(st.binary(max_size=80))
@example(b"\x1bLJ\x02")
@example(b"return '\xff'")
@example(b"\xef\xbb\xbfreturn 1")
@example(b"#!\n\0")
def test_any_bytes_for_a_script_give_a_result(host: Host, source: bytes) -> None:
    result = host.run(source, limits=Limits(wall=5, cpu=0.5))
    assert result.ok or isinstance(result.error, LuaHostError)
    json.dumps(result.as_dict())


# -- frames, in pieces ---------------------------------------------------------------------------------------------


def split(text: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(text[:size])
        text = text[size:]
    return [*pieces, text]


@steady(300)
@given(st.lists(st.binary(min_size=1, max_size=50), max_size=8), st.lists(st.integers(0, 40), max_size=12))
def test_frames_are_the_same_however_they_come(sent: list[bytes], sizes: list[int]) -> None:
    splitter = Splitter()
    found = [frame for piece in split(b"".join(map(pack, sent)), sizes) for frame in splitter.feed(piece)]
    assert found == sent
    assert splitter.empty


@steady(500)
@given(st.lists(st.binary(max_size=60), max_size=6))
@example([b"\0\0\0\0"])
@example([b"\xff\xff\xff\xff"])
@example([b"\1\0\0", b"\0"])
@example([b"\1\0\0\4"])
def test_bytes_that_are_no_frames_are_an_error_or_are_waited_for(pieces: list[bytes]) -> None:
    splitter = Splitter()
    taken = 0
    with suppress(InternalError):
        for piece in pieces:
            for frame in splitter.feed(piece):
                taken += 4 + len(frame)
                assert 0 < len(frame) <= frames.MAX_FRAME
    assert taken + len(splitter._buffer) <= sum(map(len, pieces))


def test_a_frame_that_is_too_long_is_refused_before_it_is_read() -> None:
    splitter = Splitter()
    with pytest.raises(InternalError):
        list(splitter.feed((frames.MAX_FRAME + 1).to_bytes(4, "little")))
    assert len(splitter._buffer) <= 4


# -- frames, as a script's process may send them -------------------------------------------------------------------

OPERATIONS = ["call", "sleep", "describe", "unknown", "module", "docs", "", "exit"]
FUNCTIONS = ["devin.get_session", "devin.create_session", "devin.list_sessions", "devin.", ".", "devin", "x.y", "\0"]
jsons = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
some_text = st.one_of(st.sampled_from([*FUNCTIONS, "default", "work", "../x", "a" * 400, "get_session"]), jsons)
requests = st.fixed_dictionaries(
    {"op": st.one_of(st.sampled_from(OPERATIONS), jsons)},
    optional={
        "function": st.one_of(st.sampled_from(FUNCTIONS), jsons),
        "arguments": st.one_of(st.fixed_dictionaries({}, optional={"session_id": some_text, "prompt": jsons}), jsons),
        "positional": jsons,
        "account": some_text,
        "seconds": st.one_of(st.sampled_from([0, 1, 1e9, -1, 1e300, True]), jsons),
        "integration": some_text,
        "name": some_text,
        "docs": st.one_of(st.sampled_from(["list", "search", "read"]), jsons),
        "text": some_text,
    },
)
errors = st.fixed_dictionaries(
    {},
    optional={
        "code": st.one_of(st.sampled_from(["script_error", "limit_exceeded", "usage", "rate_limited", "x"]), jsons),
        "details": st.one_of(st.just({"limit": "memory_mib"}), jsons),
        **dict.fromkeys(
            ["message", "hint", "call", "account", "status", "retryable", "retry_after", "request_id", "file", "line",
             "traceback", "other"],
            jsons,
        ),
    },
)  # fmt: skip
results = st.fixed_dictionaries(
    {}, optional={"ok": jsons, "values": jsons, "memory": jsons, "clean": jsons, "error": st.one_of(errors, jsons)}
)


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


BODIES = st.one_of(
    requests.map(encoded),
    results.map(encoded),
    jsons.map(encoded),
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"[" * 100_000,
            b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
            b'{"ok":true,"values":[' + b"9" * 5000 + b"]}",
            b'{"ok":true,"values":[1e999,-1e999]}',
            b'{"ok":true,"values":[NaN,Infinity]}',
            b'{"ok":true,"values":["\\ud800","\\udfff\\ud800"]}',
            b'{"ok":true,"values":["\xff\xfe"]}',
            b'{"ok":true,"ok":false}',
            b'{"op":"call","op":"sleep"}',
            b'\xef\xbb\xbf{"ok":true}',
            b'{"ok":true} ',
            b"",
        ]
    ),
)
HEADS = st.one_of(
    st.builds(lambda kind, n: kind + str(n).encode(), st.sampled_from([b"O", b"Q", b"R"]), st.integers(0, 9)),
    st.sampled_from([b"", b"Q", b"R-1", b"Q1.5", b"Z0", b"QQ1", b"Q" + b"9" * 16, b"Q\xb2", b"O0x", b"T0", b"S0"]),
    st.binary(max_size=4),
)
whole = st.builds(lambda head, body: head + b" " + body, HEADS, BODIES)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A frame of which some bytes are others, or gone, or there twice."""
    frame = bytearray(draw(whole))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, max(0, len(frame) - 1)))
        frame[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return bytes(frame)


@pytest.fixture(scope="module")
def parts() -> Iterator[Parts]:
    """What answers requests, with the simulator."""
    made = Parts(
        settings=Settings({}, "/nowhere", "/nowhere"),
        policy=Policy(read="allow", write="allow"),
        limits=Limits(),
        accounts=None,
        simulate=True,
        state=False,
        integrations=(),
    )
    yield made
    made.close()


def at_once(job: Callable[[], None]) -> None:
    """In the place of another thread."""
    job()


@steady(500)
@given(st.lists(mutated(), min_size=1, max_size=4))
@example([b"R0 {}"])
@example([b'R0 {"ok":false,"error":{"code":"limit_exceeded","details":{"limit":"memory_mib"}}}'])
@example([b'Q1 {"op":"sleep","seconds":1e9}'] * 3)
@example([b'Q1 {"op":"docs","docs":"read","text":5}'])
def test_frames_of_any_kind_are_answered_or_are_an_error(parts: Parts, sent: list[bytes]) -> None:
    replies: list[bytes] = []
    run = Run(limits=Limits(output_bytes=100), clock=parts.clock())
    bridge = Bridge(run, parts.services(at_once), modules=Modules(None))
    with suppress(LuaHostError):
        for frame in sent:
            bridge.receive(frame, replies.append)
    assert len(bridge.output) <= 100
    for reply in replies:
        kind, _, body = reply.partition(b" ")
        assert kind[:1] == b"A"
        assert kind[1:].isdigit()
        assert json.loads(body)["ok"] in (True, False)
    assert bridge.open == 0
    # All that anybody will do with what came of it.
    error = bridge.error()
    result = Result(
        output=bridge.output, values=bridge.values(), error=error, calls=run.calls(), elapsed_ms=run.elapsed_ms(),
        memory_bytes=bridge.memory_bytes(), meta={},
    )  # fmt: skip
    json.dumps(result.as_dict(), allow_nan=False, ensure_ascii=False).encode()
    repr(result)
    assert error is None or isinstance(error.exit_code, int)
    assert error is None or not isinstance(error, UsageError)
    bridge.is_clean()


@steady(200)
@given(requests)
def test_a_request_of_any_shape_is_answered(parts: Parts, request: dict[str, Any]) -> None:
    replies: list[bytes] = []
    run = Run(limits=Limits(calls=None), clock=parts.clock())
    bridge = Bridge(run, parts.services(at_once), modules=Modules(None))
    bridge.receive(b"Q7 " + encoded(request), replies.append)
    (reply,) = replies
    assert reply.startswith(b"A7 {")
    answer = json.loads(reply[3:])
    assert answer["ok"] is True or answer["error"]["message"]
    assert "luahost failed" not in answer.get("error", {}).get("message", "")


@steady(200)
@given(st.binary(max_size=100))
def test_any_words_about_a_seal_can_be_read(text: bytes) -> None:
    seal = Seal.decode(text)
    assert seal.level in LEVELS
    assert str(seal)


# -- the same through a process ------------------------------------------------------------------------------------

# The worker, but that a script "-- send HEX" makes it write those bytes.
SENDS = """
import sys; sys.path[:0] = sys.argv[3:]
import os
from luahost.lua import worker
good = worker._border
def border(data):
    found = good(data)
    _, send, rest = found.partition(b"-- send ")
    if send:
        data = bytes.fromhex(rest.split(b";")[0].decode())
        while data:
            data = data[os.write(1, data):]
        if b";and leave" in rest:
            os._exit(0)
    return found
worker._border = border
worker.{0}()
"""


@pytest.fixture(scope="module")
def sending() -> Iterator[Host]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUAHOST_HOME", "/nowhere")
        patch.setattr(spawn, "_BOOT", SENDS)
        with Host(isolation="process", simulate=True, reuse=10) as made:
            assert made.run("return 1").value == 1
            yield made


@steady(100)
@given(st.one_of(st.binary(max_size=40), st.lists(mutated(), max_size=3).map(lambda all_: b"".join(map(pack, all_)))))
@example(pack(b'R0 {"ok":true,"values":[1]}') * 2)
@example(pack(b'R0 {"ok":true,"values":[1]}') + b"\0")
@example(pack(b'Q1 {"op":"describe"}') * 40)
@example(pack(b"O0 x") * 40)
def test_a_process_that_sends_anything_ends_in_a_result_and_the_next_run_works(sending: Host, data: bytes) -> None:
    result = sending.run(f"-- send {data.hex()};and leave", limits=Limits(wall=10, output_bytes=100))
    assert result.ok or isinstance(result.error, LuaHostError)
    json.dumps(result.as_dict(), allow_nan=False)
    good = sending.run("print(args.n) return args.n", args={"n": 5})
    assert (good.value, good.output) == (5, "5\n"), good


# -- memory --------------------------------------------------------------------------------------------------------

MEMORY = """
import sys
from luahost import Host, Limits
from luahost.lua import spawn
spawn._BOOT = '''
import sys; sys.path[:0] = sys.argv[3:]
import os
from luahost.lua import worker
good = worker._border
def frame(text):
    data = len(text).to_bytes(4, "little") + text
    while data: data = data[os.write(1, data):]
def border(data):
    found = good(data)
    if b"-- attack" in found:
        %s
        os._exit(0)
    return found
worker._border = border
worker.{0}()
'''
host = Host(isolation="process", state=False)
host.run("return 1")
host.run("-- attack", limits=Limits(memory_mib=512, cpu=20, wall=5))
# The highest this program has had; ru_maxrss would count what had started it as well.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(int(peak.split()[1]) >> 10, host.run("return 7").value)
"""
FLOODS = {
    "many values": """frame(b'R0 {{"ok":true,"values":[' + b'{{}},' * (20 << 20) + b'1]}}')""",
    "many members": """frame(b'R0 {{"ok":true,"values":[{{' + b'"":0,' * (12 << 20) + b'"":1}}]}}')""",
    "commas in a text": """frame(b'R0 {{"ok":true,"values":["' + b',' * (60 << 20) + b'"]}}')""",
    "names without a value": """frame(b'R0 {{"ok":true,"values":[{{' + b'"",' * (20 << 20) + b'1}}]}}')""",
    "quoted quotes": """frame(b'R0 {{"ok":true,"values":["' + bytes([92, 34, 44]) * (20 << 20) + b'"]}}')""",
    "requests that wait": """
        request = b' {{"op":"sleep","seconds":1000,"x":"' + b"x" * (60 << 20) + b'"}}'
        for n in range(1, 30): frame(b"Q" + str(n).encode() + request)
    """,
    "output by the byte": "[os.write(1, (bytes([4, 0, 0, 0]) + b'O0 x') * 8000) for n in range(1000)]",
}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("flood", FLOODS)
def test_the_memory_of_the_host_is_bounded(flood: str) -> None:
    """A frame may have 64 MiB; what is made of it, a few times as much."""
    command = [sys.executable, "-c", MEMORY % FLOODS[flood]]
    env = {**os.environ, "LUAHOST_HOME": "/nowhere"}
    found = subprocess.run(command, cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, timeout=60, check=True).stdout
    mebibytes, value = map(int, found.split())
    assert (mebibytes < 512, value) == (True, 7), mebibytes
