"""Files to Devin and back: every byte of them, and the redirect to storage, which never sees the key."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import responses

from luahost import Host, Limits, Policy
from luahost.calls.settings import Settings
from luahost.errors import Forbidden, InvalidArguments, InvalidResponse, LimitExceeded, NetworkError, NotFound
from luahost.integrations.devin.simulator.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from luahost.results import Result
    from tests.conftest import Command

ALLOW = Policy(read="allow", write="allow")
KEY = "cog_attachments0123456789"
EVERY_BYTE = bytes(range(256))
CONTENTS = {
    "empty": b"",
    "text": b"plain text",
    "every": EVERY_BYTE,
    "utf-8": "ü名🦉".encode(),
    "latin-1": b"\xe9\xe8",
    "half": "🦉".encode()[:2],
    "boundary": b"--x\r\nContent-Disposition: form-data\r\n\r\n--x--\r\n",
    "nul": b"\0" * 100_000,
    "long": EVERY_BYTE * 1024,
}


@pytest.fixture(params=["v3", "v1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def simulated(version: str, isolation: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", version)
    with Host(simulate=True, policy=ALLOW, isolation=isolation, limits=Limits(wall=30)) as made:
        yield made


def good(host: Host, code: str, **options: Any) -> Result:
    result = host.run("local devin = app.integrations.devin\n" + code, **options)
    assert result.error is None, result.error.fields()
    return result


def lua(content: bytes) -> str:
    return '"' + "".join(f"\\{byte:03d}" for byte in content) + '"'


# -- bytes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_bytes_come_back_to_a_script_as_they_were_sent(simulated: Host, content: bytes) -> None:
    code = """
        local up = devin.upload_attachment({ name = "a.bin", content = CONTENT })
        local down = devin.download_attachment({ url = up.url })
        return down.content == CONTENT, down.size, #down.content
    """.replace(
        "CONTENT", lua(content) if len(content) < 1000 else f"({lua(content[:256])}):rep({len(content) // 256})"
    )
    length = len(content) if len(content) < 1000 else len(content) // 256 * 256
    assert good(simulated, code).values == [True, length, length]
    (kept,) = simulated.simulation("devin")._organization.attachments._uploaded.values()
    assert kept.content == content[:length]


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_bytes_come_back_to_a_program_as_they_were_sent(simulated: Host, content: bytes) -> None:
    made = simulated.call("devin.upload_attachment", {"name": "a.bin", "content": content})
    found = simulated.call("devin.download_attachment", {"url": made["url"]})
    assert (found["content"], found["size"]) == (content, len(content))


def test_five_mebibytes_go_there_and_back(isolation: str) -> None:
    code = f"""
        local content = ({lua(EVERY_BYTE)}):rep(20 * 1024)
        local up = devin.upload_attachment({{ name = "a.bin", content = content }})
        return devin.download_attachment({{ url = up.url }}).content == content, #content
    """
    with Host(simulate=True, policy=ALLOW, isolation=isolation) as host:
        assert good(host, code, limits=Limits(wall=30, memory_mib=256)).values == [True, 5 << 20]


def test_bytes_go_by_position_too(simulated: Host) -> None:
    code = f"return devin.download_attachment(devin.upload_attachment('a', {lua(EVERY_BYTE)}).url).size"
    assert good(simulated, code).value == 256


def test_a_table_with_bytes_is_left_as_it_was(simulated: Host) -> None:
    code = """
        local given = { name = "a", content = "\\255" }
        devin.upload_attachment(given)
        local n = 0
        for _ in pairs(given) do n = n + 1 end
        return given.content == "\\255", given.name, n
    """
    assert good(simulated, code).values == [True, "a", 2]


def test_bytes_in_another_parameter_are_no_text(simulated: Host) -> None:
    code = """
        local ok, err = pcall(devin.upload_attachment, { name = "\\255", content = "x" })
        return ok, err.code
    """
    assert good(simulated, code).values == [False, "invalid_arguments"]
    assert simulated.simulation("devin").requests == []


@pytest.mark.parametrize("name", ["ünï 名 🦉.txt", "with space.md", "a+b&c=d;e.txt", "100%.txt", "a'b", "-", "x" * 255])
def test_a_file_may_have_any_name(simulated: Host, name: str) -> None:
    made = simulated.call("devin.upload_attachment", {"name": name, "content": b"x"})
    (kept,) = simulated.simulation("devin")._organization.attachments._uploaded.values()
    assert (kept.name, made.get("name", name)) == (name, name)
    assert simulated.call("devin.download_attachment", {"url": made["url"]})["content"] == b"x"


@pytest.mark.parametrize("name", [".", "..", "a/b", "a\\b", 'a"b', "a\nb", "a\rb", "\0", "", "x" * 256])
def test_what_is_no_file_s_name_is_refused_before_anything_is_sent(simulated: Host, name: str) -> None:
    with pytest.raises(InvalidArguments, match="'name' must"):
        simulated.call("devin.upload_attachment", {"name": name, "content": b"x"})
    assert simulated.simulation("devin").requests == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "either 'content' or 'file'"),
        ({"name": "a"}, "either 'content' or 'file'"),
        ({"name": "a", "content": "x", "file": "y"}, "either 'content' or 'file'"),
        ({"content": "x"}, "'name' is required beside 'content'"),
        ({"name": "a", "content": 5}, "'content' must be a string of bytes, not the number 5"),
        ({"name": "a", "content": ["x"]}, "'content' must be a string of bytes, not a list"),
        ({"name": "a", "content": b"x" * ((24 << 20) + 1)}, "'content' must have at most 25165824 bytes, not 25165825"),
    ],
)
def test_an_upload_that_cannot_be_is_refused_before_anything_is_sent(
    simulated: Host, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidArguments, match=said):
        simulated.call("devin.upload_attachment", arguments)
    assert simulated.simulation("devin").requests == []


def test_records_show_the_size_of_bytes_and_not_the_bytes(simulated: Host) -> None:
    result = good(simulated, "devin.upload_attachment{ name = 'a', content = 'abc\\255' }")
    assert result.calls[0].arguments == {"name": "a", "content": "(4 bytes)"}
    json.dumps(result.as_dict())


# -- files --------------------------------------------------------------------------------------------------------


def test_a_file_is_uploaded_and_downloaded_into_another(simulated: Host, tmp_path: Path) -> None:
    (tmp_path / "in.bin").write_bytes(EVERY_BYTE * 1000)
    code = """
        local up = devin.upload_attachment({ file = "in.bin" })
        local down = devin.download_attachment({ url = up.url, file = "out.bin" })
        return up.name, down.file, down.size, down.content == nil
    """
    assert good(simulated, code, files=tmp_path).values == ["in.bin", "out.bin", 256_000, True]
    assert (tmp_path / "out.bin").read_bytes() == EVERY_BYTE * 1000


def test_a_program_names_files_the_same_way(simulated: Host, tmp_path: Path) -> None:
    (tmp_path / "ü.txt").write_bytes(b"x")
    made = simulated.call("devin.upload_attachment", {"file": "ü.txt", "name": "other"}, files=tmp_path)
    simulated.call("devin.download_attachment", {"url": made["url"], "file": "new"}, files=tmp_path)
    assert (tmp_path / "new").read_bytes() == b"x"


@pytest.mark.parametrize("file", ["../secret", "/etc/passwd", "link"])
def test_no_file_outside_is_uploaded(simulated: Host, tmp_path: Path, file: str) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "link").symlink_to(tmp_path / "secret")
    result = simulated.run(f"app.integrations.devin.upload_attachment({{ file = '{file}' }})", files=tmp_path / "given")
    assert result.error is not None
    assert result.error.code == "permission_denied"
    assert simulated.simulation("devin").requests == []


@pytest.mark.parametrize("file", ['q"uote.txt', "back\\slash.txt", "line\nbreak.txt"])
def test_a_file_whose_name_cannot_be_sent_needs_another(simulated: Host, tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_bytes(b"x")
    with pytest.raises(InvalidArguments, match="what 'file' is called must be a file's name") as caught:
        simulated.call("devin.upload_attachment", {"file": file}, files=tmp_path)
    assert caught.value.hint == "give it another name with 'name'"
    assert simulated.simulation("devin").requests == []
    made = simulated.call("devin.upload_attachment", {"file": file, "name": "other.txt"}, files=tmp_path)
    assert made["name"] == "other.txt"


def test_a_file_named_like_a_folder_is_told_so(simulated: Host, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x")
    with pytest.raises(InvalidArguments, match=r"'a\.txt/' is a folder's name"):
        simulated.call("devin.upload_attachment", {"file": "a.txt/"}, files=tmp_path)
    assert simulated.simulation("devin").requests == []


def test_overwrite_needs_a_file(simulated: Host) -> None:
    url = "https://api.devin.ai/attachments/a/b.txt"
    with pytest.raises(InvalidArguments, match="'overwrite' goes with 'file' only"):
        simulated.call("devin.download_attachment", {"url": url, "overwrite": True})
    assert simulated.simulation("devin").requests == []


def test_a_file_that_is_there_stays_unless_overwrite(simulated: Host, tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(b"old")
    url = simulated.call("devin.upload_attachment", {"name": "a", "content": b"new"})["url"]
    with pytest.raises(InvalidArguments, match="'it' is already there"):
        simulated.call("devin.download_attachment", {"url": url, "file": "it"}, files=tmp_path)
    assert (tmp_path / "it").read_bytes() == b"old"
    simulated.call("devin.download_attachment", {"url": url, "file": "it", "overwrite": True}, files=tmp_path)
    assert (tmp_path / "it").read_bytes() == b"new"


def test_a_download_that_fails_leaves_no_file(simulated: Host, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    with pytest.raises(NotFound):
        simulated.call(
            "devin.download_attachment",
            {"url": "https://api.devin.ai/attachments/nosuch/a", "file": "new"},
            files=folder,
        )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "x",
        "https://x/",
        "https://api.devin.ai/attachments/a",
        "https://api.devin.ai/attachments/a/b/c",
        "https://api.devin.ai/attachments//b",
    ],
)
def test_what_is_no_attachment_s_address_is_refused(simulated: Host, url: str) -> None:
    with pytest.raises(InvalidArguments, match="'url' must be the address of an attachment"):
        simulated.call("devin.download_attachment", {"url": url})
    assert [request.path for request in simulated.simulation("devin").requests] in ([], ["/v3/self"])


@pytest.mark.parametrize(
    "url",
    [
        "https://[x/attachments/a/b",
        "https://api.devin.ai/attachments/../b",
        "https://api.devin.ai/attachments/a/%2e%2e",
    ],
)
def test_an_address_that_is_none_or_leads_elsewhere_is_refused(simulated: Host, url: str) -> None:
    with pytest.raises(InvalidArguments):
        simulated.call("devin.download_attachment", {"url": url})


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v3/organizations/ORG/attachments/ID/a.txt",
        "https://api.devin.ai@evil.example/v3/organizations/ORG/attachments/ID/a.txt",
        "https://user@api.devin.ai/v3/organizations/ORG/attachments/ID/a.txt",
        "https://api.devin.ai:8443/v3/organizations/ORG/attachments/ID/a.txt",
        "http://api.devin.ai/v3/organizations/ORG/attachments/ID/a.txt",
        "//api.devin.ai/v3/organizations/ORG/attachments/ID/a.txt",
        "/v3/organizations/ORG/attachments/ID/a.txt",
        "https://api.devin.ai/v3/organizations/org-other/attachments/ID/a.txt",
        "https://api.devin.ai/elsewhere/v3/organizations/ORG/attachments/ID/a.txt",
    ],
)
def test_the_address_of_another_host_or_organisation_is_refused_and_no_file_is_asked_for(
    simulated: Host, url: str
) -> None:
    made = simulated.call("devin.upload_attachment", {"name": "a.txt", "content": b"x"})["url"]
    simulated.call("devin.download_attachment", {"url": made})
    simulator = simulated.simulation("devin")
    simulator.requests.clear()
    url = url.replace("ORG", simulator.org_id).replace("ID", made.split("/")[-2])
    with pytest.raises(InvalidArguments, match="'url' must be") as caught:
        simulated.call("devin.download_attachment", {"url": url})
    assert repr(url) in str(caught.value)
    assert simulator.requests == []


# -- attachment_urls -----------------------------------------------------------------------------------------------

LOCAL = "http://localhost/x"
WITH_URLS = [
    pytest.param("create_session", {"prompt": "x"}, id="create_session"),
    pytest.param("send_message", {"session_id": "sess_abc123", "message": "x"}, id="send_message"),
]


@pytest.mark.parametrize(("name", "arguments"), WITH_URLS)
def test_a_file_on_this_machine_is_no_attachment_for_an_api_elsewhere(name: str, arguments: dict[str, Any]) -> None:
    account = {"api_key": KEY}
    with (
        responses.RequestsMock() as mock,
        Host(accounts={"devin": {"default": account}}, policy=ALLOW, state=False) as host,
    ):
        urls = ["https://example.com/x", LOCAL]
        with pytest.raises(InvalidArguments, match=r"'attachment_urls' at \[2\] must be an https:// address") as caught:
            host.call(f"devin.{name}", {**arguments, "attachment_urls": urls})
        assert repr(LOCAL) in str(caught.value)
        assert len(mock.calls) == 0


@pytest.mark.parametrize(("name", "arguments"), WITH_URLS)
def test_a_file_on_this_machine_is_an_attachment_for_an_api_that_runs_there(
    name: str, arguments: dict[str, Any], accounts: Any, host: Host
) -> None:
    given = {**arguments, "attachment_urls": [LOCAL]}
    assert host.call(f"devin.{name}", given)["session_id"]  # the simulator in the host
    with Host(accounts=accounts(), policy=ALLOW, state=False) as other:
        assert other.call(f"devin.{name}", given)["session_id"]  # a server


# -- the command line ---------------------------------------------------------------------------------------------


def test_the_command_line_gives_a_script_a_folder(luahost: Command, tmp_path: Path, isolation: str) -> None:
    (tmp_path / "in.bin").write_bytes(EVERY_BYTE)
    code = """local devin = app.integrations.devin
        local up = devin.upload_attachment({ file = "in.bin" })
        print(devin.download_attachment({ url = up.url, file = "out.bin" }).size)"""
    words = ["run", "--simulate", "--isolation", isolation, "-e", code]
    done = luahost(*words[:-2], "--files", str(tmp_path), *words[-2:])
    assert (done.code, done.out) == (0, "256\n"), done
    assert (tmp_path / "out.bin").read_bytes() == EVERY_BYTE
    without = luahost(*words, cwd=tmp_path)
    assert without.code == 5, without
    assert "--files DIR" in without.err


def test_the_command_line_gives_a_call_a_folder(luahost: Command, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_bytes(b"x")
    words = ["call", "--simulate", "--json", "devin.upload_attachment", "file=in.txt"]
    done = luahost(*words, "--files", str(tmp_path))
    assert (done.code, done.json["name"]) == (0, "in.txt"), done
    assert luahost(*words, cwd=tmp_path).code == 5
    assert luahost(*words, "--files", str(tmp_path / "in.txt")).code == 2


@pytest.mark.parametrize("content", [b"plain", EVERY_BYTE, b""], ids=["text", "every", "empty"])
def test_a_call_uploads_the_bytes_of_a_file_and_prints_what_it_downloads(
    luahost: Command, server: Server, simulator: Any, content: bytes, tmp_path: Path
) -> None:
    (tmp_path / "a.bin").write_bytes(content)
    env = {"DEVIN_API_KEY": simulator.keys["v3"]["default"], "DEVIN_BASE_URL": server.url}
    words = ["call", "--json", "devin.upload_attachment", "name=a.bin", f"content=@{tmp_path / 'a.bin'}"]
    up = luahost(*words, env=env)
    assert up.code == 0, up
    words = ["devin.download_attachment", f"url={up.json['url']}"]
    down = luahost("call", *words, env=env)
    assert (down.code, down.err) == (0, "")
    assert b"content: " + content + b"\n" in down.raw
    down = luahost("call", "--json", *words, env=env)
    assert down.json["content"] == content.decode("utf-8", "replace")
    assert down.json["size"] == len(content)


# -- the redirect to storage --------------------------------------------------------------------------------------


class App:
    """A server that notes the headers of each request, and answers each as `answers` says by path."""

    def __init__(self, answers: dict[str, tuple[str, dict[str, str], bytes]]) -> None:
        self.answers = answers
        self.requests: list[tuple[str, dict[str, str]]] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = {name: str(value) for name, value in environ.items() if name.startswith("HTTP_")}
        self.requests.append((environ["PATH_INFO"], headers))
        status, given, body = self.answers.get(environ["PATH_INFO"], ("404 Not Found", {}, b"{}"))
        start_response(status, [*given.items(), ("content-length", str(len(body)))])
        return [body]


Storage = tuple[Host, App, App, str]
AT = "/v3/organizations/org-1/attachments/a/b.txt"


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    """A host, its API, and a storage on another port with its address."""
    api, store = App({}), App({"/file": ("200 OK", {"content-type": "text/plain"}, EVERY_BYTE)})
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(each)) for each in (api, store)]
        account = {"api_key": KEY, "base_url": servers[0].url, "org_id": "org-1"}
        settings = Settings({}, str(tmp_path), str(tmp_path), {"http": {"retries": 0, "timeout": 5}})
        host = stack.enter_context(
            Host(accounts={"devin": {"default": account}}, policy=ALLOW, settings=settings, state=False)
        )
        yield host, api, store, servers[1].url


def address(host: Host) -> dict[str, str]:
    """What is downloaded in these tests: a file of the account's own API."""
    return {"url": f"{host.dispatcher.accounts['devin'].resolve('default').base_url}/attachments/a/b.txt"}


def redirect(api: App, target: str, status: str = "307 Temporary Redirect") -> None:
    api.answers[AT] = (status, {"location": target}, b"")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_storage_gives_the_file_and_never_sees_the_key(storage: Storage, status: str) -> None:
    host, api, store, url = storage
    redirect(api, f"{url}/file?signature=abc", status)
    found = host.call("devin.download_attachment", address(host))
    assert (found["content"], found["content_type"]) == (EVERY_BYTE, "text/plain")
    ((_, sent),) = api.requests
    assert sent["HTTP_AUTHORIZATION"] == f"Bearer {KEY}"
    ((_, received),) = store.requests
    assert "HTTP_AUTHORIZATION" not in received
    assert "HTTP_COOKIE" not in received
    assert KEY not in json.dumps(received)


@pytest.mark.parametrize("userinfo", ["user:password@", "user@", f"{KEY}:x@"])
def test_what_an_address_says_of_users_is_not_sent(storage: Storage, userinfo: str) -> None:
    host, api, store, url = storage
    redirect(api, url.replace("http://", f"http://{userinfo}") + "/file")
    assert host.call("devin.download_attachment", address(host))["content"] == EVERY_BYTE
    assert "HTTP_AUTHORIZATION" not in store.requests[0][1]


@pytest.mark.parametrize("by", ["path", "absolute"])
def test_a_redirect_within_the_api_carries_no_key_either(storage: Storage, by: str) -> None:
    host, api, _, _ = storage
    redirect(
        api,
        "/elsewhere" if by == "path" else f"{host.dispatcher.accounts['devin'].resolve('default').base_url}/elsewhere",
    )
    api.answers["/elsewhere"] = ("200 OK", {}, b"x")
    assert host.call("devin.download_attachment", address(host))["content"] == b"x"
    assert ["HTTP_AUTHORIZATION" in headers for _, headers in api.requests] == [True, False]


def test_a_chain_of_redirects_is_followed(storage: Storage) -> None:
    host, api, store, url = storage
    redirect(api, f"{url}/one")
    store.answers["/one"] = ("302 Found", {"location": "/two"}, b"")
    store.answers["/two"] = ("302 Found", {"location": "file"}, b"")
    assert host.call("devin.download_attachment", address(host))["content"] == EVERY_BYTE
    assert all("HTTP_AUTHORIZATION" not in headers for _, headers in store.requests)


def test_a_file_that_the_api_gives_itself_is_the_file(storage: Storage) -> None:
    host, api, _, _ = storage
    api.answers[AT] = ("200 OK", {"content-type": "application/pdf"}, EVERY_BYTE)
    assert host.call("devin.download_attachment", address(host))["content"] == EVERY_BYTE


def test_redirects_that_never_end_are_given_up(storage: Storage) -> None:
    host, api, store, url = storage
    redirect(api, f"{url}/loop")
    store.answers["/loop"] = ("302 Found", {"location": "/loop"}, b"")
    with pytest.raises(InvalidResponse, match="again and again"):
        host.call("devin.download_attachment", address(host))
    assert len(store.requests) < 20


@pytest.mark.parametrize(
    "target",
    [
        "http://storage.example/file",
        "http://10.0.0.1/file",
        "http://127.0.0.1.evil.example/file",
        "http://localhost.evil.example/file",
        "http://127.0.0.1@evil.example/file",
        "ftp://127.0.0.1/file",
        "file:///etc/passwd",
        "data:text/plain,x",
        "//evil.example/file",
        "http://[x",
        "https://[x/",
        "https://",
        "https:///file",
        "https://127.0.0.1:notaport/",
        "https://127.0.0.1:99999999/",
        "https://\u00ff\u2028/",
        "javascript:alert(1)",
    ],
)
def test_a_redirect_to_what_is_not_https_is_refused(storage: Storage, target: str) -> None:
    host, api, store, _ = storage
    redirect(api, target.encode().decode("latin-1"))
    with pytest.raises(InvalidResponse):
        host.call("devin.download_attachment", address(host))
    assert store.requests == []


def test_an_api_elsewhere_may_not_send_us_to_our_own_machine(storage: Storage, tmp_path: Path) -> None:
    _, _, store, url = storage
    account = {"api_key": KEY, "org_id": "org-1"}
    with (
        responses.RequestsMock() as mock,
        Host(accounts={"devin": {"default": account}}, policy=ALLOW, state=False) as host,
    ):
        mock.get(f"https://api.devin.ai{AT}", status=307, headers={"location": f"{url}/file"})
        mock.add_passthru(url)
        with pytest.raises(InvalidResponse, match="which is not https"):
            host.call("devin.download_attachment", address(host))
    assert store.requests == []


def test_what_a_redirect_says_does_not_show_the_key(storage: Storage) -> None:
    host, api, _, _ = storage
    redirect(api, f"http://evil.example/{KEY}")
    with pytest.raises(InvalidResponse) as caught:
        host.call("devin.download_attachment", address(host))
    assert KEY not in json.dumps(caught.value.fields())


def test_storage_that_refuses_is_an_error(storage: Storage) -> None:
    host, api, store, url = storage
    redirect(api, f"{url}/file")
    store.answers["/file"] = ("403 Forbidden", {"content-type": "application/xml"}, b"<Error>expired</Error>")
    with pytest.raises(Forbidden):
        host.call("devin.download_attachment", address(host))


@pytest.mark.parametrize(("most", "fits"), [(255, False), (256, True)])
def test_a_download_stays_within_the_limit_of_a_response(
    storage: Storage, most: int, fits: bool, tmp_path: Path
) -> None:
    host, api, _, url = storage
    folder = tmp_path / "given"
    folder.mkdir()
    redirect(api, f"{url}/file")
    code = f"return app.integrations.devin.download_attachment({{ url = '{address(host)['url']}', file = 'new' }}).size"
    result = host.run(code, files=folder, limits=Limits(response_bytes=most))
    if fits:
        assert result.value == 256
    else:
        assert isinstance(result.error, LimitExceeded)
        assert result.error.details["limit"] == "response_bytes"
        assert list(folder.iterdir()) == []


def test_a_file_cut_short_on_the_way_is_no_file(storage: Storage, tmp_path: Path) -> None:
    host, api, _, _ = storage
    folder = tmp_path / "given"
    folder.mkdir()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"x" * 100)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        redirect(api, f"http://127.0.0.1:{listener.getsockname()[1]}/file")
        with pytest.raises(NetworkError):
            host.call("devin.download_attachment", {**address(host), "file": "new"}, files=folder)
        thread.join(5)
    assert list(folder.iterdir()) == []
