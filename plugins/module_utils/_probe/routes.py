# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The kernel's routing tables in the words of C(ip route), for Pods that have no C(ip)."""

from __future__ import annotations

import ipaddress
import typing as t

# include/uapi/linux/route.h and ipv6_route.h
_UP, _GATEWAY, _REJECT = 0x1, 0x2, 0x200
_ANYCAST, _LOCAL = 0x0010_0000, 0x8000_0000
_NULL_METRIC = 0xFFFF_FFFF
_MULTICAST = ipaddress.IPv6Network("ff00::/8")


def ip_route(route4: t.Iterable[str], route6: t.Iterable[str]) -> tuple[str, ...]:
    """Return the main table as C(ip route) prints it; lines that are not the kernel's are left out.

    Args:
        route4: Lines of ``/proc/net/route``.
        route6: Lines of ``/proc/net/ipv6_route``.
    """
    return (*_ipv4(route4), *_ipv6(route6))


def _ipv4(lines: t.Iterable[str]) -> list[str]:
    rows = []
    for line in lines:
        words = line.split()
        try:
            destination, gateway, mask = (bytes.fromhex(words[column]) for column in (1, 2, 7))
            flags, metric = int(words[3], 16), int(words[6])
        except (ValueError, IndexError):
            continue
        if len(destination) == len(gateway) == len(mask) == 4 and flags & _UP:
            rows.append((words[0], destination, gateway, mask, flags, metric))
    step = _byte_step([row[3] for row in rows])
    shown = []
    for device, destination, gateway, mask, flags, metric in rows:
        length = bin(int.from_bytes(mask, "big")).count("1")
        network = ipaddress.IPv4Network((destination[::step], length), strict=False)
        via = str(ipaddress.IPv4Address(gateway[::step])) if flags & _GATEWAY else ""
        shown.append(_show(network, via, device, metric, flags))
    return shown


def _byte_step(masks: list[bytes]) -> int:
    """Tell how the node writes addresses: -1 turned round (little-endian), 1 as they are (s390x).

    The kernel prints the address as a number of the node's own byte order, and only a netmask shows which that is.
    """
    return 1 if any(bytes(sorted(mask)) != mask for mask in masks) else -1


def _ipv6(lines: t.Iterable[str]) -> list[str]:
    shown = []
    for line in lines:
        words = line.split()
        try:
            network = ipaddress.IPv6Network((bytes.fromhex(words[0]), int(words[1], 16)), strict=False)
            gateway = ipaddress.IPv6Address(bytes.fromhex(words[4]))
            metric, flags, device = int(words[5], 16), int(words[8], 16), words[9]
        except (ValueError, IndexError):
            continue
        noise = flags & (_LOCAL | _ANYCAST) or network.subnet_of(_MULTICAST)
        loopback = device == "lo" and (not flags & _REJECT or metric == _NULL_METRIC)
        if flags & _UP and not noise and not loopback:
            shown.append(_show(network, str(gateway) if flags & _GATEWAY else "", device, metric, flags))
    return shown


def _show(
    network: ipaddress.IPv4Network | ipaddress.IPv6Network, via: str, device: str, metric: int, flags: int
) -> str:
    if network.prefixlen == 0:
        target = "default"
    elif network.prefixlen == network.max_prefixlen:
        target = str(network.network_address)
    else:
        target = str(network)
    words = ["unreachable", target] if flags & _REJECT else [target]
    words += ["via", via] if via else []
    words += ["dev", device] if device != "*" else []
    words += ["metric", str(metric)] if metric else []
    return " ".join(words)
