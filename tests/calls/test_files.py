"""The folder of a run's files: what lies below it is read and written, and nothing else."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Limits, Policy
from luahost.calls.files import Folder
from luahost.errors import InvalidArguments, PermissionDenied, UsageError

if TYPE_CHECKING:
    from pathlib import Path

EVERY_BYTE = bytes(range(256))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with much in it that leads elsewhere, beside one that is nobody's business."""
    inside, outside = tmp_path / "given", tmp_path / "outside"
    (inside / "sub" / "deep").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (tmp_path / "given-too").mkdir()
    (tmp_path / "given-too" / "secret").write_text("secret")
    (inside / "plain").write_bytes(b"plain")
    (inside / "sub" / "below").write_bytes(b"below")
    (inside / "to-secret").symlink_to(outside / "secret")
    (inside / "to-outside").symlink_to(outside)
    (inside / "to-nothing-outside").symlink_to(outside / "new")
    (inside / "to-parent").symlink_to("..")
    (inside / "to-root").symlink_to("/")
    (inside / "to-plain").symlink_to("plain")
    (inside / "to-sub").symlink_to(inside / "sub")
    (inside / "to-environ").symlink_to("/proc/self/environ")
    (inside / "loop").symlink_to("loop")
    (inside / "chain").symlink_to("to-outside/secret")
    return inside


@pytest.fixture
def folder(place: Path) -> Folder:
    return Folder(place)


def everything(place: Path) -> dict[str, bytes | None]:
    """What lies around the folder: every file with its content."""
    return {
        str(each): None if each.is_symlink() or not each.is_file() else each.read_bytes()
        for each in place.parent.rglob("*")
        if "home" not in each.parts
    }


OUTSIDE = [
    "../outside/secret",
    "sub/../../outside/secret",
    "../given-too/secret",
    "/etc/passwd",
    "//etc/passwd",
    "/",
    "..",
    ".",
    "./",
    "sub/..",
    "to-secret",
    "to-outside/secret",
    "to-nothing-outside",
    "to-parent/outside/secret",
    "to-parent",
    "to-root/etc/passwd",
    "to-environ",
    "chain",
    "nosuch/../../outside/secret",
    "to-sub/../../outside/secret",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_lies_outside_is_neither_read_nor_written(folder: Folder, place: Path, name: str) -> None:
    before = everything(place)
    with pytest.raises(PermissionDenied, match="lies outside the folder"):
        folder.read(name, 100)
    for overwrite in (False, True):
        with pytest.raises(PermissionDenied, match="lies outside the folder"):
            folder.write(name, b"x", overwrite=overwrite)
    assert everything(place) == before


def test_the_absolute_name_of_a_file_outside_is_refused_and_of_one_inside_is_the_file(
    folder: Folder, place: Path
) -> None:
    with pytest.raises(PermissionDenied):
        folder.read(str(place.parent / "outside" / "secret"), 100)
    assert folder.read(str(place / "plain"), 100) == b"plain"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain", b"plain"),
        ("./plain", b"plain"),
        ("sub/below", b"below"),
        ("sub//below", b"below"),
        ("sub/../plain", b"plain"),
        ("to-plain", b"plain"),
        ("to-sub/below", b"below"),
        ("sub/deep/../below", b"below"),
    ],
)
def test_what_lies_below_is_read_through_links_that_stay_inside(folder: Folder, name: str, content: bytes) -> None:
    assert folder.read(name, 100) == content


@pytest.mark.parametrize("name", ["", "\0", "plain\0", "a\0/../../outside/secret", "\ud800", "x" * 5000, "x/" * 3000])
def test_what_is_no_name_is_refused(folder: Folder, place: Path, name: str) -> None:
    before = everything(place)
    for attempt in (lambda: folder.read(name, 100), lambda: folder.write(name, b"x", overwrite=True)):
        with pytest.raises(InvalidArguments):
            attempt()
    assert everything(place) == before


@pytest.mark.parametrize("name", ["nosuch", "sub", "sub/", "loop", "plain/x", "nosuch/x", "sub/deep", "x" * 300])
def test_what_is_no_file_cannot_be_read(folder: Folder, name: str) -> None:
    with pytest.raises(InvalidArguments):
        folder.read(name, 100)


def test_a_pipe_is_refused_and_not_waited_for(folder: Folder, place: Path) -> None:
    os.mkfifo(place / "pipe")
    done: list[str] = []

    def read() -> None:
        with pytest.raises(InvalidArguments, match="is not a file"):
            folder.read("pipe", 100)
        done.append("refused")

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(5)
    assert done == ["refused"]


def test_a_socket_and_a_device_are_refused(folder: Folder, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("sock")
        with pytest.raises(InvalidArguments):
            folder.read("sock", 100)
    with pytest.raises(InvalidArguments, match="is not a file"):
        Folder("/dev").read("zero", 100)


@pytest.mark.parametrize(("size", "fits"), [(0, True), (99, True), (100, True), (101, False), (10_000, False)])
def test_a_file_is_read_up_to_so_many_bytes(folder: Folder, place: Path, size: int, fits: bool) -> None:
    (place / "big").write_bytes(b"x" * size)
    if fits:
        assert folder.read("big", 100) == b"x" * size
    else:
        with pytest.raises(InvalidArguments, match="'big' has more than 100 bytes"):
            folder.read("big", 100)


@pytest.mark.parametrize("content", [b"", EVERY_BYTE, EVERY_BYTE * 5000], ids=len)
@pytest.mark.parametrize("name", ["new", "sub/new", "to-sub/new", "ünï 名 🦉", "with space", "-rf", "a\nb", "x" * 255])
def test_what_is_written_is_there_and_nothing_beside_it(folder: Folder, place: Path, name: str, content: bytes) -> None:
    before = everything(place)
    assert folder.write(name, content, overwrite=False) == name
    assert (place / name).read_bytes() == content
    (added,) = set(everything(place)) - set(before)
    assert added == str((place / name).resolve())


@pytest.mark.parametrize("name", ["plain", "sub/below", "to-plain"])
def test_what_is_there_is_not_overwritten_unless_asked(folder: Folder, place: Path, name: str) -> None:
    before = everything(place)
    with pytest.raises(InvalidArguments, match="is already there") as caught:
        folder.write(name, b"new", overwrite=False)
    assert "overwrite" in str(caught.value.hint)
    assert everything(place) == before
    folder.write(name, b"new", overwrite=True)
    assert (place / name).read_bytes() == b"new"
    assert set(everything(place)) == set(before)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_pipe_is_not_replaced(folder: Folder, place: Path, overwrite: bool) -> None:
    os.mkfifo(place / "pipe")
    with pytest.raises(InvalidArguments, match="'pipe' is not a file"):
        folder.write("pipe", b"x", overwrite=overwrite)
    assert (place / "pipe").is_fifo()


@pytest.mark.parametrize("name", ["plain/", "new/", "sub/below//"])
def test_a_name_that_ends_like_a_folder_s_is_no_file_s(folder: Folder, place: Path, name: str) -> None:
    before = everything(place)
    for attempt in (lambda: folder.read(name, 100), lambda: folder.write(name, b"x", overwrite=True)):
        with pytest.raises(InvalidArguments, match=f"'{name}' is a folder's name"):
            attempt()
    assert everything(place) == before


def test_a_link_that_is_overwritten_stays_a_link(folder: Folder, place: Path) -> None:
    folder.write("to-plain", b"new", overwrite=True)
    assert (place / "to-plain").is_symlink()
    assert (place / "plain").read_bytes() == b"new"


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", ["sub", "sub/deep", "to-sub", "plain/x", "nosuch/x", "loop/x", "x" * 256])
def test_what_cannot_be_written_is_refused_and_leaves_nothing(
    folder: Folder, place: Path, name: str, overwrite: bool
) -> None:
    before = everything(place)
    with pytest.raises(InvalidArguments):
        folder.write(name, b"x", overwrite=overwrite)
    assert everything(place) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named_and_left(folder: Folder, place: Path) -> None:
    (place / "sub").chmod(0o500)
    try:
        with pytest.raises(InvalidArguments, match="Permission denied"):
            folder.write("sub/new", b"x", overwrite=False)
    finally:
        (place / "sub").chmod(0o700)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_disk_that_is_full_leaves_no_draft_and_the_old_file(
    folder: Folder, place: Path, overwrite: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    before = everything(place)
    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(InvalidArguments, match="No space left"):
        folder.write("plain", b"x", overwrite=overwrite)
    assert everything(place) == before


def test_many_who_write_one_name_leave_one_whole_file(folder: Folder, place: Path) -> None:
    refused: list[bool] = []

    def write(number: int) -> None:
        try:
            folder.write("one", bytes([number]) * 50_000, overwrite=False)
        except InvalidArguments:
            refused.append(True)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 15
    content = (place / "one").read_bytes()
    assert len(content) == 50_000
    assert len(set(content)) == 1
    assert not [each for each in place.iterdir() if each.name.startswith(".")]


def test_a_link_to_the_folder_is_the_folder(place: Path) -> None:
    (place.parent / "link").symlink_to(place)
    linked = Folder(place.parent / "link")
    assert linked.read("plain", 100) == b"plain"
    linked.write("new", b"x", overwrite=False)
    assert (place / "new").read_bytes() == b"x"
    with pytest.raises(PermissionDenied):
        linked.read("../outside/secret", 100)


def test_a_link_that_is_turned_afterwards_changes_nothing(place: Path) -> None:
    link = place.parent / "link"
    link.symlink_to(place)
    linked = Folder(link)
    link.unlink()
    link.symlink_to(place.parent / "outside")
    with pytest.raises(InvalidArguments):
        linked.read("secret", 100)


@pytest.mark.parametrize("name", ["nosuch", "given/plain"])
def test_what_is_no_folder_is_wrong_usage(place: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        Folder(place.parent / name)
    with Host(simulate=True, policy=Policy(read="allow")) as host, pytest.raises(UsageError, match="is not a folder"):
        host.run("return 1", files=place.parent / name)


@pytest.mark.parametrize(
    "code",
    [
        "devin.upload_attachment{ file = 'plain' }",
        "devin.download_attachment{ url = url, file = 'new' }",
        "devin.download_attachment{ url = url, file = 'new', overwrite = true }",
    ],
)
def test_without_a_folder_nothing_is_read_written_or_asked(isolation: str, code: str, place: Path) -> None:
    source = f"local devin, url = app.integrations.devin, 'https://api.devin.ai/attachments/a/b' {code}"
    with Host(simulate=True, policy=Policy(write="allow"), isolation=isolation) as host:
        result = host.run(source, limits=Limits(wall=20))
        assert result.error is not None
        assert result.error.code == "permission_denied"
        assert "--files DIR" in str(result.error.hint)
        assert host.simulation("devin").requests == []
