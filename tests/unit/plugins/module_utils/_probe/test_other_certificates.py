# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a wrong certificate is, by what a controller shows for other names."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    other_certificates,
    plan,
    rounds,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

from .test_entry_answers import CLASS, SERVICES, SLICES, ingress

ADDRESS = "198.18.0.201"


def laid_out(*hosts):
    item = ingress(tls=[{"hosts": list(hosts)}])
    (rule,) = item["spec"]["rules"]
    item["spec"]["rules"] = [{**rule, "host": host} for host in hosts]
    lists = {"services": SERVICES, "endpoint_slices": SLICES, "ingress_classes": [CLASS]}
    facts = Facts(cluster.snapshot(ingresses=[item], **lists))
    layout = plan.make(facts, selection.select(facts, None, None, {"pod"}), ["pod_to_ingress"], Options(("tls",)))
    return other_certificates.OtherCertificates(facts), expectation.assign(layout, facts)


def further(stage, layout, outcome="tls_wrong_name"):
    reports = [
        SourceReport(name, answers=tuple(Answer(probe.id, outcome, 1.0, address=ADDRESS) for probe in probes))
        for name, probes in layout.probes.items()
    ]
    return stage.further(layout, reports, [])


def test_a_wrong_certificate_is_compared_with_that_of_nobody_and_of_the_names_beside_it():
    stage, layout = laid_out("a.shop.lab")
    questions = further(stage, layout).questions
    assert [(each.probe.via, each.probe.server_name) for each in questions] == [
        ("host of nobody", "kubewire.invalid"),
        ("certificate of www.a.shop.lab", "www.a.shop.lab"),
        ("certificate of shop.lab", "shop.lab"),
        ("certificate of www.shop.lab", "www.shop.lab"),
    ]
    assert {(each.probe.protocol, each.probe.host, each.probe.port) for each in questions} == {("tls", ADDRESS, 443)}
    assert {each.expected.decision for each in questions} == {"not_applicable"}
    rounds.extended(layout, questions)  # each has a key of its own
    assert further(stage, layout) is None, "it asks one round"


def test_a_name_that_is_served_says_nothing_of_another_host():
    stage, layout = laid_out("shop.lab", "www.shop.lab")
    names = [each.probe.server_name for each in further(stage, layout).questions]
    assert names == ["kubewire.invalid", "kubewire.invalid", "www.www.shop.lab"]


@pytest.mark.parametrize("outcome", ["open", "timeout", "tls_handshake"])
def test_a_certificate_that_is_right_or_not_shown_is_compared_with_nothing(outcome):
    assert further(*laid_out("a.lab"), outcome) is None


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("shop.lab", ["www.shop.lab"]),
        ("www.shop.lab", ["www.www.shop.lab", "shop.lab"]),
        ("shop", ["www.shop"]),
        ("*.shop.lab", []),
        ("", []),
    ],
)
def test_the_names_beside_a_host(host, names):
    assert other_certificates.others(host) == names
