# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an error turns out to be: a cause, another failure, or nothing of the network."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import Case
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.catalogue import RULES
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.answer import (
    ErrorAnswer,
    answer,
    first_about,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding, ObjectRef

from .. import scenes

REFUSED = "curl: (7) Failed to connect to web.shop port 80 after 2 ms: Connection refused"
QUESTION = {"from": "shop/client", "to": "web.shop:80"}


def of(text: str, report: scenes.Report | None, options: t.Mapping[str, t.Any], unasked: str = "") -> ErrorAnswer:
    """What an error turns out to be in a scene."""
    case = scenes.case(report=report)
    case = Case(case.snapshot, {**case.report, "run": {"options": options}} if report else {})
    return answer(parse(text), case, diagnose(case, RULES), unasked)


def answered() -> scenes.Report:
    """A Service that answers."""
    return scenes.broken_service("open", verdict="pass")


def test_where_the_cause_says_it_nothing_is_added():
    assert of(REFUSED, scenes.broken_service(), QUESTION) == ErrorAnswer(
        "refused",
        "The connection was refused: nothing accepts connections there",
        "curl",
        "shop/client -> web.shop:80",
    )


def test_what_is_answered_is_not_the_network():
    told = of(REFUSED, answered(), QUESTION).result
    assert told.startswith("web.shop:80 is reachable from shop/client; what you see is not the network, because")


def test_who_asks_may_be_namespaces():
    told = of(REFUSED, answered(), {"to": "web.shop:80", "sources": [{"namespace": "shop"}]})
    assert told.asked == "namespace shop -> web.shop:80"
    assert "is reachable from namespace shop" in told.result


def test_another_failure_than_the_text_says_is_told():
    told = of(REFUSED, scenes.broken_service("timeout"), QUESTION).result
    assert told.startswith("A probe fails otherwise than the text says: ")


def test_an_event_asks_nothing_of_the_network():
    told = of("Back-off restarting failed container web in pod web-1_shop(b50a)", None, {})
    assert told.kind == "crash"
    assert told.asked.startswith("what does not work in ")
    assert "Nothing was found that explains it about Pod shop/web-1" in told.result


def test_what_cannot_be_probed_is_told():
    told = of(REFUSED, None, {}, "to: 'web.shop:80': there is no namespace 'shop'")
    assert told.asked == "web.shop:80, which cannot be probed"
    assert told.result == "There is no namespace 'shop'"


def test_an_unknown_text_is_said_to_be_unknown():
    told = of("it hurts", answered(), QUESTION)
    assert (told.kind, told.result) == ("unknown", "")


@pytest.mark.parametrize("name", ["web-1", "web-2"])
def test_findings_about_what_it_names_come_first(name: str):
    findings = [
        Finding("POD-04", "Pod", "error", "certain", ObjectRef("Pod", each, "shop"), "x") for each in ("web-1", "web-2")
    ]
    error = parse(f"Back-off restarting failed container web in pod {name}_shop(b50a)")
    assert first_about(findings, error, scenes.case())[0].object.name == name
    assert first_about(findings, parse(REFUSED), scenes.case()) == tuple(findings)


def test_a_finding_about_the_owner_is_about_its_pod():
    case = scenes.case()
    pod = scenes.WEB[0]
    findings = [
        Finding("POD-04", "Pod", "error", "certain", ObjectRef("Pod", "other", "shop"), "x"),
        Finding("POD-04", "Pod", "error", "certain", case.owner(pod), "x"),
    ]
    error = parse(f"Back-off restarting failed container web in pod {pod.name}_{pod.namespace}(b50a)")
    assert first_about(findings, error, case)[0] == findings[1]
