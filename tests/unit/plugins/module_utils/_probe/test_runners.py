# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both runners, as real processes against real sockets: whatever the image, the same words for the same wire."""

from __future__ import annotations

import ast
import shutil
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import answers, boot, jobs
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe

IMAGES = ("python", "python-only", "python3.6", "dash", "bash", "busybox", "bash+no-setsid")
on_every_image = pytest.mark.parametrize("image", IMAGES, indirect=True)
on_shells = pytest.mark.parametrize("image", ["python", "dash", "busybox", "bash+no-setsid"], indirect=True)
on_main_images = pytest.mark.parametrize("image", ["python", "dash", "busybox"], indirect=True)


def probe(id_: int, protocol: str, host: str, port: int = 0, **fields: t.Any) -> Probe:
    family = fields.pop("family", "IPv6" if ":" in host else "IPv4")
    fields = {"timeout_ms": 4000, **fields}
    common = {"source": "s", "target": "t", "model": "m"}
    return Probe(id=id_, protocol=protocol, family=family, host=host, port=port, **common, **fields)


def outcomes(report: t.Any) -> list[str]:
    return [answer.outcome for answer in report.answers]


@on_every_image
def test_tcp_and_http_give_the_same_words(image, ports):
    expected = [
        (probe(1, "tcp", "127.0.0.1", ports["200"]), "open"),
        (probe(2, "tcp", "127.0.0.1", ports["closed"]), "refused"),
        (probe(3, "tcp", "127.0.0.1", ports["full"], timeout_ms=1000), "timeout"),
        (probe(4, "tcp", "::1", ports["ipv6"]), "open"),
        (probe(5, "tcp", "localhost", ports["200"]), "open"),
        (probe(6, "http", "127.0.0.1", ports["200"], path="/a?b=$(c)&d='e'"), "http_200"),
        (probe(7, "http", "127.0.0.1", ports["403"]), "http_403"),
        (probe(8, "http", "127.0.0.1", ports["503"]), "http_503"),
        (probe(9, "http", "::1", ports["ipv6"]), "http_200"),
        (probe(10, "http", "127.0.0.1", ports["virtual"], server_name="shop.example"), "http_200"),
        (probe(11, "http", "127.0.0.1", ports["silent"], timeout_ms=2000), "timeout"),
        (probe(12, "http", "127.0.0.1", ports["banner"]), "open"),
        (probe(13, "http", "127.0.0.1", ports["closing"]), "reset"),
        (probe(14, "http", "127.0.0.1", ports["closed"]), "refused"),
        (probe(15, "http", "127.0.0.1", ports["full"], timeout_ms=1000), "timeout"),
    ]
    report = image.run([entry[0] for entry in expected])
    assert dict(enumerate(outcomes(report), 1)) == {question.id: word for question, word in expected}
    assert not report.error
    assert report.runner == ("python" if image.name.startswith("python") else "sh")
    assert report.duration_ms < 40_000
    by_id = {answer.id: answer for answer in report.answers}
    assert all(answer.ms is not None and answer.tool for answer in report.answers)
    assert by_id[1].phases["connect"] >= 0
    assert by_id[5].server == "/etc/hosts"
    assert by_id[5].address == "127.0.0.1"
    assert by_id[11].error == "connected, then silent"
    assert by_id[12].error.startswith("the answer is not HTTP: SSH-2.0-")


@on_every_image
def test_a_part_of_a_line_is_an_answer(image, serve):
    """Of a peer that then says nothing more, or hangs up."""

    def part(connection):
        connection.sendall(b"HTTP/1.1 200 OK")
        connection.recv(4096)
        connection.recv(4096)

    def cut(connection):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 503 No")

    probes = [
        probe(1, "http", "127.0.0.1", serve(part), timeout_ms=2000),
        probe(2, "http", "127.0.0.1", serve(cut), timeout_ms=2000),
    ]
    assert outcomes(image.run(probes)) == ["http_200", "http_503"]


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


@pytest.mark.parametrize("image", ["python", "dash", "bash", "busybox"], indirect=True)
@pytest.mark.parametrize("room", [2, 5, 12])
@pytest.mark.long
def test_a_fork_that_fails_is_said_so(image, ports, dns_server, few_processes, room):
    """It is open, or it could not be found out; nothing that a failed fork says is told as the network's."""
    probes = [
        probe(1, "tcp", "127.0.0.1", ports["200"], timeout_ms=2000),
        probe(2, "http", "127.0.0.1", ports["200"], timeout_ms=2000),
        probe(3, "dns", "a.x.", dns_server=dns_server, timeout_ms=2000),
    ]
    with image.start(probes, prefix=few_processes(room)) as process:
        report = answers.parse(process.stdout.read(), probes, "s")
    assert {answer.id for answer in report.answers} == {1, 2, 3}
    assert set(outcomes(report)) <= {"open", "http_200", "probe_error"}
    words = ("no process could be started", "no thread could be started", "looked for", "the deadline of the whole run")
    assert [each for each in report.answers if each.error and not any(word in each.error for word in words)] == []


@pytest.mark.parametrize(
    "image", ["python", "dash+curl", "dash+openssl", "dash+wget", "bash+openssl+no-setsid", "busybox"], indirect=True
)
def test_https(image, ports):
    probes = [
        probe(1, "https", "127.0.0.1", ports["tls"]),
        probe(2, "https", "127.0.0.1", ports["tls"], server_name="shop.example"),
        probe(3, "https", "127.0.0.1", ports["banner"]),
        probe(4, "https", "127.0.0.1", ports["silent"], timeout_ms=3000),
        probe(5, "https", "127.0.0.1", ports["closed"]),
        probe(6, "https", "localhost.", ports["closed"]),
    ]
    report = image.run(probes)
    got = outcomes(report)
    assert got[3:] == ["tls_timeout", "refused", "refused"]
    if image.name == "busybox" and "probe_error" in got:  # its TLS differs from build to build
        assert all("too little TLS" in answer.error for answer in report.answers if answer.outcome == "probe_error")
    else:
        assert got[:3] == ["http_200", "http_200", "tls_handshake"]


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


SLOW_DD = """\
#!/bin/bash
exec 9>&1
counts=$({dd} "$@" 2>&1 >&9 9>&-)
exec >&- 9>&-
printf %s "$counts" >&2
{sleep} 0.3
echo >&2
"""


@pytest.mark.parametrize("image", ["dash", "bash"], indirect=True)
def test_what_dd_counts_does_not_come_into_a_reply(image, dns_server):
    """It writes its last line in two parts, and od may write between them."""
    (image.bin / "dd").unlink()
    (image.bin / "dd").write_text(SLOW_DD.format(dd=shutil.which("dd"), sleep=shutil.which("sleep")))
    (image.bin / "dd").chmod(0o755)
    report = image.run([probe(1, "dns", "big.x."), probe(2, "dns", "nodata.x.")], dns_server)
    assert outcomes(report) == ["open", "dns_nxdomain"], report.answers
    assert len(report.answers[0].answers) == 3


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


@pytest.mark.long
@on_shells
def test_silent_targets_share_their_time(image, ports):
    probes = [probe(number, "tcp", "127.0.0.1", ports["full"], timeout_ms=3000) for number in range(20)]
    report = image.run(probes)
    assert outcomes(report) == ["timeout"] * 20
    assert report.duration_ms < 40_000


@pytest.mark.parametrize("image", ["python", "python3.6"], indirect=True)
def test_silent_targets_hold_nobody_up(image, ports):
    probes = [probe(number, "tcp", "127.0.0.1", ports["full"], timeout_ms=60_000) for number in range(60)]
    probes.append(probe(99, "tcp", "127.0.0.1", ports["200"]))
    report = image.run(probes, deadline_ms=8000, parallel=64)
    assert outcomes(report)[60:] == ["open"]


@on_main_images
def test_the_deadline_of_the_run_speaks_for_what_is_missing(image, ports):
    probes = [probe(number, "tcp", "127.0.0.1", ports["full"], timeout_ms=60_000) for number in range(4)]
    report = image.run([probe(9, "tcp", "127.0.0.1", ports["closed"]), *probes], deadline_ms=3000, parallel=5)
    assert outcomes(report) == ["refused"] + ["probe_error"] * 4
    assert "deadline" in report.answers[1].error
    assert report.duration_ms < 40_000


@on_main_images
def test_more_probes_than_may_run_at_once(image, ports):
    probes = [probe(number, "tcp", "127.0.0.1", ports["200"]) for number in range(20)]
    assert outcomes(image.run(probes, parallel=3)) == ["open"] * 20


@on_main_images
def test_a_shell_begins_no_more_than_it_may(image, ports):
    """Python has no such bound; where a shell has one, the whole work is for somebody else."""
    probes = [probe(number, "tcp", "127.0.0.1", ports["200"]) for number in (1, 2)]
    report = image.run(probes, most_by_shell=1)
    assert outcomes(report) == (["open"] * 2 if image.name == "python" else ["probe_error"] * 2)
    assert outcomes(image.run(probes, most_by_shell=2)) == ["open"] * 2


@on_main_images
def test_no_probes_at_all(image):
    report = image.run([])
    assert report.answers == ()
    assert report.error == ""


@on_main_images
def test_the_container_is_described(image):
    report = image.run([])
    assert report.resolv_conf
    assert report.tools
    assert not any("\t" in line for line in report.routes)


@pytest.mark.parametrize("image", ["broken-python"], indirect=True)
def test_a_broken_python_leaves_the_work_to_the_shell(image, ports):
    report = image.run([probe(1, "tcp", "127.0.0.1", ports["200"])])
    assert (report.runner, outcomes(report)) == ("sh", ["open"])


@pytest.mark.parametrize("image", ["dash+no-getent+sleep"], indirect=True)
def test_what_no_tool_can_ask_is_a_probe_error(image, ports):
    (image.bin / "bash").unlink()
    probes = [probe(1, "tcp", "127.0.0.1", 1), probe(2, "https", "127.0.0.1", 1), probe(3, "dns", "a.x.")]
    probes += [probe(4, "icmp", "127.0.0.1"), probe(5, "http", "a.x", 80), probe(6, "udp", "127.0.0.1", 1, tries=9)]
    probes += [probe(7, "tls", "127.0.0.1", 1), probe(8, "sctp", "127.0.0.1", 1), probe(9, "mtu", "127.0.0.1")]
    report = image.run([*probes, probe(10, "mtu", "127.0.0.1", 1)])
    assert outcomes(report) == ["probe_error"] * 10
    assert [answer.error.count("looked for") for answer in report.answers] == [1] * 10
    assert report.answers[5].sent is None


@pytest.mark.parametrize("image", ["python", "busybox"], indirect=True)
def test_icmp(image):
    report = image.run([probe(1, "icmp", "127.0.0.1"), probe(2, "icmp", "::1"), probe(3, "icmp", "localhost")])
    if "probe_error" in outcomes(report):
        pytest.skip(f"no ICMP socket here: {report.answers[0].error}")
    assert outcomes(report) == ["open"] * 3


def hears(image, probes, prefix, expected):
    """Ask until it is as expected, three times at most: a machine that stalls for a second makes a fast answer late."""
    for _again in range(3):
        report = image.run(probes, prefix=prefix)
        if (seen := dict(zip(expected, outcomes(report), strict=True))) == expected:
            break
    assert seen == expected
    return report


@on_main_images
def test_what_the_kernel_says_of_a_route(image, inside_namespace):
    expected = {
        "10.97.0.1": "no_route",
        "10.98.1.1": "unreachable_fast",
        "10.98.2.1": "unreachable_fast",
        "10.98.3.1": "no_route",
        "10.99.0.2": "unreachable_arp",
        "10.99.0.9": "timeout",
        "2001:db8::1": "no_route",
    }
    probes = [probe(number, "tcp", host, 80, timeout_ms=3900) for number, host in enumerate(expected)]
    report = hears(image, probes, inside_namespace, expected)
    assert "10.99.0.0/24 dev wire" in report.routes
    assert "unreachable 10.98.1.0/24" in report.routes


@pytest.mark.parametrize("image", ["python"], indirect=True)
def test_what_the_kernel_says_of_a_ping(image, inside_namespace):
    expected = {"10.97.0.1": "no_route", "10.98.1.1": "unreachable_fast", "10.99.0.2": "unreachable_arp"}
    probes = [probe(number, "icmp", host) for number, host in enumerate(expected)]
    hears(image, probes, inside_namespace, expected)


@on_shells
def test_nothing_stays_behind(image, ports, dns_server, orphans):
    probes = [
        probe(1, "tcp", "127.0.0.1", ports["200"]),
        probe(2, "tcp", "127.0.0.1", ports["full"], timeout_ms=1000),
        probe(3, "dns", "silent.x.", timeout_ms=1000),
        probe(4, "https", "127.0.0.1", ports["silent"], timeout_ms=1000),
    ]
    image.run(probes, dns_server, deadline_ms=3_599_000)
    assert orphans() == []


def test_the_python_runner_runs_on_old_pythons():
    header, *lines = jobs.payload([], 1000, 1).decode().splitlines()
    python_lines = int(header.split()[2])
    ast.parse("\n".join(lines[-python_lines:]), feature_version=(3, 4))
    ast.parse(boot.LOADER, feature_version=(3, 4))
