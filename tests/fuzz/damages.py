# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can become of a JSON file: of its bytes, and of each of its fields."""

from __future__ import annotations

import copy
import functools
import json
import os
import pathlib
import random
import typing as t

Damage = tuple[str, bytes]  #: what was done, and what the file holds then
Change = t.Callable[[t.Any, t.Any], None]  #: of what holds a field, by its key
Path = tuple[str | int, ...]

_MOST_ENTRIES = 2  #: of a list whose parts are damaged


def nested(levels: int, end: t.Any = "end") -> t.Any:
    """Data so many levels deep."""
    value = end
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


class Raw(str):
    """What stands in the file as it is: no serialiser would write it."""


#: What a field is given in place of its own value.
VALUES: tuple[t.Any, ...] = (
    *(None, True, 0, -1, 7, 1.5, 10**30, 10**400, "", "x", "\ud800", "\0", "x" * 70_000),
    *([], [None], [[]], ["x"], [7], {}, {"x": 1}, {"": None}, nested(30), nested(150)),
    *(Raw("NaN"), Raw("Infinity"), Raw("1e400"), Raw("1" * 5000), Raw("[" * 5000 + "]" * 5000), Raw("'x'")),
)


def of_bytes(good: bytes) -> t.Iterator[Damage]:
    """Damages of a whole file."""
    for part in (0, 1, 2, 3, 10, 50, 90, 99):
        yield f"cut at {part} %", good[: len(good) * part // 100]
    yield "cut by one byte", good.rstrip()[:-1]
    chance = random.Random("bytes")
    for number in range(40):
        place = chance.randrange(len(good))
        yield f"byte {place} flipped", good[:place] + bytes([good[place] ^ (1 << number % 8)]) + good[place + 1 :]
    for _number in range(10):
        place, size = chance.randrange(len(good)), chance.randrange(1, 200)
        yield f"{size} bytes from {place} gone", good[:place] + good[place + size :]
    for word in (b"null", b"true", b"7", b'"x"', b"[]", b"{}", b"[{}]", b" ", b"\n", b"x", b"{", b"}", b"\xff\xfe{}"):
        yield f"only {word!r}", word
    yield "binary", bytes(range(256)) * 10
    yield "zeros", b"\0" * 4096
    yield "gzip", b"\x1f\x8b\x08\x00" + good[:100]
    yield "twice", good + good
    yield "more behind it", good + b"x"
    yield "a mark before it", b"\xef\xbb\xbf" + good
    yield "UTF-16", good.decode(errors="replace").encode("utf-16")
    yield "Latin-1", good.replace(b"shop", "gr\u00fcn".encode("latin-1"))
    yield "half a character", good.replace(b"shop", b"\xed\xa0\x80")
    yield "NUL inside", good.replace(b"shop", b"sh\0op")
    yield "control characters", good.replace(b"shop", b"sh\x1b[31m\nop")
    yield "lists without end", b"[" * 100_000
    yield "objects without end", b'{"a":' * 100_000
    yield "deep and closed", b"[" * 100_000 + b"]" * 100_000
    yield "a key twice", b'{"schema": 7, ' + good.lstrip()[1:]
    yield "in a list", b"[" + good + b"]"
    yield "YAML", b"a: 1\nb: [2]\n"
    yield "a page", b"<!doctype html><html></html>"


def paths(data: t.Any, above: Path = ()) -> t.Iterator[Path]:
    """Where something stands in data; of long lists, in the first entries."""
    if above:
        yield above
    if isinstance(data, dict):
        for key, value in data.items():
            yield from paths(value, (*above, key))
    elif isinstance(data, list):
        for place, value in enumerate(data[:_MOST_ENTRIES]):
            yield from paths(value, (*above, place))


def of_fields(good: bytes) -> list[tuple[str, t.Callable[[], bytes]]]:
    """Damages of each field: it is gone, it has another name, it is something else."""
    data = json.loads(good)
    found: list[tuple[str, t.Callable[[], bytes]]] = []
    for path in paths(data):
        name = ".".join(map(str, path))
        ways: list[tuple[str, Change]] = [("gone", _remove), ("renamed", _rename)]
        ways += [(f"= {ascii(value)[:40]}", functools.partial(_put, value)) for value in VALUES]
        found += [(f"{name} {way}", functools.partial(_changed, data, path, change)) for way, change in ways]
    return found


def _changed(data: t.Any, path: Path, change: Change) -> bytes:
    whole = copy.deepcopy(data)
    at = whole
    for key in path[:-1]:
        at = at[key]
    change(at, path[-1])
    return _dumps(whole).encode("utf-8", "surrogatepass")


def _remove(at: t.Any, key: t.Any) -> None:
    del at[key]


def _rename(at: t.Any, key: t.Any) -> None:
    if isinstance(at, dict):
        at["other"] = at.pop(key)
    else:
        at.append(at[key])


def _put(value: t.Any, at: t.Any, key: t.Any) -> None:
    at[key] = value


_MARK = "raw value of the tests: "


def _dumps(whole: t.Any) -> str:
    raws: list[str] = []

    def marked(value: t.Any) -> t.Any:
        if isinstance(value, Raw):
            raws.append(str(value))
            return f"{_MARK}{len(raws) - 1}"
        if isinstance(value, dict):
            return {key: marked(inner) for key, inner in value.items()}
        return [marked(inner) for inner in value] if isinstance(value, list) else value

    text = json.dumps(marked(whole))
    for number, raw in enumerate(raws):
        text = text.replace(f'"{_MARK}{number}"', raw)
    return text


#: What may be in the place of a file.
THINGS: dict[str, t.Callable[[pathlib.Path], t.Any]] = {
    "nothing": lambda path: None,
    "folder": lambda path: path.mkdir(),
    "pipe": os.mkfifo,
    "link to nothing": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "link to the memory of the process": lambda path: path.symlink_to("/proc/self/mem"),
    "a hole of a TiB": lambda path: (path.touch(), os.truncate(path, 1 << 40)),
}
