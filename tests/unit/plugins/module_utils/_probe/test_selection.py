# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A selection that matches nothing is refused with the name of its option."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selected import SelectionError
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.planning import make


@pytest.mark.parametrize(
    ("sources", "asked", "words"),
    [
        ([{"pod": "nope"}], None, "sources: no Pod matches pod=nope"),
        ([{"label_selector": "a b"}], None, "sources: label_selector: 'a b' is not a label selector"),
        ([{"pod": "web-1", "container": "x"}], None, "has no container 'x'; it has app"),
        (None, [{"service": "nope", "namespace": "shop"}], "no service 'shop/nope'; there are shop/db, shop/web"),
        ([{"query": "pods["}], None, "sources: query 'pods\\[' is no JMESPath expression"),
        ([{"query": "pods[].name"}], None, "gives no list of Pods"),
        ([{"query": "pods[?node == 'w9']"}], None, "sources: no Pod matches query="),
        ([{"owner": "deployment/nope"}], None, "sources: no Pod matches owner=deployment/nope"),
        (None, [{"ingress": "nope"}], "no ingress 'default/nope'; there are none"),
        (None, [{"node": "nope"}], "no node 'nope'; the cluster has w1, w2"),
        (None, [{"label_selector": "app=nope"}], "targets: no Pod matches label_selector=app=nope"),
    ],
)
def test_a_selection_that_matches_nothing_is_named(sources, asked, words):
    with pytest.raises(SelectionError, match=words.replace("(", r"\(")):
        make(sources=sources, asked=asked)
