from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from luahost import Host, Policy
from luahost.integrations.devin.simulator.multipart import MOST_BYTES
from luahost.integrations.devin.simulator.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost.integrations.devin.simulator import Simulator

FORM = "multipart/form-data; boundary=cut"


def local(url: str) -> str:
    """The path and query of a URL of the simulator."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def fetched(client: Any, url: str) -> Any:
    """The file behind a URL of the API, as a client reads it that keeps its key to itself."""
    redirect = client("GET", local(url))
    assert redirect.status == 307, redirect
    return client("GET", local(redirect.headers["location"]), authorization=None)


@pytest.fixture
def served(simulator: Simulator) -> Iterator[tuple[Simulator, str, list[Any]]]:
    """A simulator, where it listens, and the WSGI environment of every request that it gets."""
    received: list[Any] = []

    def noted(environ: Any, start_response: Any) -> Any:
        received.append(environ)
        return simulator(environ, start_response)

    with Server(noted) as server:
        yield simulator, server.url, received


def test_an_upload_has_an_id_a_name_and_an_absolute_url_on_the_host_that_was_asked(v3: Any) -> None:
    reply = v3.upload("notes.txt")
    assert reply.status == 200
    assert set(reply.json) == {"attachment_id", "name", "url"}
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", reply.json["attachment_id"])
    assert reply.json["name"] == "notes.txt"
    prefix = f"http://devin.test/v3/organizations/{v3.simulator.org_id}/attachments/"
    assert reply.json["url"] == f"{prefix}{reply.json['attachment_id']}/notes.txt"


@pytest.mark.parametrize(
    "content",
    [b"", b"\r\n", b"a\r\n--cu\r\nb\n", b"\r\r\n\n\r", bytes(range(256)) * 40, "ümläut".encode()],
    ids=["empty", "line end", "nearly the boundary", "line ends", "any byte", "text"],
)
@pytest.mark.parametrize("kind", ["application/octet-stream", "message/rfc822", "multipart/mixed; boundary=x"])
def test_a_download_is_the_bytes_that_were_sent(v3: Any, content: bytes, kind: str) -> None:
    file = fetched(v3, v3.upload("a.bin", content, kind).json["url"])
    assert (file.status, file.content) == (200, content)
    assert file.headers["content-type"] == kind.partition(";")[0]


@pytest.mark.parametrize("name", ["a b.txt", "ä?#%.txt", "50%.txt", "a&b=c"])
def test_a_name_survives_the_way_through_a_url(v3: Any, name: str) -> None:
    upload = v3.upload(name, name.encode()).json
    assert upload["name"] == name
    assert fetched(v3, upload["url"]).content == name.encode()


@pytest.mark.parametrize(("sent", "kept"), [("/etc/passwd", "passwd"), ("C:\\x\\y.txt", "y.txt"), ("a\tb", "ab")])
def test_a_name_is_no_path(v3: Any, sent: str, kept: str) -> None:
    assert v3.upload(sent).json["name"] == kept


def test_presigned_storage_wants_its_signature_and_looks_at_no_key(v3: Any) -> None:
    location = local(v3("GET", local(v3.upload().json["url"])).headers["location"])
    for authorization in (None, "Basic eA==", v3.authorization):
        assert v3("GET", location, authorization=authorization).content == b"hello"
    assert v3("GET", location[:-1] + "x", authorization=None).status == 403
    assert v3("GET", location.partition("?")[0], authorization=None).status == 403
    assert v3("GET", location.replace("notes", "other"), authorization=None).status == 404
    assert v3("POST", location, authorization=None).status == 405
    assert v3("GET", location[:-1] + "x").status == 403


def test_a_client_that_takes_its_key_along_the_redirect_gets_the_file(served: tuple[Simulator, str, list[Any]]) -> None:
    simulator, url, _ = served
    headers = {"Authorization": f"Bearer {simulator.keys['v3']['default']}"}
    attachments = f"{url}/v3/organizations/{simulator.org_id}/attachments"
    uploaded = requests.post(attachments, headers=headers, files={"file": ("a.txt", b"hello")}, timeout=10).json()
    file = requests.get(uploaded["url"], headers=headers, timeout=10)
    assert (file.status_code, file.content) == (200, b"hello")
    assert [answer.status_code for answer in file.history] == [307]


def test_luahost_itself_brings_no_key_to_storage(served: tuple[Simulator, str, list[Any]]) -> None:
    simulator, url, received = served
    account = {"api_key": simulator.keys["v3"]["default"], "base_url": url}
    with Host(accounts={"devin": {"default": account}}, policy=Policy(write="allow"), state=False) as host:
        uploaded = host.call("devin.upload_attachment", {"content": b"hello", "name": "a.txt"})
        file = host.call("devin.download_attachment", {"url": uploaded["url"]})
    assert file["content"] == b"hello"
    keys = [(environ["PATH_INFO"].startswith("/storage/"), "HTTP_AUTHORIZATION" in environ) for environ in received]
    assert keys[-2:] == [(False, True), (True, False)]


def test_a_presigned_url_expires_after_an_hour(v3: Any) -> None:
    url = local(v3.upload().json["url"])
    location = local(v3("GET", url).headers["location"])
    v3.simulator.clock.sleep(3599)
    assert v3("GET", location, authorization=None).status == 200
    v3.simulator.clock.sleep(1)
    assert v3("GET", location, authorization=None).status == 403
    assert fetched(v3, url).status == 200


def test_an_attachment_is_found_only_under_its_own_name_and_with_a_key(v3: Any, v1: Any) -> None:
    upload = v3.upload().json
    attachment = upload["attachment_id"]
    missing = v3("GET", v3.at(f"attachments/{attachment}/other.txt"))
    assert (missing.status, missing.json["detail"]) == (404, "Attachment not found")
    assert v3("GET", local(upload["url"]), authorization=None).status == 401
    gone = v1("GET", "/v1/attachments/nope/notes.txt")
    assert (gone.status, gone.json) == (404, {"detail": "Attachment not found"})


def test_v1_answers_an_upload_with_the_url_alone(v1: Any) -> None:
    reply = v1.upload("v1.txt", b"old")
    assert reply.headers["content-type"] == "application/json"
    assert reply.json.startswith("http://devin.test/v1/attachments/")
    assert fetched(v1, reply.json).content == b"old"


def test_a_host_that_is_none_does_not_get_into_a_header(v3: Any) -> None:
    reply = v3("GET", local(v3.upload().json["url"]), host="x\r\nset-cookie: a=b")
    assert reply.headers["location"].startswith("http://localhost/storage/")


PART = b'--cut\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\nx\r\n'


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 422),
        (b"--cut--\r\n", FORM, 422),
        (PART % (b"other", b'; filename="a"') + b"--cut--", FORM, 422),
        (PART % (b"file", b"") + b"--cut--", FORM, 422),
        (PART % (b"file", b'; filename=""') + b"--cut--", FORM, 422),
        (PART % (b"file", b'; filename=".."') + b"--cut--", FORM, 422),
        (PART % (b"file", b'; filename="%s"' % (b"a" * 256)) + b"--cut--", FORM, 422),
        (PART % (b"file", b'; filename="%s"' % (b"a" * 255)) + b"--cut--", FORM, 200),
        (PART % (b"file", b'; filename="a"'), FORM, 400),
        (PART % (b"file", b'; filename="a"') + b"--cut--", "multipart/form-data", 400),
        (PART % (b"file", b'; filename="a"') + b"--cut--", 'multipart/form-data; boundary="\xfc"', 400),
        (b"--cutter\r\n\r\nx\r\n--cut--", FORM, 400),
        (b"--cut\r\nno end of the headers\r\n--cut--", FORM, 400),
        (PART % (b"a", b"") * 101 + b"--cut--", FORM, 400),
        (b"", FORM, 400),
    ],
)
def test_a_body_without_a_file_is_refused(v3: Any, body: bytes, content_type: str, status: int) -> None:
    reply = v3("POST", v3.at("attachments"), body, content_type=content_type)
    assert reply.status == status, reply
    if status == 422:
        assert reply.json["errors"][0]["loc"] == ["body", "file"]


@pytest.mark.parametrize(("size", "status"), [(MOST_BYTES, 200), (MOST_BYTES + 1, 413)])
def test_a_file_has_a_largest_size(v3: Any, size: int, status: int) -> None:
    assert v3.upload(content=b"x" * size).status == status


def test_a_session_lists_what_it_was_given_and_what_devin_left(v3: Any) -> None:
    given, referred, sent = (v3.upload(name).json for name in ("given.txt", "referred.txt", "sent.txt"))
    session = v3.create(f'Look.\nATTACHMENT:"{referred["url"]}"', attachment_urls=[given["url"], "https://x.org/y.png"])
    path = f"{v3.sessions}/{session}"
    v3("POST", f"{path}/messages", {"message": "and this", "attachment_urls": [sent["url"], given["url"]]})
    early = v3("GET", f"{path}/attachments").json
    assert [(item["name"], item["source"]) for item in early] == [
        ("given.txt", "user"),
        ("y.png", "user"),
        ("referred.txt", "user"),
        ("sent.txt", "user"),
    ]
    assert early[0] == {**given, "source": "user", "content_type": "text/plain"}
    assert (early[1]["url"], early[1]["content_type"]) == ("https://x.org/y.png", None)
    v3.simulator.force(session, "running", "finished")
    late = v3("GET", f"{path}/attachments").json
    assert late[:-1] == early
    assert (late[-1]["name"], late[-1]["source"], late[-1]["content_type"]) == ("summary.md", "devin", "text/markdown")
    assert b"Look." in fetched(v3, late[-1]["url"]).content


def test_a_new_session_has_no_attachments_and_an_unknown_one_is_a_404(v3: Any) -> None:
    assert v3("GET", f"{v3.sessions}/{v3.create()}/attachments").json == []
    assert v3("GET", f"{v3.sessions}/devin-nope/attachments").status == 404
