# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the first bytes of an exec make of a container's limits, under cgroup v1 and v2."""

from __future__ import annotations

import itertools
import pathlib
import shutil
import socket
import time
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe

MIB = 1 << 20
UNLIMITED_V1 = 9223372036854771712
MOUNT = """
"$0" --bind "$1/sys" /sys/fs/cgroup || exit
[ ! -d "$1/proc" ] || "$0" --bind "$1/proc" /proc || exit
shift
exec "$@"
"""


def v2(**limits: t.Any) -> dict[str, str]:
    """The files of cgroup v2 for these limits."""
    files = {"memory.max": "max", "pids.max": "max", "cpu.max": "max 100000", "memory.current": 0, "pids.current": 1}
    names = {"memory": "memory.max", "used": "memory.current", "pids": "pids.max", "running": "pids.current"}
    files.update({names[name]: value for name, value in limits.items() if name in names})
    if "cpu" in limits:
        files["cpu.max"] = f"{limits['cpu']} 100000"
    files["memory.stat"] = f"anon 1\ninactive_file {limits.get('cache', 0)}\nactive_file 7"
    return {name: f"{value}\n" for name, value in files.items()}


def v1(**limits: t.Any) -> dict[str, str]:
    """Those of cgroup v1."""
    files = {
        "memory/memory.limit_in_bytes": limits.get("memory", UNLIMITED_V1),
        "memory/memory.usage_in_bytes": limits.get("used", 0),
        "memory/memory.stat": f"inactive_file 7\ntotal_inactive_file {limits.get('cache', 0)}",
        "pids/pids.max": limits.get("pids", "max"),
        "pids/pids.current": limits.get("running", 1),
        "cpu/cpu.cfs_quota_us": limits.get("cpu", -1),
        "cpu/cpu.cfs_period_us": 100000,
    }
    return {name: f"{value}\n" for name, value in files.items()}


@pytest.fixture
def ask(image, tmp_path):
    """Ask in a container with these limits."""
    numbers = itertools.count()

    def asked(
        files: t.Mapping[str, str],
        port: int = 9,
        probes: int = 3,
        timeout_ms: int = 2000,
        proc: t.Mapping[str, str] | None = None,
        **options: t.Any,
    ) -> t.Any:
        folder: pathlib.Path = tmp_path / f"root{next(numbers)}"
        placed = {f"sys/{name}": text for name, text in files.items()}
        placed.update({f"proc/{name}": text for name, text in (proc or {}).items()})
        for name, text in placed.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        programs = [str(shutil.which(name)) for name in ("unshare", "sh", "mount")]
        prefix = (programs[0], "--map-root-user", "--mount", programs[1], "-c", MOUNT, programs[2], str(folder))
        words = ("s", "t", "pod_to_service", "tcp", "IPv4", "127.0.0.1", port)
        asked = [Probe(number, *words, timeout_ms=timeout_ms) for number in range(probes)]
        return image.run(asked, prefix=prefix, **options)

    return asked


@pytest.mark.parametrize("image", ["python"], indirect=True)
@pytest.mark.parametrize("version", [v1, v2])
@pytest.mark.parametrize(
    ("limits", "runner"),
    [
        ({}, "python"),
        ({"memory": 64 * MIB, "used": 30 * MIB}, "python"),
        ({"memory": 64 * MIB, "used": 40 * MIB}, "sh"),
        ({"memory": 64 * MIB, "used": 60 * MIB, "cache": 40 * MIB}, "python"),
        ({"memory": 20 * MIB, "used": 10 * MIB}, "sh"),
        ({"pids": 100, "running": 90}, "python"),
        ({"pids": 10, "running": 9}, ""),
    ],
)
def test_python_runs_where_its_memory_does_not_reach_the_limit(ask, version, limits, runner):
    assert ask(version(**limits)).runner == runner


@pytest.mark.long
@pytest.mark.parametrize("image", ["busybox"], indirect=True)
@pytest.mark.parametrize("version", [v1, v2])
def test_what_no_runner_is_small_enough_for_is_told(ask, version):
    report = ask(version(memory=20 * MIB, used=15 * MIB))
    assert (report.lacks, report.runner) == ("memory", "")
    assert report.error == "its memory limit leaves 5.0 MiB, and probing takes 6 or more"
    assert {(answer.outcome, answer.error) for answer in report.answers} == {("probe_error", report.error)}
    assert "debug_image" in report.remedy
    report = ask(version(pids=12, running=8))
    assert (report.lacks, report.error) == (
        "processes",
        "its limit of processes leaves 4, and probing takes 9 or more",
    )
    assert ask(version(memory=20 * MIB, used=13 * MIB, pids=30, running=3)).runner == "sh"


@pytest.mark.parametrize("image", ["dash"], indirect=True)
def test_large_tools_need_more(ask):
    assert ask(v2(memory=40 * MIB, used=30 * MIB)).lacks == "memory"
    assert ask(v2(memory=40 * MIB, used=20 * MIB)).runner == "sh"


@pytest.mark.parametrize("image", ["python-only"], indirect=True)
@pytest.mark.parametrize("version", [v1, v2])
def test_python_without_a_shell_looks_as_well(ask, version):
    assert ask(version()).runner == "python"
    assert ask(version(memory=40 * MIB, used=30 * MIB)).lacks == "memory"
    assert ask(version(memory=40 * MIB, used=30 * MIB, cache=20 * MIB)).runner == "python"


def processes(first: str = "/../application", **used: int) -> dict[str, str]:
    """A C(/proc) of processes with so many MiB each, of which the first one is of another container."""
    rows = "Name:\tx\nVmRSS:\t{all} kB\nRssAnon:\t{anon} kB\nRssFile:\t99999999 kB\nRssShmem:\t1024 kB\nThreads:\t1\n"
    found = {f"{name[1:]}/status": rows.format(all=mib << 12, anon=(mib << 10) - 1024) for name, mib in used.items()}
    return {**found, "1/cgroup": f"3:misc:/\n0::{first}\n", "self/cgroup": "3:misc:/\n0::/\n"}


@pytest.mark.parametrize("image", ["python", "dash", "busybox", "python-only"], indirect=True)
@pytest.mark.parametrize(
    ("proc", "shared", "left"),
    [
        (processes(p1=60, p70=15), 88, 13),
        (processes(p1=60, p70=30), 88, 0),
        (processes(p1=3, first="/"), 88, -1),
        (processes(p1=60, p70=15), 1000, None),
        (processes(p1=60, p70=15), None, None),
    ],
)
def test_an_ephemeral_container_takes_no_more_than_its_pod_has_left(ask, image, proc, shared, left):
    """It sees no limit of its own, and where it sees no process of another container it takes nothing."""
    report = ask(v2(), proc={**proc, "version": ""}, shared_kib=shared and shared << 10)
    shell = {"dash": "sh", "busybox": "sh"}.get(image.name, "python")
    if left is None:
        assert report.runner == shell
    elif left < 0:
        assert (report.lacks, report.runner) == ("unseen", "")
        assert "sees no other process of its Pod" in report.error
    elif left and image.name in ("python", "busybox"):
        assert report.runner == "sh"
    else:
        assert (report.lacks, report.runner) == ("memory", "")
        assert f"leaves {left:.1f} MiB" in report.error


@pytest.mark.long
@pytest.mark.parametrize(
    ("image", "limits"),
    [
        ("python", v1(cpu=2000)),
        ("python", v2(cpu=2000)),
        ("busybox", v1(cpu=2000)),
        ("busybox", v2(cpu=2000)),
        ("busybox", v2(memory=80 * MIB, used=73 * MIB)),
    ],
    indirect=["image"],
)
def test_little_of_a_processor_or_of_memory_is_asked_for_one_after_the_other(ask, limits):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), _filled(port):
            began = time.monotonic()
            report = ask(limits, port, probes=3, timeout_ms=1000)
            assert time.monotonic() - began >= 2.9
    assert {answer.outcome for answer in report.answers} <= {"timeout", "probe_error"}


def _filled(port: int) -> socket.socket:
    """Take what is left of a listener's queue, so that nobody is answered any more."""
    last = socket.socket()
    last.setblocking(False)
    last.connect_ex(("127.0.0.1", port))
    return last
