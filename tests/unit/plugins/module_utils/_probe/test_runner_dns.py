# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, as both runners resolve them, on every image."""

from __future__ import annotations

import shutil
import struct
import time

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    runner_dns,
)

from .asking import (
    on_every_image,
    on_main_images,
    outcomes,
    probe,
)


@on_every_image
def test_a_name_that_is_too_long_with_a_search_domain(image, dns_server, tmp_path):
    """It is not asked, and no failure."""
    (tmp_path / "resolv.conf").write_text("search example.com\nnameserver 127.0.0.1\noptions ndots:200\n")
    unshare, sh, mount = (shutil.which(tool) or tool for tool in ("unshare", "sh", "mount"))
    bind = f'{mount} --bind {tmp_path}/resolv.conf /etc/resolv.conf && exec "$@"'
    names = ["nx." + "a." * 120 + "x", "way." + "a." * 120 + "x"]
    probes = [probe(number, "dns", name, dns_server=dns_server) for number, name in enumerate(names)]
    report = image.run_once(probes, prefix=(unshare, "--mount", sh, "-c", bind, "sh"))
    assert outcomes(report) == ["dns_nxdomain", "open"]
    assert report.answers[0].error == f"{names[0]}. NXDOMAIN"
    assert report.answers[1].name == f"{names[1]}."


@on_every_image
def test_dns(image, dns_server):
    expected = {
        "a.x.": "open",
        "kubernetes.default.svc.cluster.local.": "open",
        "CNAME.x.": "open",
        "big.x.": "open",
        "nx.x.": "dns_nxdomain",
        "nodata.x.": "dns_nxdomain",
        "servfail.x.": "dns_servfail",
        "refused.x.": "dns_servfail",
        "silent.x.": "dns_timeout",
    }
    probes = [
        probe(number, "dns", name, timeout_ms=1000 if name == "silent.x." else 4000)
        for number, name in enumerate(expected)
    ]
    probes += [probe(20, "dns", "a.x.", family="IPv6"), probe(21, "dns", "lossy.x.", timeout_ms=6000)]
    report = image.run(probes, dns_server)
    by_name = dict(zip(expected, report.answers, strict=False))
    assert {name: answer.outcome for name, answer in by_name.items()} == expected
    assert by_name["a.x."].answers == ("127.0.0.1",)
    assert by_name["a.x."].name == "a.x."
    assert by_name["a.x."].server == dns_server
    assert by_name["a.x."].phases["dns"] > 0
    assert "NODATA" in by_name["nodata.x."].error
    assert "NXDOMAIN" in by_name["nx.x."].error
    assert "REFUSED" in by_name["refused.x."].error
    if image.name != "busybox":  # its nslookup shows what came by UDP
        assert len(by_name["big.x."].answers) == 3
    assert report.answers[-2].answers == ("::1",)
    assert report.answers[-1].outcome == "open"


@on_main_images
def test_names_are_resolved_before_they_are_asked(image, dns_server, ports):
    probes = [
        probe(1, "tcp", "a.x.", ports["200"]),
        probe(2, "http", "a.x.", ports["403"]),
        probe(3, "tcp", "nx.x.", ports["200"]),
        probe(4, "http", "servfail.x.", ports["200"]),
        probe(5, "tcp", "silent.x.", ports["200"], timeout_ms=2000),
    ]
    report = image.run(probes, dns_server)
    assert outcomes(report) == ["open", "http_403", "dns_nxdomain", "dns_servfail", "dns_timeout"]
    assert report.answers[0].address == "127.0.0.1"
    assert report.answers[0].name == "a.x."


@on_main_images
def test_nothing_listens_at_the_dns_server(image, ports):
    report = image.run([probe(1, "dns", "a.x.")], f"127.0.0.1#{ports['closed']}")
    assert outcomes(report) == ["dns_servfail"]
    assert "onnection refused" in report.answers[0].error


@pytest.mark.parametrize("image", ["python", "bash", "dash"], indirect=True)
def test_dns_by_tcp_alone(image, dns_server, ports):
    probes = [
        probe(0, "dns", "way.x."),
        probe(1, "dns", "way.x.", transport="tcp"),
        probe(2, "dns", "nx.x.", transport="tcp"),
        probe(3, "dns", "silent.x.", transport="tcp", timeout_ms=1000),
        probe(4, "dns", "bomb.x.", transport="tcp"),
        probe(5, "tcp", "way.x.", ports["200"], tries=2),
    ]
    report = image.run(probes, dns_server)
    assert outcomes(report) == ["open", "open", "dns_nxdomain", "dns_timeout", "dns_servfail", "open"]
    assert report.answers[0].answers == ("127.0.0.1",)
    assert report.answers[1].answers == ("10.0.0.2",)
    assert report.duration_ms < 40_000


def test_a_reply_full_of_pointers_is_given_up_early() -> None:
    """Each name of it may lead through all of the packet."""
    chain = b"\0" + b"".join(struct.pack("!H", 0xC000 | max(12, 11 + 2 * hop)) for hop in range(8000))
    began = time.thread_time()
    with pytest.raises((ValueError, IndexError)):
        runner_dns.read_reply(b"\0\0\x80\0\0\0\x20\0\0\0\0\0" + chain * 4, 1)
    assert time.thread_time() - began < 1
