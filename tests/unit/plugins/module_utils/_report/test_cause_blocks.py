# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The causes on a terminal."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import (
    cause_blocks,
    causes,
    document,
    text,
)

from . import scenes
from .diagnosed import FIX, diagnosed, failing, finding

HINT = finding(certainty="hint", code="NET-01")


def test_a_cause_says_what_it_explains_why_what_it_is_not_and_what_mends_it():
    block = cause_blocks.blocks(diagnosed(finding(explains=failing())), 80)[0]
    assert block[0] == "SVC-02  Service shop/web: spec.selector.app is webb, and no Pod of namespace"
    labels = [line.split()[0] for line in block[2:] if line[2] != " "]
    assert labels == ["explains", "because", "because", "not", "fix", "then"]
    because = [line.strip() for line in block if line.strip().startswith("because")]
    assert because[0] == "because   Service shop/web: selector app=webb", "the key evidence is the first"
    assert " " * 12 + FIX in block, "a command is never broken"
    assert max(len(line) for line in block if FIX not in line) <= 80
    assert block[-1].split() == [
        "then",
        "connectivity_from=shop/deployment/client",
        "connectivity_to=web.shop:80",
    ]


def test_what_comes_from_the_cluster_cannot_move_the_cursor():
    evil = finding(sentence="a\x1b[2Jb", evidence=[{"kind": "log", "about": "x", "says": "\x1b]0;t\x07"}])
    assert "\x1b" not in cause_blocks.render(diagnosed(evil))


def test_a_terminal_has_fewer_words():
    long = [
        {
            "kind": "probe",
            "about": "check 4",
            "says": f"{' '.join(['refused'] * 20)}; {'again ' * 20}; at last",
            "key": True,
        }
    ]
    own = finding(evidence=long, explains=[1])
    lines = [line for block in cause_blocks.blocks(diagnosed(own, own), 80)[:2] for line in block]
    assert [line for line in lines if line.endswith("refused ...")]
    told = dict(cause_blocks.brief(own, alone=False))
    assert told["explains"] == "1 check", "how it leads there stands where it is the only cause"
    assert "endpoint" in dict(cause_blocks.brief(finding(explains=[1]), alone=True))["explains"]


@pytest.mark.parametrize("number", [1, 2])
def test_the_first_25_lines_have_all_of_two_causes(number: int):
    """However much there is to say of each of them."""
    name = "shop-of-a-team-with-a-long-name/frontend"
    own = finding(
        sentence=f"Service {name}: spec.selector.app is webb, and {'no Pod of any namespace has these labels, ' * 9}",
        explains=failing(),
        evidence=[
            {"kind": kind, "about": f"Pod {name}", "says": "; ".join(["it refuses connections"] * 20), "key": not at}
            for at, kind in enumerate(("probe", "api", "log"))
        ],
        ruled_out=[{"code": code, "by": f"{name} answers, {'as it says; ' * 20}"} for code in ("POL-01", "SVC-09")],
        fix={
            "text": f"Give the selector {'the labels of the Pods, ' * 9}",
            "command": FIX,
            "undo": FIX,
            "risk": "high",
        },
        changed={"manager": "kubectl-edit", "time": "2026-12-01T04:00:00Z"},
        verify={"source": f"{name}/client", "target": f"{name}:80"},
    )
    first = text.render(diagnosed(*[own] * number)).splitlines()[:25]
    labels = [line.split()[0] for line in first if line.startswith("  ") and line[2] != " "]
    assert max(len(line) for line in first if FIX not in line) <= 80
    assert sum(line.startswith("SVC-02  Service shop") for line in first) == number
    for label in ("explains", "because", "not", "fix", "then"):
        assert labels.count(label) >= number
    assert sum(FIX in line for line in first) == sum("(risk: high)" in line for line in first) == number


def test_the_screen_begins_with_the_causes_and_goes_on_with_what_is_not_explained():
    told = diagnosed(finding(explains=failing()))
    lines = text.render(told).splitlines()
    assert lines[0] == causes.headline(told)
    assert lines[3].startswith("SVC-02  "), "the cause comes next, and the cluster and the time at the end"
    assert "What needs attention" not in text.render(told)
    some = text.render(diagnosed(finding(explains=failing()[:1])))
    assert "Not explained" in some


def test_rules_that_could_not_tell_are_named_by_reason():
    unknown = [
        {"code": code, "title": "x", "fact": "events", "reason": "the server was busy"} for code in ("POD-01", "POD-04")
    ]
    told = diagnosed(document=scenes.healthy(), unknown_rules=unknown)
    assert causes.unknown(told) == [("POD-01, POD-04", "events: the server was busy")]
    assert cause_blocks.unknown_block(told, 80)[0] == "Not looked for: 2 faults"


def test_a_diagnosis_of_what_carries_traffic_alone_speaks_only_of_causes():
    traffic = {"fact": "details", "reason": "the snapshot was taken with depth: traffic"}
    unknown = [{"code": code, "title": "x", **traffic} for code in ("POD-01", "POD-04")]
    unknown.append({"code": "SVC-04", "title": "x", "fact": "services", "reason": "forbidden"})
    nothing = diagnosed(unknown_rules=unknown)
    assert not causes.is_there(nothing)
    assert text.render(nothing) == text.render(scenes.broken_node())
    found = diagnosed(finding(explains=failing()), unknown_rules=unknown)
    assert causes.is_there(found)
    assert [why[:8] for _which, why in causes.unknown(found)] == ["they nee", "services"]


def test_the_way_is_told_hop_by_hop():
    hops = [
        {"hop": "name", "state": "passes", "says": "web.shop is answered"},
        {"hop": "Service", "state": "stops", "says": "no Pod matches"},
        {"hop": "listener", "state": "not_judged"},
    ]
    told = diagnosed(finding(explains=failing()), path=hops)
    assert document.validate(told) == []
    assert [line.split() for line in causes.way(told)] == [
        ["passes", "name", "web.shop", "is", "answered"],
        ["STOPS", "Service", "no", "Pod", "matches"],
        ["-", "listener"],
    ]
    assert "The way, hop by hop:" in cause_blocks.render(told)
    assert causes.way(diagnosed(path=hops[:1]))[-1] == "The target is reachable: what you see is not the network"
    assert causes.way(diagnosed()) == []


def test_more_causes_than_fit_have_one_line_each():
    many = [finding(explains=[number]) for number in failing()[:1] * 11]
    found = cause_blocks.blocks(diagnosed(*many), 80)
    assert len(found) == 10
    assert found[-2][0] == "3 more causes:"


def test_of_more_causes_than_a_screen_bears_their_codes_are_counted():
    many = [finding(explains=[number]) for number in failing()[:1] * 150]
    (more,) = [block for block in cause_blocks.blocks(diagnosed(*many), 80) if block[0].startswith("142 more causes")]
    assert more[-1] == f"  and of {many[0]['code']} 122 more"
    assert len(cause_blocks.render(diagnosed(*many)).splitlines()) < 200


def test_the_text_ends_with_the_address_of_the_pages():
    assert cause_blocks.blocks(diagnosed(finding()), 80)[-1] == [f"Codes: {causes.PAGES}"]
    assert len(causes.PAGES) < 80 - len("Codes: ")


def test_suspicions_are_apart():
    told = diagnosed(finding(), suspicions=[HINT])
    assert "Suspicions: 1, which explain no failed check" in cause_blocks.render(told)
