# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In whose name requests and streams are sent."""

from __future__ import annotations

import json

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import exec as exec_
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import impersonation
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import connect
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api

AS = {"as": "jürgen", "as-uid": "u-1", "as-groups": ["dev", "ops"], "as-user-extra": {"Example.com/Why": ["a", "b"]}}
SENT = [
    ("Impersonate-User", "jürgen"),
    ("Impersonate-Uid", "u-1"),
    ("Impersonate-Group", "dev"),
    ("Impersonate-Group", "ops"),
    ("Impersonate-Extra-example.com%2Fwhy", "a"),
    ("Impersonate-Extra-example.com%2Fwhy", "b"),
]


def kubeconfig(url, **user):
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "one",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "contexts": [
            {"name": "one", "context": {"cluster": "c", "user": "own"}},
            {"name": "other", "context": {"cluster": "c", "user": "them"}},
        ],
        "users": [{"name": "them", "user": {"token": "t"}}, {"name": "own", "user": {"token": "t", **user}}],
    }


def answer(peer):
    if peer.header("Upgrade"):
        peer.upgrade()
        peer.status(metadata={}, status="Success")
        peer.close()
    else:
        peer.answer(200, {})


def sent(peer):
    return [(key, value) for key, value in peer.headers if key.lower().startswith("impersonate-")]


@pytest.mark.parametrize("form", ["file", "inline", "KUBECONFIG"])
def test_the_kubeconfig_says_in_whose_name_as_for_kubectl(bad_server, tmp_path, monkeypatch, form):
    server = bad_server(answer)
    config = kubeconfig(server.url, **AS)
    (tmp_path / "config").write_text(json.dumps(config))
    params = {"kubeconfig": {"inline": config, "file": str(tmp_path / "config")}.get(form)}
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "config"))
    connection = connect(params)
    Api(connection).get("/version")
    exec_.run(connection, "shop", "web-1", "web", ["true"])
    assert [sent(peer) for peer in server.peers] == [SENT, SENT]
    assert sent_of(params, context="other") == []


def sent_of(params, **more):
    return connect({**params, **more}).impersonate


def test_an_option_replaces_the_field_of_its_name(tmp_path):
    params = {"kubeconfig": kubeconfig("https://a", **AS)}
    headers = sent_of(params, impersonate_user="jane")
    assert headers[0] == ("Impersonate-User", "jane")
    assert headers[1:] == SENT[1:]
    assert [value for name, value in sent_of(params, impersonate_groups=["qa"]) if name.endswith("Group")] == ["qa"]
    assert sent_of({"host": "https://a", "api_key": "t"}) == []


@pytest.mark.parametrize("value", [" ", "jane ", "\tjane", "a\r\nX: y", "a\0b", 5])
def test_a_value_that_would_be_another_one_to_the_server_is_refused(value):
    for name in ("impersonate_user", "impersonate_groups"):
        with pytest.raises(ValueError, match=f"^{name}: .* is not allowed; it must be one line of printable text"):
            impersonation.headers({name: value if name.endswith("user") else ["ok", value]}, {})
    for field in ({"as": value}, {"as-uid": value}, {"as-groups": [value]}, {"as-user-extra": {"why": [value]}}):
        with pytest.raises(ValueError, match=f"^kubeconfig: {next(iter(field))}: .* is not allowed"):
            impersonation.headers({}, field)


def test_nobody_is_a_member_without_a_user():
    with pytest.raises(ValueError, match=r"^impersonate_groups: it is not allowed alone"):
        impersonation.headers({"impersonate_groups": ["qa"]}, {})
    for field in ({"as-uid": "7"}, {"as-groups": ["qa"]}, {"as-user-extra": {"why": ["x"]}}):
        with pytest.raises(ValueError, match=f"^kubeconfig: {next(iter(field))}: it is not allowed alone"):
            impersonation.headers({}, field)


def test_what_is_empty_is_unset():
    assert impersonation.headers({"impersonate_user": "", "impersonate_groups": []}, {"as": "", "as-groups": []}) == []
