# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routing tables as the kernel gives them, told as ip route tells them."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.routes import ip_route

HEADER = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"
LITTLE = [
    "eth0\t00000000\t0101F40A\t0003\t0\t0\t0\t00000000\t0\t0\t0",
    "eth0\t0001F40A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0",
    "eth0\t0101F40A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0",
    "*\t0000600A\t00000000\t0200\t0\t0\t0\t0000F0FF\t0\t0\t0",
    "*\t0000600A\t00000000\t0201\t0\t0\t0\t0000F0FF\t0\t0\t0",
]
SHOWN = (
    "default via 10.244.1.1 dev eth0",
    "10.244.1.0/24 dev eth0 metric 100",
    "10.244.1.1 dev eth0",
    "unreachable 10.96.0.0/12",
)


def _turned(line: str) -> str:
    """Return the line as a big-endian node would write it."""
    words = line.split("\t")
    for column in (1, 2, 7):
        words[column] = bytes.fromhex(words[column])[::-1].hex().upper()
    return "\t".join(words)


@pytest.mark.parametrize("lines", [LITTLE, [_turned(line) for line in LITTLE]], ids=["x86", "s390x"])
def test_ipv4(lines: list[str]) -> None:
    assert ip_route([HEADER, *lines], []) == SHOWN


def test_ipv6_without_the_local_noise() -> None:
    zero = "0" * 32
    tail = "00000000 00000000"
    link = "fe80" + "0" * 28
    lines = [
        f"fd00024400010000{'0' * 16} 40 {zero} 00 {zero} 00000100 {tail} 00000001     eth0",
        f"{link} 40 {zero} 00 {zero} 00000100 {tail} 00000001     eth0",
        f"{zero} 00 {zero} 00 fd000244000100000000000000000001 00000400 {tail} 00000003     eth0",
        f"{'0' * 31}1 80 {zero} 00 {zero} 00000000 {tail} 80200001       lo",
        f"fd000244000100000000000000000005 80 {zero} 00 {zero} 00000000 {tail} 80200001     eth0",
        f"fd00024400010000{'0' * 16} 80 {zero} 00 {zero} 00000000 {tail} 80300001     eth0",
        f"ff00{'0' * 28} 08 {zero} 00 {zero} 00000100 {tail} 00000001     eth0",
        f"{zero} 00 {zero} 00 {zero} ffffffff {tail} 00200200       lo",
        f"fd99{'0' * 28} 10 {zero} 00 {zero} 00000400 {tail} 00200201       lo",
    ]
    assert ip_route([], lines) == (
        "fd00:244:1::/64 dev eth0 metric 256",
        "fe80::/64 dev eth0 metric 256",
        "default via fd00:244:1::1 dev eth0 metric 1024",
        "unreachable fd99::/16 dev lo metric 1024",
    )


@pytest.mark.parametrize(
    "line", ["", "eth0", "eth0 zz zz 1 0 0 0 zz", "a b c d e f g h i j", "eth0 00 00 0001 0 0 0 00"]
)
def test_lines_that_are_not_the_kernels_are_left_out(line: str) -> None:
    assert ip_route([line], [line]) == ()
