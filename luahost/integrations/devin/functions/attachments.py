"""Files to and from Devin, as bytes of a script or as files of the folder that the run was given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from luahost.errors import InvalidArguments, InvalidResponse
from luahost.integrations.devin.functions.common import MAX_CONTENT, ORG, V3, Json, endpoints, field, flag, text
from luahost.integrations.devin.operations import organization
from luahost.spec import Example, Function, Param, Upload, quote

if TYPE_CHECKING:
    from luahost.spec import Call

_FILE = text("file", "A file of the folder that the run was given (`--files DIR`)", max_length=4096)
_NAME, _NAME_HINT = r'(?!\.\.?$)[^/\\\x00-\x1f"]+', "a file's name, without / and quotes"
_LONGEST_NAME = 255
_ADDRESS = re.compile(r"(?:/v1|/v3(?:beta1)?/organizations/(?P<org>[^/]+))?/attachments/(?P<id>[^/]+)/(?P<name>[^/]+)")


def _own_name(file: str) -> str:
    """What a file is called, where it may be sent so; what `name` refuses is not sent as something else either."""
    name = file.rpartition("/")[2]
    if len(name) > _LONGEST_NAME or not re.fullmatch(_NAME, name):
        raise InvalidArguments(
            f"what 'file' is called must be {_NAME_HINT}, not {name!r}", hint="give it another name with 'name'"
        )
    return name


def _upload(call: Call, arguments: Json) -> Json:
    content, file = arguments.get("content"), arguments.get("file")
    if (content is None) == (file is None):
        raise InvalidArguments("give either 'content' or 'file'", hint='as in { name = "log.txt", content = text }')
    if file is not None:
        content = call.files.read(file, MAX_CONTENT)
    elif "name" not in arguments:
        raise InvalidArguments("'name' is required beside 'content'", hint='as in { name = "log.txt", content = text }')
    name = arguments.get("name") or _own_name(file or "")
    path = f"/v3/organizations/{quote(organization(call))}/attachments" if call.version == "v3" else "/v1/attachments"
    answer = call.http.write("POST", path, file=Upload("file", name, content or b""))
    if call.version == "v1" and isinstance(answer, str):
        return {"url": answer, "name": name}
    if not isinstance(answer, dict) or not isinstance(answer.get("url"), str):
        raise InvalidResponse("the answer has no url", details={"answer": answer, "field": "url"})
    return answer


UPLOAD_ATTACHMENT = Function(
    name="upload_attachment",
    summary="Upload a file for Devin, to be named in attachment_urls.",
    access="write",
    handler=_upload,
    params=(
        text(
            "name", "What the file is called; without it, as the file is", max_length=_LONGEST_NAME,
            pattern=_NAME, pattern_hint=_NAME_HINT,
        ),
        Param(name="content", type="bytes", description="Its bytes", max_length=MAX_CONTENT),
        _FILE,
    ),
    returns=(
        field("url", "string", "Where it is; give it to create_session or send_message in attachment_urls"),
        field("attachment_id", "string", "Its id", versions=V3),
        field("name", "string", "What it is called"),
    ),
    examples=(
        Example(
            code="""\
local devin = app.integrations.devin
local log = devin.upload_attachment({ name = "build.log", content = "error: tests failed" })
devin.create_session({ prompt = "Why did this build fail?", attachment_urls = { log.url } })
"""
        ),
    ),
    endpoints=endpoints(f"POST {ORG}/attachments", "POST /v1/attachments"),
    notes=(
        (f"`content` may be any bytes, at most {MAX_CONTENT >> 20} MiB. `file` lies below the folder of `--files DIR` "
        "(`Host.run(files=…)`); links are resolved, and nothing outside is read."),
        'On API v1 Devin is told of a file by a line of the prompt: `ATTACHMENT:"URL"`.',
    ),
)  # fmt: skip


def _place(call: Call, url: str) -> str:
    """The path of an attachment's address, which must be one of this account's."""
    shown = f"not {url[:200]!r}"
    try:
        parts = urlsplit(url)
        origin, path = (parts.scheme, parts.netloc.lower()), parts.path
    except ValueError:  # an address that is none
        origin, path = ("", ""), ""
    home = urlsplit(call.base_url)
    found = _ADDRESS.fullmatch(path.removeprefix(home.path))
    if found is None:
        raise InvalidArguments(
            f"'url' must be the address of an attachment, {shown}", hint="give the url as the API gave it"
        )
    if origin != (home.scheme, home.netloc.lower()):
        raise InvalidArguments(
            f"'url' must be an address of {home.scheme}://{home.netloc}, where account {call.account} is, {shown}",
            hint="give the url as the API gave it, on the account that was given it",
        )
    rest = f"/attachments/{quote(unquote(found['id']))}/{quote(unquote(found['name']))}"
    theirs = unquote(found["org"] or "")
    if call.version == "v1":
        if theirs:
            raise InvalidArguments(f"'url' must be an address of API v1, which account {call.account} speaks, {shown}")
        return f"/v1{rest}"
    own = organization(call)
    if theirs not in ("", own):
        raise InvalidArguments(
            f"'url' must be an address of {own}, the organisation of account {call.account}, {shown}",
            hint="use the account of the organisation whose file it is",
        )
    return f"/v3/organizations/{quote(own)}{rest}"


def _download(call: Call, arguments: Json) -> Json:
    file, overwrite = arguments.get("file"), arguments.get("overwrite", False)
    if overwrite and file is None:
        raise InvalidArguments("'overwrite' goes with 'file' only, and none is named", hint="name it, or leave it out")
    files = call.files if file is not None else None  # without a folder, nothing is downloaded
    content, kind = call.http.download(_place(call, arguments["url"]))
    found: dict[str, Any] = {"size": len(content), "content_type": kind}
    if files is None or file is None:
        return {**found, "content": content}
    return {**found, "file": files.write(file, content, overwrite=overwrite)}


DOWNLOAD_ATTACHMENT = Function(
    name="download_attachment",
    summary="Download a file of a session: its bytes, or into a file.",
    access="read",
    handler=_download,
    params=(
        text(
            "url",
            "Its address, as list_session_attachments gives it",
            required=True,
            max_length=4096,
        ),
        _FILE,
        flag("overwrite", "Whether a file that is there already is replaced"),
    ),
    returns=(
        field("content", "string", "Its bytes, unless a file was named", always=False),
        field("file", "string", "The file that was written, where one was named", always=False),
        field("size", "integer", "How many bytes"),
        field("content_type", "string", "Their type"),
    ),
    examples=(
        Example(
            code="""\
local devin = app.integrations.devin
local log = devin.upload_attachment({ name = "notes.txt", content = "remember the milk" })
print(devin.download_attachment({ url = log.url }).content)
"""
        ),
    ),
    endpoints=endpoints(f"GET {ORG}/attachments/{{uuid}}/{{name}}", "GET /v1/attachments/{uuid}/{name}"),
    notes=(
        (
            "`url` is an address of the account's own host and organisation; any other is refused. "
            "The API redirects to storage, which never sees the key. The run's limit of a response's bytes holds "
            "(`--max-response`). `file` lies below the folder of `--files DIR`; what is there stays unless `overwrite`."
        ),
    ),
)

ALL = (UPLOAD_ATTACHMENT, DOWNLOAD_ATTACHMENT)
