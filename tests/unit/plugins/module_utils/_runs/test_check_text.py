# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What check mode says on the terminal: the answer first, in 80 columns, the Role as it is copied."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import check_text
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.check_text import Summary

Json = dict[str, t.Any]
ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n"


def right(verb: str, resource: str, namespace: str = "shop", allowed: bool = True, **more: str) -> Json:
    usual = {"api_group": "", "purpose": "exec", **more}
    return {"namespace": namespace, "resource": resource, "verb": verb, "allowed": allowed, **usual}


def creation(kind: str = "Pod", **more: t.Any) -> Json:
    usual = {
        "namespace": "shop",
        "level": "namespace",
        "privileged": False,
        "most": 3,
        "always": False,
        "allowed": True,
    }
    return {"kind": kind, **usual, **more}


def text(summary: Summary | None = None, **told: t.Any) -> str:
    plan = {"sources": 3, "targets": 12, "cells": 1234, "execs": 3, "seconds": 7}
    usual = {"plan": plan, "authorisation": [right("get", "pods/exec")], "creates": [], "role": ""}
    summary = summary or Summary(senders={"pod": 2, "node": 0, "outside": 1}, targets={"pod": 12})
    found = check_text.render({**usual, **told}, summary)
    assert max(map(len, found.splitlines())) <= 80
    return found


def test_all_is_well():
    lines = text().splitlines()
    assert lines[0] == "READY  The run can probe from all 3 sources, and every right that it needs is"
    assert "  sources      3  2 containers, 1 outside host" in lines
    assert "  cells    1,234" in lines
    assert "Nothing would be created in the cluster" in lines
    assert "  allowed      probe from containers: get pods/exec" in lines


def test_what_is_missing_comes_first_and_its_role_last():
    rights = [right("get", "pods/exec"), right("list", "nodes", "", False, purpose="snapshot")]
    said = text(authorisation=rights, role=ROLE)
    assert said.startswith("RIGHTS ARE MISSING  1 right. The run can probe from all 3 sources.\n")
    assert "Rights in the whole cluster\n  NOT ALLOWED  read the cluster: list nodes\n" in said
    assert said.endswith(f"\n\n{ROLE}")


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        (Summary(error="cannot list pods"), "cannot list pods"),
        (Summary(), "No source has a probe to send."),
        (Summary(senders={"pod": 1}, blocked=("shop/a/a",), hindrance="exec is not allowed"), "exec is not allowed"),
    ],
)
def test_nothing_could_be_asked(summary: Summary, words: str):
    assert text(summary).splitlines()[0] == f"NO PROBE CAN BE SENT  {words}"


def test_sources_that_could_not_be_asked_are_named():
    summary = Summary(senders={"pod": 2}, blocked=("vault/a/a",), hindrance="exec is not allowed in namespace vault")
    said = " ".join(text(summary, authorisation=[right("get", "pods/exec", "vault", False)]).split())
    assert "The run can probe from 1 of 2 sources, not from vault/a/a: exec is not allowed in namespace vault." in said


def test_namespaces_with_the_same_rights_are_one_block():
    rights = [right("get", "pods/exec", f"team-{number}") for number in range(40)]
    said = text(authorisation=rights)
    assert "Rights in each of the namespaces team-0, team-1, team-2, team-3 and 36 more\n" in said
    assert len(said.splitlines()) < 15


def test_what_would_be_created_and_what_the_server_says_to_it():
    creates = [
        creation(
            level="node", always=True, nodes=["w1", "w2", "w3"], refusal="violates PodSecurity", remedy="label it"
        ),
        creation("EphemeralContainer", level="pod", most=1),
        creation(allowed=False),
        creation(level="node", privileged=True, most=2, nodes=["w1", "w2"]),
    ]
    said = " ".join(text(creates=creates).split())
    assert said.startswith("OBJECTS WOULD BE REFUSED")
    assert "3 Pods in namespace shop, one on each node: w1, w2, w3; removed at the end REFUSED violates" in said
    assert "at most 1 ephemeral container in Pods of namespace shop; each ends by itself" in said
    assert "at most 3 Pods in namespace shop; removed at the end NOT ALLOWED" in said
    assert "at most 2 privileged Pods in namespace shop, one on each node: w1, w2; removed at the end" in said


def test_nothing_of_the_cluster_steers_the_terminal():
    summary = Summary(error="\x1b[31mred\u202e", not_tested=({"what": "a\x07", "reason": "b\x1b"},))
    assert text(summary, role="").isascii()
    assert not {"\x1b", "\x07"} & set(text(summary))


def test_a_recording_asks_no_cluster():
    assert text(Summary(replayed=True)).startswith("CHECK MODE  A recording would be judged again")


def test_a_run_that_takes_longer_than_its_deadline_says_so():
    told = {"plan": {"sources": 1, "targets": 1, "cells": 1, "execs": 1, "seconds": 187}}
    late = " ".join(text(Summary(senders={"pod": 1}, deadline=120.0), **told).split())
    assert "seconds 187 estimated; deadline 120 ends earlier, what is missing then is unknown" in late
    assert "seconds 7 estimated; deadline 120 " in " ".join(text(Summary(senders={"pod": 1}, deadline=120.0)).split())


def test_a_sample_is_told_before_it_is_sent():
    parts = {"sources": (2, 9), "targets": (2, 9), "pairs": (2, 6), "nodes_in": (3, 3), "nodes_out": (3, 3)}
    coverage = {"mode": "auto", **parts, "confidence": "at most some"}
    shown = " ".join(text(Summary(senders={"pod": 1}, coverage=coverage)).split())
    assert "3 of 3 nodes out, 3 of 3 nodes in" in shown
    assert "confidence at most some" in shown
