# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""POD-17: quotas and limit ranges that do not allow the Pods of a workload."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_limits import LimitRange

from .test_pods_admission import QUOTA, found, only

MAXIMUM = 'pods "web-b975c9b8d-x" is forbidden: maximum memory usage per Container is 128Mi, but limit is 256Mi'
RATIO = "cpu max limit to request ratio per Container is 2, but "


@pytest.mark.parametrize(
    ("says", "why"),
    [("provided ratio is 10.000000", "its ratio is 10"), ("no limit is specified or limit is 0", "no limit is")],
)
def test_a_limit_range_bounds_limits_by_requests(says: str, why: str):
    limits = LimitRange("shop", "ratio", ({"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}},))
    finding = only(found(f'pods "x" is forbidden: [{RATIO}{says}, {RATIO}{says}]', limit_ranges=(limits,)))
    assert (finding.code, str(finding.object)) == ("POD-17", "LimitRange shop/ratio")
    assert (finding.field, finding.value) == ("spec.limits[0].maxLimitRequestRatio.cpu", "2")
    assert why in finding.sentence


def test_a_limit_range_that_wants_what_is_not_set():
    limits = LimitRange("shop", "least", ({"type": "Container", "min": {"cpu": "10m"}},))
    says = 'pods "x" is forbidden: minimum cpu usage per Container is 10m.  No request is specified'
    finding = only(found(says, limit_ranges=(limits,)))
    assert (str(finding.object), finding.field) == ("LimitRange shop/least", "spec.limits[0].min.cpu")


def test_a_quota_of_storage_is_raised_by_what_is_asked():
    said = "exceeded quota: small, requested: requests.storage=1Gi, used: requests.storage=512Mi, limited: "
    finding = only(found(f'persistentvolumeclaims "data-web-0" is forbidden: {said}requests.storage=1Gi'))
    assert (finding.field, finding.value) == ("spec.hard[requests.storage]", "1Gi")
    assert finding.fix is not None
    assert '{"requests.storage": "3Gi"}' in finding.fix.command


def test_what_a_quota_wants_is_set():
    finding = only(found('pods "x" is forbidden: failed quota: small: must specify limits.cpu for: web'))
    assert finding.fix is not None
    assert finding.fix.command == "kubectl -n shop set resources deployment/web --limits=cpu=500m"


def test_a_quota_that_is_used_up():
    finding = only(found(QUOTA))
    assert (finding.code, str(finding.object), finding.field) == (
        "POD-17",
        "ResourceQuota shop/small",
        "spec.hard.pods",
    )
    assert finding.value == "2"
    assert finding.fix is not None
    assert '{"spec": {"hard": {"pods": "4"}}}' in finding.fix.command
    # The controller would try again after up to 1,000 s.
    assert finding.fix.command.endswith(" && kubectl -n shop rollout restart deployment/web")
    assert '{"spec": {"hard": {"pods": "2"}}}' in finding.fix.undo


def test_a_quota_that_wants_limits():
    finding = only(found('pods "w" is forbidden: failed quota: small: must specify limits.memory for: web'))
    assert (finding.code, str(finding.object)) == ("POD-17", "Deployment shop/web")
    assert finding.field == "spec.template.spec.containers[0].resources.limits.memory"


def test_a_limit_range():
    limits = LimitRange("shop", "small", ({"type": "Container", "max": {"memory": "128Mi"}},))
    finding = only(found(MAXIMUM, limit_ranges=(limits,)))
    assert (finding.code, str(finding.object), finding.field) == (
        "POD-17",
        "LimitRange shop/small",
        "spec.limits[0].max.memory",
    )
    assert "256Mi" in finding.sentence


def test_without_events_the_rules_do_not_know():
    diagnosis = found(QUOTA, unknown={"events": "forbidden"})
    assert not diagnosis.findings
    assert {one.code for one in diagnosis.unknown_rules} == {"POD-17", "POD-18", "POD-19"}
