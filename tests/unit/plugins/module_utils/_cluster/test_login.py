# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Server and credentials are those that kubectl would take: its order of files, and the Pod's own last."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from kubernetes.config import incluster_config

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import login
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import connect

from .kubeconfigs import SERVER, config, refused, write

pytestmark = pytest.mark.usefixtures("default")


def headers(connection) -> dict[str, str]:
    return dict(connection.headers())


def test_a_file_of_a_token_wins_over_a_token_and_is_read_again(tmp_path, monkeypatch):
    """As with client-go: somebody else renews it."""
    monkeypatch.setattr(login, "_TOKEN_S", 0.0)
    (tmp_path / "token").write_text("one\n")
    given = config("prod")
    given["users"][0]["user"]["tokenFile"] = "token"
    (tmp_path / "config").write_text(json.dumps(given))
    connection = connect({"kubeconfig": str(tmp_path / "config")})
    assert headers(connection)["Authorization"] == "Bearer one"
    (tmp_path / "token").write_text("two")
    assert headers(connection)["Authorization"] == "Bearer two"
    (tmp_path / "token").unlink()
    assert headers(connection)["Authorization"] == "Bearer two"
    assert f"tokenFile: {tmp_path / 'token'}: No such file" in refused(kubeconfig=str(tmp_path / "config"))


def test_the_first_of_several_files_says_which_context_is_the_current_one(tmp_path, default):
    first, second = write(tmp_path / "first", "prod"), write(tmp_path / "second", "test")
    (tmp_path / "none").write_text(json.dumps({**config(), "current-context": ""}))
    for order, name in (
        ((first, second), "prod"),
        ((second, first), "test"),
        ((str(tmp_path / "none"), second), "test"),
    ):
        default(":".join(order))
        given = config(name)
        given["contexts"][0]["context"]["namespace"] = name
        pathlib.Path(first if name == "prod" else second).write_text(json.dumps(given))
        assert connect({}).namespace == name


def test_no_current_context_and_no_user_are_named(tmp_path):
    given = config("prod", "test")
    given["current-context"] = ""
    assert refused(kubeconfig=given).endswith("no current-context; there are 'prod', 'test'")
    given["current-context"] = "gone"
    assert "current-context 'gone' is no context of it; there are 'prod', 'test'" in refused(kubeconfig=given)
    given = {**config("prod"), "users": []}
    assert connect({"kubeconfig": given, "api_key": "x"}).server == SERVER
    assert "the user 'u', who is not in the given kubeconfig, has no credentials" in refused(kubeconfig=given)


def test_a_relative_path_that_leads_nowhere_says_from_where(tmp_path, monkeypatch, default):
    monkeypatch.chdir(tmp_path)
    default("conf/cluster")
    assert refused().endswith(f"kubeconfig 'conf/cluster' does not exist in {tmp_path}, where the module runs")


def test_insecure_beside_an_authority_is_refused_as_by_kubectl():
    given = config("prod")
    given["clusters"][0]["cluster"].update({"certificate-authority-data": "Y2E=", "insecure-skip-tls-verify": True})
    assert "insecure-skip-tls-verify beside certificate-authority-data is not allowed" in refused(kubeconfig=given)
    assert connect({"kubeconfig": given, "validate_certs": False}).configuration.verify_ssl is False


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ({}, "has no credentials"),
        ({"token": "x", "username": "a", "password": "b"}, "has a token and a password, and only one is allowed"),
    ],
)
def test_what_kubectl_refuses_is_refused(user, words):
    given = config("prod")
    given["users"][0]["user"] = user
    assert words in refused(kubeconfig=given)
    assert connect({"kubeconfig": {**given, "users": [{"name": "u", "user": {}}]}, "api_key": "x"}).server == SERVER


@pytest.fixture
def pod(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """Make this look like a Pod with a service account."""
    for name in ("token", "ca.crt"):
        (tmp_path / name).write_text(name)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")

    def load(client_configuration: t.Any) -> None:
        incluster_config.InClusterConfigLoader(str(tmp_path / "token"), str(tmp_path / "ca.crt")).load_and_set(
            client_configuration
        )

    monkeypatch.setattr(incluster_config, "load_incluster_config", load)


def test_a_kubeconfig_wins_over_the_service_account_of_the_pod(pod, tmp_path, default):
    path = write(tmp_path / "config", "prod")
    default(path)
    assert connect({}).server == SERVER
    default("")
    assert connect({}).server == "https://10.96.0.1:443"
    assert headers(connect({}))["Authorization"] == "bearer token"
    (tmp_path / ".kube").mkdir()
    write(tmp_path / ".kube" / "config", "prod")
    assert connect({}).server == SERVER
    # As kubectl: files that are not there are no configuration.
    default(str(tmp_path / "missing"))
    assert connect({}).server == "https://10.96.0.1:443"
    assert "does not exist" in refused(kubeconfig=str(tmp_path / "missing"))
