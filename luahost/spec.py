"""How an integration is declared: frozen values, checked when they are made.

A function is declared once. The Lua table, the argument check, command-line help, JSON Schema, the reference
page and the tests follow from the declaration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

Type = Literal["string", "integer", "number", "boolean", "object", "array", "bytes"]
TYPES: tuple[str, ...] = ("string", "integer", "number", "boolean", "object", "array", "bytes")
Access = Literal["read", "write"]

ACCOUNT_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
INTEGRATION_NAME = re.compile(r"[a-z][a-z0-9]*\Z")
_FUNCTION_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+\Z")
_PARAM_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_VERSION_PATH = re.compile(r"/v\d+/?\Z")
_KEY_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*: [^{}\r\n]*\{key\}\Z")

LUA_WORDS = frozenset(
    [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
        "not", "or", "repeat", "return", "then", "true", "until", "while",
    ]
)  # fmt: skip
"""What a script cannot write behind a dot, or as a name in a table."""

KEPT_TAGS = ("luahost-key-", "luahost-args-")
"""How the two tags begin by which an idempotency key finds what it has made: whoever changes tags keeps these."""

T = TypeVar("T")


class Http(Protocol):
    """What a handler may ask of HTTP: requests to its account's host, and JSON back.

    `path` is appended to the account's base URL; every piece of it that came from a script goes through
    `luahost.spec.quote` first. Errors are raised as the classes of luahost.errors.
    """

    def get(self, path: str, query: Iterable[tuple[str, str]] = ()) -> Any:
        """The JSON of the answer. Repeated when that can help: reading changes nothing."""

    def get_page(self, path: str, query: Iterable[tuple[str, str]], field: str) -> Any:
        """The same, where the answer's list `field` is long: if it can be, it is a Listing, read when it is looked at.

        With one, of the answer's other fields only those behind the list are there; `Listing.answer` has all.
        """

    def write(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Iterable[tuple[str, str]] = (),
        file: Upload | None = None,
    ) -> Any:
        """The JSON of the answer, None for an empty one. Sent once; OutcomeUnknown when the answer was lost.

        With a `file` it goes as multipart/form-data, and there is no `body`.
        """

    def download(self, path: str) -> tuple[bytes, str]:
        """What lies behind the redirect of `path`, and its content type. The key stays with the account's host."""


class Listing:
    """The list `field` of an answer whose text has not been read, and can be passed on as the API sent it."""

    def __init__(self, text: str, field: str, read: Callable[[], Any]) -> None:
        self.text = text
        self.field = field
        self._read = read
        self._answer: dict[str, Any] | None = None

    @property
    def answer(self) -> dict[str, Any]:
        """The whole answer. Raises InvalidResponse where it is no JSON, or has no such list."""
        if self._answer is None:
            found = self._read()
            if not isinstance(found, dict) or not isinstance(found.get(self.field), list):
                from luahost.errors import InvalidResponse

                details = {"answer": found, "field": self.field}
                raise InvalidResponse(f"the answer has no list {self.field}", details=details)
            self._answer = found
        return self._answer

    def __iter__(self) -> Iterator[Any]:
        return iter(self.answer[self.field])

    def __len__(self) -> int:
        return len(self.answer[self.field])


class Upload(NamedTuple):
    """A file to send: the form's field, the file's name and its bytes."""

    field: str
    name: str
    content: bytes


class Files(Protocol):
    """The folder that a run may use; nothing outside is reached. Raises InvalidArguments, or PermissionDenied."""

    def read(self, name: str, most: int) -> bytes:
        """The bytes of a file, `most` at most."""

    def write(self, name: str, content: bytes, *, overwrite: bool) -> str:
        """Put them into a file, a new one unless `overwrite`; gives its name."""


class Call(Protocol):
    """One call, as its handler sees it."""

    @property
    def function(self) -> Function:
        """The function that is called."""

    @property
    def account(self) -> str:
        """The account's name."""

    @property
    def version(self) -> str:
        """The API version that the account speaks, one of the integration's."""

    @property
    def org_id(self) -> str | None:
        """The organisation that the account's settings name, None when they name none."""

    @property
    def base_url(self) -> str:
        """Where the account's API is: scheme, host and port, perhaps the beginning of a path."""

    @property
    def is_local(self) -> bool:
        """Whether that is on this machine: a server on loopback, or the simulator in the host."""

    @property
    def http(self) -> Http: ...

    @property
    def files(self) -> Files: ...

    def sleep(self, seconds: float) -> None:
        """Wait, within the run's limits; in a simulation its clock moves instead."""

    def time(self) -> float:
        """Seconds on the clock that `sleep` waits by."""

    def notice(self, text: str) -> None:
        """Tell whoever runs the script something that is no error."""

    def remember(self, name: str, find: Callable[[], T]) -> T:
        """What `find` gives, found once for an account and kept as long as the host."""

    @property
    def run_key(self) -> str | None:
        """An idempotency key that is this call's alone, in a run that can be resumed; None in another."""

    @property
    def walked(self) -> Sequence[dict[str, Any]]:
        """The pages of a list that a resumed run was given before: its pages go on after them."""

    def once(self, key: str, arguments: Mapping[str, Any], creation: Creation) -> Any:
        """Create under an idempotency key: what the key has made before, or what it makes now."""


class Creation(Protocol):
    """The steps of creating one thing under an idempotency key; each is a request or a few."""

    def scope(self) -> str | None:
        """The organisation in which the key counts; None where only the credential tells."""

    def send(self, tags: list[str]) -> dict[str, Any]:
        """Create it, marked with `tags`, and give what the API answered."""

    def find(self, tag: str) -> list[dict[str, Any]]:
        """All that carry `tag`, oldest first, each with `id` and `tags`."""

    def fetch(self, found: str) -> dict[str, Any]:
        """The thing with the id `found`, as it is now."""

    def identify(self, made: dict[str, Any]) -> str:
        """The id of what `send` gave."""


class Simulation(Protocol):
    """A simulated API: a WSGI application with keys and a clock."""

    @property
    def keys(self) -> Mapping[str, Mapping[str, str]]:
        """A key for each account, by API version."""

    clock: Any
    """What time it is there: `time()` and `sleep(seconds)`. It may be set."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]: ...


class SpecError(ValueError):
    """A declaration that contradicts itself: a fault of whoever wrote the integration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """One parameter. Bounds are inclusive; lengths count characters of a string, entries of an array, bytes of bytes.

    `pattern` is a regular expression for the whole of a string, and `pattern_hint` says it in words; of an array, both
    and `enum` hold for its entries. `fields` are those of an object, or of each entry of an array of objects. An object
    has at most `max_bytes` as JSON. `versions` are the API versions that know the parameter, none for all.
    """

    name: str
    type: Type
    description: str
    required: bool = False
    enum: tuple[str, ...] = ()
    items: Type | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    pattern_hint: str = ""
    sensitive: bool = False
    fields: tuple[Param, ...] = ()
    max_bytes: int | None = None
    versions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _PARAM_NAME.match(self.name):
            raise SpecError(f"parameter {self.name!r}: not a name")
        if self.type not in TYPES or (self.items is not None and self.items not in TYPES):
            raise SpecError(f"parameter {self.name}: the type must be one of {', '.join(TYPES)}")
        if (self.items is not None) != (self.type == "array"):
            raise SpecError(f"parameter {self.name}: an array, and only an array, says what its items are")
        if self.fields and "object" not in (self.type, self.items):
            raise SpecError(f"parameter {self.name}: only objects have fields")

    @property
    def type_text(self) -> str:
        return f"{self.type} of {self.items}" if self.items else self.type


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a result. With `versions`, only these give it, and `always` holds for them.

    `enum` are the texts that it can be, where these are known: `luahost check` finds what is compared with another.
    """

    name: str
    type: Type
    description: str
    always: bool = True
    versions: tuple[str, ...] = ()
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A Lua script that shows one thing; it runs as written."""

    code: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function: what a script calls, what it sends and what it gives.

    `pages` gives a list page by page, for those who walk it; each page has its entries in the field `entries`.
    `inline` is for a handler that returns at once and asks nobody: it is called without a thread of its own (but where
    an event loop runs the script), so that nothing can end it early. `partial` is for one that changes what is named
    and leaves the rest: there null, which elsewhere is as good as absent, is refused, and so is a call that names no
    more than what is required. A parameter `clear_x` is how such a function takes away what `x` or `x_id` has set.
    `sample` is an example of what it gives: what a dry run answers where the integration has no simulator. `keyed` says
    whether a call with these arguments can be made under an idempotency key, its own or `Call.run_key`: repeating it
    then finds what it made. `keywords` are what people call it who do not know its name: search finds it by them.
    """

    name: str
    summary: str
    access: Access
    handler: Callable[[Call, dict[str, Any]], Any]
    params: tuple[Param, ...] = ()
    returns: tuple[Field, ...] = ()
    examples: tuple[Example, ...] = ()
    endpoints: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()
    inline: bool = False
    partial: bool = False
    pages: Callable[[Call, dict[str, Any]], Iterator[dict[str, Any]]] | None = None
    entries: str = "items"
    sample: Mapping[str, Any] | None = None
    keyed: Callable[[dict[str, Any]], bool] | None = None
    keywords: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _FUNCTION_NAME.match(self.name):
            raise SpecError(f"function {self.name!r}: a verb and a noun in snake_case are expected")
        names = [param.name for param in self.params]
        if len(set(names)) != len(names):
            raise SpecError(f"function {self.name}: a parameter is declared twice")
        if self.access not in ("read", "write"):
            raise SpecError(f"function {self.name}: access must be read or write")

    def param(self, name: str) -> Param | None:
        return next((param for param in self.params if param.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One API as scripts see it, `app.integrations.<name>`.

    Without a `base_url` it is none of the network's: its functions get no HTTP client and need no key. With one,
    `key_prefixes` tells the API version by the beginning of a key; without any, the versions are those that functions
    name endpoints for. `vendor_prefix` is that of the vendor's own environment variables. `identify` names the function
    that shows whether a key works. `key_header` is how a key is sent, `headers` are sent with it, and with
    `key_optional` an account without a key sends none. `simulator` makes a simulated API for the accounts that it is
    given, and a seed.
    """

    name: str
    title: str = ""
    summary: str = ""
    functions: Sequence[Function]
    base_url: str = ""
    key_prefixes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    identify: str = ""
    vendor_prefix: str | None = None
    key_header: str = "Authorization: Bearer {key}"
    key_optional: bool = False
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    examples: tuple[Example, ...] = ()
    simulator: Callable[[Iterable[str], int], Simulation] | None = None

    def __post_init__(self) -> None:
        if not INTEGRATION_NAME.match(self.name):
            raise SpecError(f"integration {self.name!r}: lower-case letters and digits are expected")
        for function in self.functions:
            if not isinstance(function, Function):
                raise SpecError(f"integration {self.name}: {function!r} is not a Function; the decorator makes it one")
        names = [function.name for function in self.functions]
        if len(set(names)) != len(names):
            raise SpecError(f"integration {self.name}: a function is declared twice")
        object.__setattr__(self, "functions", tuple(self.functions))
        object.__setattr__(self, "title", self.title or self.name.capitalize())
        if self.base_url and self.function(self.identify) is None:
            raise SpecError(f"integration {self.name}: it has no function {self.identify!r}")
        if _VERSION_PATH.search(self.base_url):
            raise SpecError(f"integration {self.name}: a version at the end of base_url belongs into the endpoints")
        if not _KEY_HEADER.match(self.key_header):
            raise SpecError(f"integration {self.name}: key_header is written as in 'X-Api-Key: {{key}}'")

    @property
    def needs_key(self) -> bool:
        return bool(self.base_url)

    @property
    def versions(self) -> tuple[str, ...]:
        by_key = tuple(dict.fromkeys(self.key_prefixes.values()))
        return by_key or tuple(dict.fromkeys(name for each in self.functions for name in each.endpoints)) or ("v1",)

    def function(self, name: str) -> Function | None:
        return next((function for function in self.functions if function.name == name), None)


def quote(segment: str | int) -> str:
    """One path segment, percent-encoded whole: no value can leave its place in a URL (RFC 3986, 2.1)."""
    from urllib.parse import quote as percent

    from luahost.errors import InvalidArguments

    try:
        text = percent(str(segment) if isinstance(segment, int) else segment, safe="")
    except (TypeError, UnicodeError):
        text = ""
    if text in ("", ".", ".."):  # URL libraries take these away even when they are encoded
        raise InvalidArguments(f"{segment!r} cannot be a piece of a path")
    return text
