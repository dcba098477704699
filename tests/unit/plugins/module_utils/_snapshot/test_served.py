# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an API server serves, as servers say it, refuse it, or say nothing that can be read."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.served import Resources, groups

GATEWAY = "/apis/gateway.networking.k8s.io"
THERE = {f"{GATEWAY}/v1": ["gateways", "httproutes"], f"{GATEWAY}/v1alpha2": ["tlsroutes"]}


@pytest.fixture
def served(bad_server):
    """An API whose answers to some paths are given, with the paths that it was asked."""

    def make(answers):
        asked = []

        def answer(peer):
            path = peer.request.split(" ")[1]
            asked.append(path)
            peer.answer(*answers.get(path, (404, {"kind": "Status", "code": 404, "message": "not found"})))

        return Api(bad_server(answer).connection(), 10.0), asked

    return make


def resources(*names):
    return 200, {"kind": "APIResourceList", "resources": [{"name": name} for name in names]}


FORBIDDEN = 403, {"kind": "Status", "code": 403, "reason": "Forbidden", "message": "forbidden"}


def test_each_version_is_read_once_and_any_of_them_may_have_a_resource(served):
    api, asked = served({path: resources(*names) for path, names in THERE.items()})
    there = Resources(api)
    both = list(THERE)
    assert there.may_have(both, "tlsroutes")
    assert there.may_have(both[:1], "gateways")
    assert not there.may_have(both[:1], "tlsroutes")
    assert not there.may_have([f"{GATEWAY}/v1alpha3"], "tlsroutes")
    assert asked == [*both, f"{GATEWAY}/v1alpha3"]


@pytest.mark.parametrize(
    ("answer", "more"),
    [
        (FORBIDDEN, 0),
        ((503, {"kind": "Status", "code": 503, "message": "no"}), 1),
        ((200, {"resources": 7}), 1),
        ((200, []), 1),
    ],
)
def test_what_cannot_be_read_may_have_everything_and_a_refusal_is_not_asked_for_twice(served, answer, more):
    api, asked = served(dict.fromkeys(THERE, answer))
    there = Resources(api)
    first, second = THERE
    assert there.may_have([first], "tlsroutes")
    before = len(asked)
    assert there.may_have([second], "tlsroutes")
    assert bool(len(asked) - before) == bool(more)


def test_groups_with_their_versions(served):
    found = {"groups": [{"name": "apps", "versions": [{"version": "v1"}]}]}
    assert groups(served({"/apis": (200, found)})[0]) == {"apps": ["v1"]}
    assert groups(served({"/apis": FORBIDDEN})[0]) is None
