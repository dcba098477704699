# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What crosses the stages of probing survives JSON, and what is empty is left out."""

from __future__ import annotations

import json

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import (
    Answer,
    Cell,
    Probe,
    Source,
    SourceReport,
    Target,
)

RECORDS = [
    Source("shop/web-1/app", "shop", "web-1", "app", node="w1", addresses=("10.0.1.1", "fd00::1"), enter=("ip", "x")),
    Target("svc/shop/web:80", "service", "shop", "web", 80),
    Probe(7, "shop/web-1/app", "svc/shop/web:80", "pod_to_service", "http", "IPv4", "10.96.0.5", 80, path="/a"),
    Answer(7, "http_200", 1.5, phases={"connect": 0.5}, answers=("10.96.0.5",), percentiles={"p50": 1.5}),
    SourceReport("shop/web-1/app", answers=(Answer(7, "open"),), runner="sh", tools=("dash",)),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_survives_json(record):
    assert type(record).from_dict(json.loads(json.dumps(record.to_dict()))) == record


def test_an_answer_holds_only_what_came():
    assert Answer(7, "timeout").to_dict().keys() <= {"id", "outcome", "ms"}
    assert "mtu" in Answer(7, "timeout", mtu=1400).to_dict()


def test_a_cell_holds_every_word_of_a_verdict():
    assert {"outcome", "expectation", "verdict", "reason", "decided_by"} <= Cell.__dataclass_fields__.keys()
