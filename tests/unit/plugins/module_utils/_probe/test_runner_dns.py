# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, as both runners resolve them, on every image."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
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


def with_resolv_conf(tmp_path, *lines, musl=False):
    """What a command begins with that is to have a resolv.conf of these lines, and musl's loader if wanted."""
    (tmp_path / "resolv.conf").write_text("\n".join(lines) + "\n")
    unshare, sh, mount, touch, mkdir = (
        shutil.which(tool) or tool for tool in ("unshare", "sh", "mount", "touch", "mkdir")
    )
    script = f"{mount} --bind {tmp_path}/resolv.conf /etc/resolv.conf && "
    if musl:
        over = tmp_path / "over"
        over.mkdir()
        lower = os.path.realpath("/lib")
        layers = f"lowerdir={lower},upperdir={over}/upper,workdir={over}/work"
        make = f"{mount} -t tmpfs none {over} && {mkdir} {over}/upper {over}/work && "
        make += f"{mount} -t overlay none -o {layers} {lower} && {touch} /lib/ld-musl-x86_64.so.1"
        if subprocess.run([unshare, "--mount", sh, "-c", make], check=False, capture_output=True).returncode:
            pytest.skip("this machine mounts no overlay")
        script += f"{make} && "
    return unshare, "--mount", sh, "-c", script + 'exec "$@"', "sh"


LONG = [f"{'department-of-names' * 2}-{number}.example.com" for number in range(11)]


@on_main_images
def test_the_last_domain_of_a_long_search_list(image, dns_server, tmp_path):
    line = " ".join(["search", *LONG, "last"])
    assert len(line) > 500
    prefix = with_resolv_conf(tmp_path, line, "options ndots:5")
    report = image.run([probe(1, "dns", "searched")], dns_server, prefix=prefix)
    assert outcomes(report) == ["open"]
    assert report.answers[0].name == "searched.last."
    assert report.resolv_conf[0] == line


@pytest.mark.parametrize("musl", [False, True], ids=["glibc", "musl"])
@on_main_images
def test_names_are_resolved_as_the_images_libc_does(image, musl, dns_server, tmp_path):
    """By lookup_name.c of musl: no search from ndots dots on; only a name that does not exist leads to the next."""
    tried = (
        ("search last", "ndots:1", "searched.x", "dns_nxdomain", "dns_nxdomain"),
        ("search x last", "ndots:1", "searched", "open", "open"),
        ("search last", "ndots:1", "dotted.name", "open", "dns_nxdomain"),
        ("search broken last", "ndots:2", "searched", "open", "dns_servfail"),
        ("search none last", "ndots:2", "searched", "open", "dns_nodata"),
        (" ".join(["search", *LONG, "last"]), "ndots:5", "searched", "open", "dns_nxdomain"),
    )
    for number, (search, ndots, name, *expected) in enumerate(tried):
        folder = tmp_path / str(number)
        folder.mkdir()
        prefix = with_resolv_conf(folder, search, f"options {ndots}", musl=musl)
        report = image.run([probe(1, "dns", name)], dns_server, prefix=prefix)
        assert outcomes(report) == [expected[musl]], search


@on_main_images
def test_a_hundred_addresses(image, dns_server):
    """All of them by TCP; nslookup of busybox shows those of 512 bytes, and the answer says that there may be more."""
    (answer,) = image.run([probe(1, "dns", "hundred.x.")], dns_server).answers
    assert answer.outcome == "open"
    if image.name == "busybox":
        assert (len(answer.answers), answer.more) == (30, True)
    else:
        assert len(set(answer.answers)) == 100
        assert not answer.more


def test_a_resolv_conf_may_ask_for_tcp(monkeypatch):
    lines = ["nameserver 10.96.0.10", "options ndots:5 use-vc"]
    monkeypatch.setattr(runner_dns, "read_lines", lambda _path: lines)
    assert runner_dns.resolv_conf(musl=False) == (["10.96.0.10"], [], 5, True)
    assert runner_dns.resolv_conf(musl=True) == (["10.96.0.10"], [], 5, False)


@pytest.mark.parametrize("image", ["busybox"], indirect=True)
def test_a_shell_asks_by_tcp_where_resolv_conf_says_so(image, tmp_path):
    prefix = with_resolv_conf(tmp_path, "nameserver 127.0.0.1", "options use-vc")
    (answer,) = image.run([probe(1, "dns", "a.x.")], prefix=prefix).answers
    assert answer.outcome == "probe_error"
    assert "busybox nslookup asks by UDP alone" in answer.error


@on_every_image
def test_dns(image, dns_server):
    expected = {
        "a.x.": "open",
        "kubernetes.default.svc.cluster.local.": "open",
        "CNAME.x.": "open",
        "big.x.": "open",
        "nx.x.": "dns_nxdomain",
        "nodata.x.": "dns_nodata",
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
