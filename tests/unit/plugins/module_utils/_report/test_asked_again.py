# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of checks that were asked more than once."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import (
    asked_again,
    document,
    markdown,
    text,
)

from . import scenes

ASKED = "only when probed again"
LATER = [{"timeout": 1}, {"open": 1}]


@pytest.mark.parametrize(
    ("askings", "verdict", "later"),
    [
        (LATER, "pass", 1),
        ([{"dns_timeout": 1}, {"timeout": 1}, {"http_200": 1}], "pass", 1),
        (LATER, "fail", 0),
        ([{"open": 1}, {"open": 49, "timeout": 1}], "pass", 0),
        ([{"open": 45, "timeout": 5}], "pass", 0),
        ([{"timeout": 1}, {"timeout": 1}], "pass", 0),
    ],
    ids=str,
)
def test_what_passed_only_when_it_was_asked_again_is_counted(askings, verdict, later):
    report = scenes.one(verdict=verdict, evidence={"askings": askings})
    assert report["summary"]["passed_later"] == later
    assert not document.validate(report)
    for told in (text.render(report), markdown.render(report)):
        assert (f"{later} check passed {ASKED}" in told) == bool(later)


def test_a_report_of_an_earlier_version_counts_none():
    report = scenes.one()
    del report["summary"]["passed_later"]
    assert asked_again.sentence(report) == ""


def test_each_asking_is_told():
    assert asked_again.told({"askings": [{"timeout": 1}, {"open": 45, "timeout": 5}]}) == (
        "probed 2 times: timeout, then open 45, timeout 5"
    )
    assert asked_again.told({"askings": [{"open": 200}]}) == asked_again.told({}) == ""
