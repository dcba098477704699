# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a Corefile says: its server blocks with their plugins, and what of them answers a name. Pure.

Only what decides who answers a name is read (https://coredns.io/manual/configuration/); the rest is left out.
"""

from __future__ import annotations

import dataclasses
import re
import shlex
import typing as t

_MOST_LINES = 2000
#: Plugins that may answer a name before C(kubernetes) does, in the order of CoreDNS (plugin.cfg).
_BEFORE = ("rewrite", "template", "hosts")


@dataclasses.dataclass(frozen=True)
class Directive:
    """A plugin of a server block.

    Attributes:
        name: of the plugin.
        args: the words behind it.
        body: the words of each line of its block.
        first: number of its first line, from 0.
        last: number of its last line.
    """

    name: str
    args: tuple[str, ...] = ()
    body: tuple[tuple[str, ...], ...] = ()
    first: int = 0
    last: int = 0

    def option(self, name: str) -> tuple[str, ...] | None:
        """The words behind an option of its block; none where it does not have it."""
        return next((words[1:] for words in self.body if words[:1] == (name,)), None)


@dataclasses.dataclass(frozen=True)
class ServerBlock:
    """Zones with the plugins that answer for them; the root zone is empty."""

    zones: tuple[str, ...]
    directives: tuple[Directive, ...] = ()
    first: int = 0
    last: int = 0

    def plugin(self, name: str) -> Directive | None:
        """Its first plugin of a name."""
        return next((one for one in self.directives if one.name == name), None)


@dataclasses.dataclass(frozen=True)
class Shadow:
    """What of a Corefile answers a name in place of C(kubernetes).

    Attributes:
        first: its first line.
        last: its last line.
        says: what it is, as a clause: C(the template for web.shop.svc.cluster.local).
    """

    first: int
    last: int
    says: str


def parse(text: str) -> tuple[ServerBlock, ...]:
    """Read the server blocks of a Corefile; snippets and what is imported are left out."""
    blocks: list[ServerBlock] = []
    zones: list[str] = []
    found: list[Directive] = []
    depth = start = 0
    for number, line in enumerate(text.splitlines()[:_MOST_LINES]):
        words = _words(line)
        opens, closes = words[-1:] == ["{"], words == ["}"]
        if depth == 0 and opens:
            zones, found, start = words[:-1], [], number
        elif depth == 1 and words and not closes:
            found.append(Directive(words[0], tuple(words[1:-1] if opens else words[1:]), (), number, number))
        elif depth == 2 and found and words:
            body = found[-1].body if closes else (*found[-1].body, tuple(words))
            found[-1] = dataclasses.replace(found[-1], body=body, last=number)
        depth += opens - closes
        if depth == 0 and closes and zones and not zones[0].startswith("("):
            names = tuple(_zone(each) for word in zones for each in word.split(",") if each)
            blocks.append(ServerBlock(names, tuple(found), start, number))
    return tuple(blocks)


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters, lexer.quotes, lexer.escape = True, "#", '"', ""
    try:
        return list(lexer)
    except ValueError:  # an open quote
        return line.split()


def _zone(text: str) -> str:
    """C(dns://shop.svc.cluster.local:53) as its name."""
    name = text.rpartition("://")[2]
    name = re.sub(r":\d+$", "", name)
    return name.lower().strip(".")


def is_in(name: str, zone: str) -> bool:
    """Whether a name is that of a zone or below it."""
    return not zone or name == zone or name.endswith(f".{zone}")


def block_of(blocks: t.Iterable[ServerBlock], name: str) -> ServerBlock | None:
    """The server block that answers a name: that of the longest zone."""
    fits = [(len(zone), block) for block in blocks for zone in block.zones if is_in(name, zone)]
    return max(fits, key=lambda one: one[0])[1] if fits else None


def cluster_zones(blocks: t.Iterable[ServerBlock]) -> tuple[str, ...]:
    """The zones that C(kubernetes) answers for, without those of addresses."""
    found: list[str] = []
    for block in blocks:
        plugin = block.plugin("kubernetes")
        if plugin:
            found += [_zone(each) for each in plugin.args] or list(block.zones)
    return tuple(dict.fromkeys(zone for zone in found if zone and not zone.endswith(".arpa")))


def upstreams(blocks: t.Iterable[ServerBlock], name: str = "") -> tuple[str, ...]:
    """Where names outside the cluster are forwarded to: addresses, or the file that names them."""
    block = block_of(blocks, name.lower().strip("."))
    plugin = (block.plugin("forward") or block.plugin("proxy")) if block else None
    return plugin.args[1:] if plugin else ()


def shadow(blocks: t.Sequence[ServerBlock], name: str) -> Shadow | None:
    """What answers the name of a Service in place of C(kubernetes); none where that answers it."""
    name = name.lower().strip(".")
    block = block_of(blocks, name)
    if block is None:
        return None
    for plugin in sorted(block.directives, key=lambda one: _BEFORE.index(one.name) if one.name in _BEFORE else 9):
        if plugin.name in _BEFORE and _takes(plugin, name):
            return Shadow(plugin.first, plugin.last, f"plugin {plugin.name} ({_said(plugin)})")
    own = block.plugin("kubernetes")
    if own is None:
        where = ", ".join(zone or "." for zone in block.zones)
        return Shadow(block.first, block.last, f"the server block for {where}, which has no plugin kubernetes,")
    if not any(is_in(name, _zone(zone)) for zone in own.args or block.zones):
        return Shadow(own.first, own.last, f"plugin kubernetes for {' '.join(own.args)}, and no other zone,")
    namespaces = own.option("namespaces")
    if namespaces is not None and not {*name.split(".")} & {*namespaces}:
        return Shadow(own.first, own.last, f"plugin kubernetes, only for namespaces {' '.join(namespaces)},")
    return None


def _said(plugin: Directive) -> str:
    words = plugin.args or next(iter(plugin.body), ())
    return " ".join((plugin.name, *words))[:80]


def _takes(plugin: Directive, name: str) -> bool:
    """Whether a plugin answers a name itself, or makes another one of it."""
    return {"rewrite": _rewrites, "template": _is_template, "hosts": _has_host}[plugin.name](plugin, name)


def _rewrites(plugin: Directive, name: str) -> bool:
    lines = [plugin.args, *plugin.body]
    for words in ([word for word in line if word not in ("stop", "continue")] for line in lines):
        if words[:1] == ["name"] and len(words) > 2:
            kind, what = (words[1], words[2]) if words[1] in _MATCHES else ("exact", words[1])
            if _MATCHES[kind](name, what.lower()):
                return True
    return False


def _regex(name: str, what: str) -> bool:
    try:
        return re.search(what, f"{name}.") is not None or re.search(what, name) is not None
    except re.error:  # Go has other expressions
        return False


_MATCHES: dict[str, t.Callable[[str, str], bool]] = {
    "exact": lambda name, what: name == what.strip("."),
    "prefix": lambda name, what: name.startswith(what),
    "suffix": lambda name, what: f"{name}.".endswith(f"{what.rstrip('.')}."),
    "substring": lambda name, what: what in name,
    "regex": _regex,
}


def _is_template(plugin: Directive, name: str) -> bool:
    kind, zones = plugin.args[1:2], plugin.args[2:]
    if not kind or kind[0].upper() not in ("ANY", "A", "AAAA"):
        return False
    if not any(is_in(name, _zone(zone)) for zone in zones or (".",)):
        return False
    patterns = [words[1] for words in plugin.body if words[:1] == ("match",) and len(words) > 1]
    return not patterns or any(_regex(name, pattern) for pattern in patterns)


def _has_host(plugin: Directive, name: str) -> bool:
    inline = any(name in (word.lower().strip(".") for word in words[1:]) for words in plugin.body)
    through = plugin.option("fallthrough")
    passes = through is not None and (not through or any(is_in(name, _zone(zone)) for zone in through))
    zones = plugin.args[1:]
    is_meant = not zones or any(is_in(name, _zone(zone)) for zone in zones)
    return inline or (is_meant and not passes)
