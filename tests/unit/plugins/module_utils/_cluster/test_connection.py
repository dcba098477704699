# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What leads to no API server is named at once: the file, the context, the certificate."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import connect

from .kubeconfigs import SERVER, config, refused, write

pytestmark = pytest.mark.usefixtures("default")
#: A token for a year that no package of this time renews: {"exp": 4102444800}.
OIDC = {"name": "oidc", "config": {"id-token": "e30.eyJleHAiOiA0MTAyNDQ0ODAwfQ.x"}}


def test_a_context_that_is_not_there_names_those_that_are(tmp_path, default):
    path = write(tmp_path / "config", "prod", "test")
    expected = f"context: 'prd' is not in {path}; there are 'prod', 'test'"
    assert refused(kubeconfig=path, context="prd") == expected
    default(path)
    assert refused(context="prd") == expected
    given = config("prod", "test")
    assert refused(kubeconfig=given, context="prd") == expected.replace(path, "the given kubeconfig")
    assert refused(kubeconfig=config(), context="prd").endswith("; there is none")
    assert connect({"kubeconfig": path, "context": "test"}).server == SERVER


def test_a_file_that_is_not_there_is_named(tmp_path, default):
    missing = str(tmp_path / "missing")
    assert f"kubeconfig {missing!r} does not exist" in refused(kubeconfig=missing)
    default(missing)
    assert f"kubeconfig {missing!r} does not exist" in refused()
    default("")
    assert f"kubeconfig {str(tmp_path / '.kube/config')!r} does not exist" in refused()
    for place, field in (("cluster", "certificate-authority"), ("user", "client-certificate")):
        given = config("prod")
        given[f"{place}s"][0][place][field] = missing
        assert missing in refused(kubeconfig=given)


def test_of_several_files_of_the_variable_those_that_are_there_are_read(tmp_path, default):
    missing, path = str(tmp_path / "missing"), write(tmp_path / "config", "prod")
    default(f"{missing}:{path}")
    assert connect({}).server == SERVER
    assert f"kubeconfig {missing!r} does not exist" in refused(kubeconfig=f"{missing}:{path}")


def headers(connection) -> dict[str, str]:
    return dict(connection.headers())


@pytest.mark.parametrize("user", [{"token": "x"}, {"username": "a", "password": "b"}, {"auth-provider": OIDC}])
def test_an_option_beside_a_kubeconfig_wins_for_the_whole_run(user, tmp_path):
    """The client package writes the file's values back with each header that it makes."""
    (tmp_path / "ca").write_text("ca")
    given = config("prod")
    given["users"][0]["user"] = user
    given["clusters"][0]["cluster"].update({"proxy-url": "http://198.18.0.9:1", "insecure-skip-tls-verify": True})
    options = {"host": "https://127.0.0.1:2/", "proxy": "http://127.0.0.1:3", "ca_cert": str(tmp_path / "ca")}
    connection = connect({"kubeconfig": given, **options})
    for _request in range(3):
        assert headers(connection)["Authorization"]
        assert connection.server == "https://127.0.0.1:2"
        assert connection.proxy.address == "http://127.0.0.1:3"
        assert (connection.configuration.ssl_ca_cert, connection.configuration.verify_ssl) == (options["ca_cert"], True)


@pytest.mark.parametrize(("options", "name"), [({}, "api.example"), ({"host": "https://127.0.0.1:2"}, None)])
def test_the_name_of_the_files_server_is_not_expected_of_another_one(options, name):
    """As kubectl with --server, unless --tls-server-name is given as well."""
    given = config("prod")
    given["users"][0]["user"] = {"token": "x"}
    given["clusters"][0]["cluster"]["tls-server-name"] = "api.example"
    assert connect({"kubeconfig": given, **options}).configuration.tls_server_name == name
