# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is expensive to make is made once: a folder named by a hash of everything that went into it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kubelab.settings import CACHE

KEPT = 2  # entries of one kind: the one in use, and the one before


def digest(*inputs: str | Path) -> str:
    """A short hash over texts, files and whole folders (names, modes and content)."""
    h = hashlib.sha256()
    for item in inputs:
        if isinstance(item, str):
            h.update(b"text\0" + item.encode() + b"\0")
            continue
        for path in [item] if item.is_file() else sorted(p for p in item.rglob("*") if p.is_file()):
            if "__pycache__" in path.parts:
                continue
            name = path.name if path == item else str(path.relative_to(item))
            h.update(f"file\0{name}\0{os.access(path, os.X_OK)}\0".encode())
            h.update(path.read_bytes())
    return h.hexdigest()[:16]


def entry(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder of this kind and key; made by `make` in a folder beside it, so that a half-made one never counts."""
    folder = CACHE / kind / key
    if not folder.is_dir():
        unfinished = folder.with_name(f"{key}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        make(unfinished)
        unfinished.rename(folder)
    os.utime(folder)
    return folder


def forget() -> None:
    """Remove what was not used lately. For moments when the running lab stands on the newest of each kind."""
    for kind in ("programs", "bin", "debian", "base", "built", "registry", "definitions"):
        entries = [p for p in (CACHE / kind).glob("*") if p.is_dir()]
        names = {p.name.rpartition("-")[0] for p in entries}  # programs of several modules lie side by side
        for name in names:
            same = [p for p in entries if p.name.rpartition("-")[0] == name]
            for old in sorted(same, key=lambda p: p.stat().st_mtime, reverse=True)[KEPT:]:
                shutil.rmtree(old, ignore_errors=True)


@contextmanager
def locked(waiting: Callable[[], None]) -> Iterator[None]:
    """One lab command at a time; `waiting` is called when another one is under way."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
