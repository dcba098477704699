# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the argument spec of net_probe cannot check is named by its option."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.kubewire.netdebug.plugins.module_utils._bad_input import BadInput
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import probe_options
from ansible_collections.kubewire.netdebug.plugins.modules.net_probe import argument_spec


def params(**given: t.Any) -> dict[str, t.Any]:
    checked = ArgumentSpecValidator(argument_spec()).validate(given)  # type: ignore[no-untyped-call]
    assert not checked.error_messages
    return dict(checked.validated_parameters)


def test_the_defaults_are_allowed():
    probe_options.check(params())
    probe_options.check(params(debug_image="registry.example/debug:1", targets=[{"host": "a.lab", "port": 80}]))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"probe_timeout": 0.01}, "probe_timeout: 0.01 is not allowed"),
        ({"deadline": 86401}, "deadline: 86401 is not allowed"),
        ({"concurrency": 33}, "concurrency: 33 is not allowed"),
        ({"tries": 0}, "tries: 0 is not allowed"),
        ({"limit": -1}, "limit: -1 is not allowed"),
        ({"echo": True}, "echo: it needs O(debug_image)"),
        ({"echo": True, "debug_image": "a:1", "snapshot": "a.json"}, "echo: it is mutually exclusive with O(snapshot)"),
        ({"echo": True, "debug_image": "a:1", "to": "shop/web"}, "echo: it is mutually exclusive with O(to)"),
        ({"replay": "a.json"}, "snapshot: it is empty; it must be the snapshot that the answers of O(replay)"),
        ({"sample": {"neighbours": 0}}, "sample: neighbours 0 is not allowed; it must be from 1 to 1000"),
        ({"debug_namespace": "-x"}, "debug_namespace is '-x'"),
        ({"debug_image": "A b"}, "debug_image is 'A b'"),
        ({"cluster_domain": "x y"}, "cluster_domain: 'x y' is not allowed; it must be a DNS name"),
        ({"targets": [{"host": "a", "port": 70000}]}, "targets: port 70000 is not allowed"),
        ({"internet": [{"host": "a", "port": 0}]}, "internet: port 0 is not allowed"),
        ({"targets": [{"host": "a", "protocol": "tcp"}]}, "targets: host 'a' with protocol tcp needs a port"),
        ({"from": "shop/web", "models": ["pod_to_pod_same_node"], "sources": [{"pod": "a"}]}, "from"),
    ],
)
def test_a_value_out_of_bounds_is_named_by_its_option(given, words):
    with pytest.raises(BadInput, match=re.escape(words)):
        probe_options.check(params(**given))


def test_a_protocol_that_needs_no_port_is_asked_without_one():
    probe_options.check(params(targets=[{"host": "a", "protocol": "icmp"}]))
