# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Pseudonyms of addresses and names: the same for the same, everywhere in a bundle, so that rules still find what fits.

Addresses keep their prefixes in common (Xu et al., "Prefix-Preserving IP Address Anonymization", 2002): an address in a
CIDR stays in it, and two CIDRs that overlap still do. Ranges that mean something, such as loopback, stay.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import hmac
import ipaddress
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record

ADDRESSES, NAMESPACES, NODES, HOSTS, WORDS = "addresses", "namespaces", "nodes", "hosts", "words"
KINDS = (ADDRESSES, NAMESPACES, NODES, HOSTS)  #: that are known from the run itself

#: What a name of a kind becomes; all are names that Kubernetes takes.
_PATTERNS = {NAMESPACES: "namespace-{}", NODES: "node-{}", HOSTS: "domain-{}.example", WORDS: "word-{}"}

#: Ranges in which an address stays as it is, and those in which it stays in the range.
_SAME = (
    *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"),
    *("::/127", "fe80::/10", "ff00::/8"),
)
_WITHIN = (
    *("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "192.0.2.0/24", "198.18.0.0/15"),
    *("198.51.100.0/24", "203.0.113.0/24", "::ffff:0:0/96", "64:ff9b::/96", "fc00::/7", "2000::/3"),
)
_V4 = r"(?<!\w)(?<!\d\.)(?:\d{1,3}\.){3}\d{1,3}(?!\w)(?!\.\d)"
#: As in the names that clouds give to nodes, and that DNS gives to Pods.
_DASHED = r"(?<![A-Za-z0-9])\d{1,3}(?:-\d{1,3}){3}(?![A-Za-z0-9])"
_V6 = r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4})(?![\w:])"
_ADDRESS = re.compile(rf"(?:(?P<v6>{_V6})|(?P<v4>{_V4})|(?P<dashed>{_DASHED}))(?P<prefix>/\d{{1,3}}(?!\d))?")
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_BORDER = re.compile(r"([._-]+)")

Address = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]  # noqa: UP007 - evaluated, as in Python 3.9


@dataclasses.dataclass(frozen=True)
class Key(Record):
    """What turns pseudonyms back into names. It stays with who made the bundle.

    Attributes:
        secret: random, in hexadecimal digits; the pseudonyms of addresses depend on it.
        names: name -> pseudonym.
    """

    KEEP: t.ClassVar[frozenset[str]] = frozenset({"secret", "names"})

    secret: str
    names: dict[str, str] = dataclasses.field(default_factory=dict)

    def with_names(self, kind: str, names: t.Iterable[str]) -> Key:
        """The key with pseudonyms of further names; those that it has stay."""
        known, pattern = dict(self.names), _PATTERNS[kind]
        taken = set(known.values())
        number = 0
        for name in sorted(set(names) - known.keys()):
            while pattern.format(number) in taken or not number:
                number += 1
            known[name] = pattern.format(number)
            taken.add(known[name])
        return dataclasses.replace(self, names=known)


class Pseudonyms:
    """Replaces addresses and names in texts.

    Args:
        key: that they depend on.
        addresses: whether addresses are replaced, too.

    Attributes:
        addresses: that were replaced -> their pseudonyms.
    """

    def __init__(self, key: Key, addresses: bool) -> None:
        self._names = key.names
        self._addresses = AddressMap(bytes.fromhex(key.secret)) if addresses else None
        self._done: dict[str, str] = {}
        self.addresses: dict[str, str] = {}

    def rename(self, text: str) -> str:
        """A text with pseudonyms."""
        if text not in self._done:
            found = _RUN.sub(self._run, text) if self._names else text
            self._done[text] = _ADDRESS.sub(self._address, found) if self._addresses else found
        return self._done[text]

    def _address(self, match: re.Match[str]) -> str:
        text = match["v6"] or match["v4"] or match["dashed"]
        whole, prefix = match[0], match["prefix"] or ""
        try:
            address = ipaddress.ip_address(text.replace("-", ".") if match["dashed"] else text)
            length = int(prefix[1:]) if prefix else address.max_prefixlen
        except ValueError:
            return whole
        if length > address.max_prefixlen or not self._addresses:
            return whole
        instead = self._addresses.of(address, length)
        if instead == address:
            return whole
        self.addresses[str(address)] = str(instead)
        return (str(instead).replace(".", "-") if match["dashed"] else str(instead)) + prefix

    def _run(self, match: re.Match[str]) -> str:
        """Replace the names in a word such as C(web.shop.svc): they end where a dot, hyphen or underscore stands."""
        word = match[0]
        if word in self._names:
            return self._names[word]
        parts = _BORDER.split(word)
        if len(parts) == 1:
            return word
        found, at = "", 0
        while at < len(parts):
            end = next((end for end in range(len(parts), at, -2) if "".join(parts[at:end]) in self._names), 0)
            part = "".join(parts[at:end]) if end else parts[at]
            found += self._names.get(part, part)
            at = end or at + 1
            if at < len(parts) and at % 2:
                found += parts[at]
                at += 1
        return found


class AddressMap:
    """Addresses to others that have the same prefixes in common.

    Args:
        secret: that decides which.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._fixed = {4: _fixed(4), 6: _fixed(6)}
        self._flip = functools.lru_cache(1 << 18)(self._flips)

    def of(self, address: Address, length: int) -> Address:
        """The pseudonym of an address, or of a CIDR whose prefix has so many bits: the others stay."""
        if any(address in network for network in _networks(_SAME) if network.version == address.version):
            return address
        bits, most = int(address), address.max_prefixlen
        flipped = 0
        for position in range(length):
            prefix = bits >> (most - position)
            flipped = flipped << 1 | self._flip(address.version, position, prefix)
        return type(address)(bits ^ flipped << (most - length))

    def _flips(self, version: int, position: int, prefix: int) -> int:
        """Whether the bit behind a prefix is another in the pseudonym; not on the way into a range that stays."""
        if (position, prefix) in self._fixed[version]:
            return 0
        said = f"{version} {position} {prefix}".encode()
        return hmac.new(self._secret, said, hashlib.sha256).digest()[0] & 1


@functools.lru_cache(maxsize=None)  # noqa: UP033 - as in C(_record.py)
def _networks(names: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(name) for name in names)


def _fixed(version: int) -> frozenset[tuple[int, int]]:
    """The prefixes of the ranges that stay, each as how many bits and which."""
    found = set()
    for network in _networks((*_SAME, *_WITHIN)):
        if network.version == version:
            bits = int(network.network_address)
            found |= {(length, bits >> (network.max_prefixlen - length)) for length in range(network.prefixlen)}
    return frozenset(found)
