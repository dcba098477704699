# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stream into the container: exact frames, and nothing in it that a reader could take for code."""

from __future__ import annotations

import dataclasses
import sys
import types
import typing as t
import zipfile

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import jobs, runner_dns
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe

PROBE = Probe(7, "s", "t", "m", "http", "IPv4", "api.shop.svc.cluster.local.", 8080, "/a?b=1", "shop.example")

NASTY = [
    "",
    " ",
    "-",
    "-rf",
    "--help",
    "@127.0.0.1",
    "a b",
    "a\tb",
    "a\nb",
    "a\r\nHost: evil",
    "a\0b",
    "$(id)",
    "`id`",
    "${IFS}",
    "$HOME",
    ";id",
    "a;id",
    "a&&id",
    "a|id",
    "a>b",
    "a<b",
    "'",
    '"',
    "\\",
    "\\x41",
    "*",
    "?",
    "[a]",
    "~root",
    "!1",
    "#",
    "a#53",
    "%n",
    "%00",
    "a%0ab",
    "../../etc/passwd",
    "/etc/passwd",
    "http://a",
    "a:80",
    "[::1]",
    "::1%$(id)",
    "fe80::1%eth0;id",
    "a..b",
    ".a",
    "a-.b",
    "ä.example",
    "\u0430.example",
    "\uff11.2.3.4",
    "1.2.3",
    "0x7f.1 ",
    "a" * 64,
    ".".join(["a" * 60] * 5),
    "\ud800",
    None,
    7,
    True,
    b"a",
    ["a"],
]


@pytest.mark.parametrize("text", NASTY, ids=ascii)
@pytest.mark.parametrize("field", ["host", "server_name", "protocol", "family", "port", "id", "timeout_ms"])
def test_nasty_values_are_refused(field: str, text: t.Any) -> None:
    if (field, text) in (("server_name", ""), ("port", 7), ("id", 7), ("timeout_ms", 7)):
        return
    if field == "server_name" and text is None:
        return
    with pytest.raises(ValueError, match=f"{field} .*" if field != "id" else "id "):
        jobs.payload([dataclasses.replace(PROBE, **{field: text})], 1000, 1)


@pytest.mark.parametrize(
    "path", ["a", " /", "/ ", "/\n", "/\r\nX: y", "/\\", '/"', "/`", "/<", "/{a}", "/[a]", "/#a", "/ä"]
)
def test_nasty_paths_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        jobs.job_line(dataclasses.replace(PROBE, path=path))


@pytest.mark.parametrize(
    "server",
    ["a", "10.0.0.1#", "10.0.0.1#0", "10.0.0.1#99999", "10.0.0.1#5$", "10.0.0.1 ", "#53", "@", "@0", "@4", "@1#53"],
)
def test_nasty_dns_servers_are_refused(server: str) -> None:
    with pytest.raises(ValueError, match="dns_server"):
        jobs.job_line(dataclasses.replace(PROBE, dns_server=server))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "7 http IPv4 api.shop.svc.cluster.local. 8080 /a?b=1 shop.example 4000 - - 1 -"),
        (
            {"path": "/$(id)';", "server_name": "", "tries": 5},
            "7 http IPv4 api.shop.svc.cluster.local. 8080 /$(id)'; - 4000 - - 5 -",
        ),
        ({"protocol": "tcp", "host": "10.0.0.1"}, "7 tcp IPv4 10.0.0.1 8080 - - 4000 - - 1 -"),
        ({"protocol": "udp", "host": "10.0.0.1", "size": 900}, "7 udp IPv4 10.0.0.1 8080 - - 4000 - - 1 900"),
        ({"protocol": "sctp", "host": "10.0.0.1"}, "7 sctp IPv4 10.0.0.1 8080 - - 4000 - - 1 -"),
        ({"protocol": "tls", "host": "10.0.0.1"}, "7 tls IPv4 10.0.0.1 8080 - shop.example 4000 - - 1 -"),
        ({"protocol": "mtu", "host": "10.0.0.1", "port": 0, "path": ""}, "7 mtu IPv4 10.0.0.1 - - - 4000 - - 1 0"),
        ({"protocol": "mtu", "host": "10.0.0.1", "size": 1400}, "7 mtu IPv4 10.0.0.1 8080 /a?b=1 - 4000 - - 1 1400"),
        (
            {
                "protocol": "icmp",
                "family": "IPv6",
                "host": "FE80::0:1%eth0",
                "port": 0,
                "dns_server": "fd00::a#5353",
            },
            "7 icmp IPv6 fe80::1%eth0 - - - 4000 fd00::a#5353 - 1 -",
        ),
        (
            {"protocol": "dns", "host": "_http._tcp.api", "dns_server": "10.96.0.10", "transport": "tcp"},
            "7 dns IPv4 _http._tcp.api - - - 4000 10.96.0.10 tcp 1 -",
        ),
        ({"protocol": "dns", "host": "a.x", "dns_server": "@2"}, "7 dns IPv4 a.x - - - 4000 @2 - 1 -"),
    ],
)
def test_a_job_is_twelve_tokens(changes: dict[str, t.Any], line: str) -> None:
    assert jobs.job_line(dataclasses.replace(PROBE, **changes)) == line


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"protocol": "dns", "host": "10.0.0.1"}, "a name is needed"),
        ({"host": "::1"}, "not an IPv4 address"),
        ({"port": 0}, "port 0"),
        ({"transport": "udp"}, "transport 'udp'"),
        ({"tries": 0}, "tries 0"),
        ({"protocol": "udp", "size": 65_508}, "size 65508"),
        ({"skip": "ICMP to a ClusterIP says nothing"}, "must not be sent"),
    ],
)
def test_a_refusal_says_why(changes: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        jobs.payload([dataclasses.replace(PROBE, **changes)], 1000, 1)


@pytest.mark.parametrize(("bound", "told"), [(None, "0"), (0, "1"), (500, "500")])
def test_the_frame_counts_its_lines(bound: int | None, told: str) -> None:
    probes = [dataclasses.replace(PROBE, id=number) for number in range(3)]
    header, *lines = jobs.payload(probes, 9000, 16, shared_kib=bound).decode("ascii").split("\n")
    magic, shell, python, count, *numbers = header.split(" ")
    assert (magic, count, numbers) == ("KW1", "3", ["9000", "16", "0", "0", told])
    assert len(lines) == int(shell) + int(python) + 3 + 1
    assert lines[-1] == ""
    assert lines[-4:-1] == [jobs.job_line(probe) for probe in probes]


@pytest.mark.parametrize(("deadline", "parallel"), [(0, 1), (1, 0), (1, 1000), ("1", 1), (1.5, 1), (True, 1)])
def test_the_numbers_of_the_run_are_checked(deadline: t.Any, parallel: t.Any) -> None:
    with pytest.raises(ValueError, match="not a whole number"):
        jobs.payload([], deadline, parallel)


def test_ids_are_unique() -> None:
    with pytest.raises(ValueError, match="same id"):
        jobs.payload([PROBE, PROBE], 1000, 1)


OWN_IMPORTS = """
from ansible_collections.own import a
from ansible_collections.other import (
    a,
    b,
)
"""


def test_the_runner_is_found_in_a_zip(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """AnsiballZ ships module_utils in a zip, where there is no file to open."""
    archive = tmp_path / "payload.zip"
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr(
            "zipped_runner.py", '# why\n"""What.\n\nAnd why."""\nimport os\n\n' + OWN_IMPORTS + "x = os.sep  # kept\n"
        )
    monkeypatch.syspath_prepend(str(archive))
    for package in ("ansible_collections.own", "ansible_collections.other"):
        monkeypatch.setitem(sys.modules, package, types.SimpleNamespace(a=1, b=2))
    module = __import__("zipped_runner")
    assert jobs._bare(module) == "import os\nx = os.sep  # kept"


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("api", ["api.shop.svc.cluster.local.", "api.svc.cluster.local.", "api."]),
        ("api.shop", ["api.shop.shop.svc.cluster.local.", "api.shop.svc.cluster.local.", "api.shop."]),
        ("a.b.c.d.e.f", ["a.b.c.d.e.f.", "a.b.c.d.e.f.shop.svc.cluster.local.", "a.b.c.d.e.f.svc.cluster.local."]),
        ("api.", ["api."]),
    ],
)
def test_names_are_tried_in_the_order_of_libc(host: str, names: list[str]) -> None:
    assert runner_dns.candidates(host, ["shop.svc.cluster.local", "svc.cluster.local."], 5) == names


@pytest.mark.parametrize("packet", [b"\xc0\x0c", b"\1a\xc0\x00", b"\xc0\x02\xc0\x00", b"\5ab", b""], ids=repr)
def test_a_malformed_name_in_a_dns_reply_comes_to_an_end(packet: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        runner_dns.read_name(packet, len(packet) - 2 if packet.endswith(b"\x00") else 0)
