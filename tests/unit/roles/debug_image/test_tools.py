# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of tools, what is chosen from it, and the self-test."""

from __future__ import annotations

import re

from .conftest import CONTEXT

ASKED = {"ip", "ss", "ping", "traceroute", "mtr", "dig", "curl", "nc", "socat", "tcpdump", "tshark", "nmap", "iperf3"}
ASKED |= {"ethtool", "conntrack", "nft", "iptables", "strace", "bpftrace", "openssl", "jq", "python3"}
ROWS = [
    line.split("\t") for line in (CONTEXT / "tools.tsv").read_text().splitlines() if line and not line.startswith("#")
]


def test_the_table_is_whole():
    names = [row[0] for row in ROWS]
    assert set(names) >= ASKED
    assert len(names) == len(set(names))
    for tool, command, *columns in ROWS:
        *packages, when = columns
        assert command.split()[0] == tool
        assert len(packages) == 3
        assert when in ("always", "extra")
        for cell in packages:
            assert re.fullmatch(r"-|[a-z0-9][a-z0-9+.-]*( [a-z0-9][a-z0-9+.-]*)*", cell), (tool, cell)


def test_tools_that_are_large_are_extra():
    assert [row[0] for row in ROWS if row[5] == "extra"] == ["bpftrace"]


def test_a_tool_starts_or_is_broken_or_missing(tools):
    tools.add("good", "echo good 1.0; echo by somebody")
    tools.add("loud", "echo; echo; echo loud 2 >&2")
    tools.add("bad", "echo no library >&2; exit 127")
    tools.add("gone", None)
    done = tools.run("self-test.sh", str(tools.table))
    assert [line.split("\t") for line in done.stdout.splitlines()] == [
        ["good", "ok", "good 1.0"],
        ["loud", "ok", "loud 2"],
        ["bad", "broken", "no library"],
        ["gone", "missing", ""],
    ]
    assert done.returncode == 1
    assert done.stderr == "do not start: bad gone\n"


def test_all_that_start_is_success(tools):
    tools.add("good", "echo good 1.0")
    done = tools.run("self-test.sh", str(tools.table))
    assert (done.returncode, done.stderr) == (0, "")


def test_what_a_tool_says_stays_in_its_field(tools):
    tools.add("rude", r"printf 'a\tb\033[31m$(id)`id`\r\000%s'; head -c 1000 /dev/zero | tr '\000' x")
    tools.add("next", "echo next")
    done = tools.run("self-test.sh", str(tools.table))
    rude, following = (line.split("\t") for line in done.stdout.splitlines())
    assert rude[:2] == ["rude", "ok"]
    assert re.fullmatch(r"a b\[31m\$\(id\)`id`%?s?x+", rude[2])
    assert len(rude[2]) == 100
    assert following == ["next", "ok", "next"]


def test_a_tool_cannot_read_the_rest_of_the_table(tools):
    tools.add("greedy", "cat")
    tools.add("next", "echo next")
    assert "next\tok\tnext" in tools.run("self-test.sh", str(tools.table)).stdout


def test_extra_tools_are_chosen_by_name(tools):
    tools.add("plain", "")
    tools.add("large", "", "a", "b", "c", "extra")
    names = [line.split("\t")[0] for line in tools.run("select.sh", "tools", str(tools.table)).stdout.splitlines()]
    assert names == ["plain"]
    asked = tools.run("select.sh", "tools", str(tools.table), "large")
    assert asked.stdout.splitlines() == [
        "plain\tplain --version\tplain\tplain\tplain\talways",
        "large\tlarge --version\ta\tb\tc\textra",
    ]
    wrong = tools.run("select.sh", "tools", str(tools.table), "larch")
    assert wrong.returncode == 2
    assert "no tool is called larch; there are: plain large" in wrong.stderr


def test_only_what_the_base_lacks_is_fetched(tools):
    tools.add("here", "", "deb-here", "rpm-here", "apk-here", "always")
    tools.add("applet", "exit 1", "deb-applet", "rpm-applet", "apk-applet", "always")
    tools.add("gone", None, "deb-gone deb-more", "rpm-gone", "-", "always")
    tools.add("twin", None, "deb-gone", "rpm-gone", "apk-twin", "always")

    def packages(manager: str) -> list[str]:
        return tools.run("select.sh", "packages", str(tools.table), manager).stdout.split()

    assert packages("apt") == ["deb-applet", "deb-gone", "deb-more"]
    assert packages("dnf") == ["rpm-applet", "rpm-gone"]
    assert packages("apk") == ["apk-applet", "apk-twin"]


def test_nothing_is_fetched_where_nothing_lacks(tools):
    tools.add("here", "", "deb-here", "rpm-here", "apk-here", "always")
    done = tools.run("select.sh", "packages", str(tools.table), "apt")
    assert (done.stdout, done.stderr) == ("", "")
