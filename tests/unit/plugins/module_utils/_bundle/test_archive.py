# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive: the same for the same files, and nothing but a folder of files is read."""

from __future__ import annotations

import io
import tarfile
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._bundle import archive

FILES = {"a.json": b"{}", "b.txt": b"x" * 100_000, "empty": b""}


def packed(files: t.Mapping[str, bytes] = FILES, folder: str = "bundle") -> bytes:
    stream = io.BytesIO()
    archive.write(stream, folder, files)
    return stream.getvalue()


def made(*entries: tarfile.TarInfo, mode: str = "w:gz") -> bytes:
    """An archive of entries, each with as many bytes as it says."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=t.cast(t.Any, mode)) as tar:
        for entry in entries:
            tar.addfile(entry, io.BytesIO(b"x" * entry.size))
    return stream.getvalue()


def entry(name: str, **more: t.Any) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    for key, value in more.items():
        setattr(found, key, value)
    return found


def test_what_was_written_is_read():
    assert archive.read(io.BytesIO(packed())) == FILES
    assert packed() == packed()


def test_files_are_their_owners_alone_and_nothing_tells_who_packed_them():
    with tarfile.open(fileobj=io.BytesIO(packed())) as tar:
        for each in tar:
            assert (each.mode, each.uid, each.uname, each.mtime) == (0o600, 0, "", 0)
            assert each.name.startswith("bundle/")


def test_what_tar_packs_of_the_folder_is_read():
    whole = made(entry("./bundle", type=tarfile.DIRTYPE), entry("./bundle/a.json", size=2))
    assert archive.read(io.BytesIO(whole)) == {"a.json": b"xx"}
    assert archive.read(io.BytesIO(made(entry("a.json", size=2)))) == {"a.json": b"xx"}


@pytest.mark.parametrize(
    "bad",
    [
        entry("../a.json"),
        entry("/etc/passwd"),
        entry("bundle/../../a.json"),
        entry("bundle/inner/a.json"),
        entry("bundle/.hidden"),
        entry("bundle/a\nb"),
        entry("bundle/a.json", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        entry("bundle/a.json", type=tarfile.LNKTYPE, linkname="b.json"),
        entry("bundle/a.json", type=tarfile.CHRTYPE),
        entry("bundle/a.json", type=tarfile.FIFOTYPE),
    ],
    ids=lambda each: f"{each.name!r}-{each.type!r}",
)
def test_anything_else_is_refused(bad: tarfile.TarInfo):
    with pytest.raises(ValueError, match="is no regular file of a bundle's folder"):
        archive.read(io.BytesIO(made(entry("bundle/first.json", size=1), bad)))


def test_two_files_of_one_name_two_folders_and_too_many_files_are_refused():
    for entries in (
        [entry("bundle/a", size=1), entry("bundle/a", size=1)],
        [entry("bundle/a", size=1), entry("other/b", size=1)],
        [entry(f"bundle/a{number}") for number in range(archive.MOST_FILES + 1)],
    ):
        with pytest.raises(ValueError, match="more than the files of one bundle"):
            archive.read(io.BytesIO(made(*entries)))


def test_what_unpacks_to_too_much_is_refused():
    with pytest.raises(ValueError, match="more than 50,000 bytes"):
        archive.read(io.BytesIO(packed()), most=50_000)


@pytest.mark.parametrize(
    "body", [b"", b"text", packed()[:200], packed()[:-20], made(entry("bundle/a", size=1), mode="w")]
)
def test_what_is_no_whole_archive_is_refused(body: bytes):
    with pytest.raises(ValueError, match=r"it is no tar\.gz"):
        archive.read(io.BytesIO(body))
