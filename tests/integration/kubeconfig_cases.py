# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to get in: kubeconfigs, variables and options, and as whom each leads to the API server."""

from __future__ import annotations

import dataclasses
import typing as t

ADMIN, READER, JANE = "kubernetes-admin", "reader", "jane"
LOGIN = "jane:secret"
DEAD = "http://127.0.0.1:9"


@dataclasses.dataclass
class Row:
    """One way to get in.

    Attributes:
        user: who it is; empty where there is no way in.
        cluster: changes of the kubeconfig's cluster; a value None takes a field away.
        login: the kubeconfig's user, as a function of what the fixture made; the administrator if none is given.
        whole: changes of the kubeconfig.
        environ: variables, KUBECONFIG in place of the row's own file among them.
        flags: of kubectl.
        params: the same as options of a module.
        reason: how our error begins, where there is no way in.
    """

    user: str
    cluster: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    login: t.Callable[[Made], dict[str, t.Any]] | None = None
    whole: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    environ: dict[str, str] = dataclasses.field(default_factory=dict)
    flags: tuple[str, ...] = ()
    params: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    reason: str = ""


@dataclasses.dataclass
class Made:
    """What the rows are made of: words in braces in their values are fields of this."""

    folder: str
    server: str
    token: str
    admin: dict[str, t.Any]
    expired: dict[str, str]
    http: str
    locked: str
    socks: str
    locked_socks: str


def plugin(**entry: t.Any) -> t.Callable[[Made], dict[str, t.Any]]:
    version = "client.authentication.k8s.io/v1"
    return lambda _made: {"exec": {"apiVersion": version, "interactiveMode": "Never", **entry}}


def admin(**more: t.Any) -> t.Callable[[Made], dict[str, t.Any]]:
    return lambda made: {**made.admin, **more}


def token(made: Made) -> dict[str, t.Any]:
    return {"token": made.token}


EXTRA = {"as-uid": "7", "as-groups": ["qa", "ops"], "as-user-extra": {"Why.example.com/Asked": ["a", "b"]}}
CA = "certificate-authority-data"
ROWS = {
    "client certificate": Row(ADMIN),
    "token": Row(READER, login=token),
    "file of a token": Row(READER, login=lambda _made: {"tokenFile": "token"}),
    "file of a token beside a token": Row(READER, login=lambda _made: {"token": "wrong", "tokenFile": "token"}),
    "wrong token": Row("", login=lambda _made: {"token": "wrong"}, reason="unauthorized: "),
    "user and password": Row("", login=lambda _made: {"username": "a", "password": "b"}, reason="forbidden: "),
    "plugin with a token": Row(READER, login=plugin(command="./plugin", args=["token"])),
    "plugin with a certificate": Row(ADMIN, login=plugin(command="./plugin", args=["certificate"])),
    "plugin that wants variables": Row(
        READER,
        login=plugin(command="sh", args=["-c", '"$WHERE" token'], env=[{"name": "WHERE", "value": "{folder}/plugin"}]),
    ),
    "plugin that is not there": Row(
        "",
        login=plugin(command="kubewire-no-such-plugin"),
        reason="no_credentials: the credential plugin of the user 'u'",
    ),
    "plugin that fails": Row(
        "",
        login=plugin(command="./plugin", args=["fail"]),
        reason="no_credentials: the credential plugin of the user 'u'",
    ),
    "plugin beside a token": Row(READER, login=lambda made: {**plugin(command="false")(made), "token": made.token}),
    "as": Row(JANE, login=admin(**{"as": JANE})),
    "as with groups, uid and extra": Row(JANE, login=admin(**{"as": JANE}, **EXTRA)),
    "as by a user who may not": Row("", login=lambda made: {"token": made.token, "as": JANE}, reason="forbidden: "),
    "proxy": Row(ADMIN, {"proxy-url": "{http}"}),
    "proxy with a password": Row(ADMIN, {"proxy-url": "{locked}"}),
    "proxy without its password": Row("", {"proxy-url": "{locked_out}"}, reason="proxy_authentication: "),
    "proxy that is not there": Row("", {"proxy-url": DEAD}, reason="unreachable: "),
    "proxy beside a variable": Row(ADMIN, {"proxy-url": "{http}"}, environ={"HTTPS_PROXY": DEAD, "NO_PROXY": "*"}),
    "socks5": Row(ADMIN, {"proxy-url": "{socks}"}),
    "socks5 with a password": Row(ADMIN, {"proxy-url": "{locked_socks}"}),
    "HTTPS_PROXY": Row(READER, login=token, environ={"HTTPS_PROXY": "{http}"}),
    "https_proxy with a password": Row(ADMIN, environ={"https_proxy": "{locked}"}),
    "HTTPS_PROXY without its password": Row(
        "", environ={"HTTPS_PROXY": "{locked_out}"}, reason="proxy_authentication: "
    ),
    "HTTPS_PROXY that is not there": Row("", environ={"HTTPS_PROXY": DEAD}, reason="unreachable: "),
    "HTTPS_PROXY, but not for this network": Row(ADMIN, environ={"HTTPS_PROXY": DEAD, "NO_PROXY": "198.18.0.0/16"}),
    "HTTPS_PROXY, but not for this address": Row(ADMIN, environ={"HTTPS_PROXY": DEAD, "no_proxy": "a.b, {host}"}),
    "HTTP_PROXY is for http": Row(ADMIN, environ={"HTTP_PROXY": DEAD}),
    "name in the certificate": Row(ADMIN, {"tls-server-name": "kubernetes.default"}),
    "name that is not in the certificate": Row("", {"tls-server-name": "other.example"}, reason="untrusted: "),
    "insecure": Row(ADMIN, {CA: None, "insecure-skip-tls-verify": True}),
    "no authority": Row("", {CA: None}, reason="untrusted: "),
    "file of an authority": Row(ADMIN, {CA: None, "certificate-authority": "ca.crt"}),
    "wrong authority": Row("", {CA: "{wrong_ca}"}, reason="untrusted: "),
    "insecure, beside an authority": Row("", {"insecure-skip-tls-verify": True}, reason="no_credentials: "),
    "expired certificate": Row("", login=lambda made: made.expired, reason="unauthorized: "),
    "server that is not there": Row("", {"server": "https://{host}:9"}, reason="unreachable: "),
    "server with a slash": Row(ADMIN, {"server": "{server}/"}),
    "no current context": Row("", whole={"current-context": ""}, reason="no_credentials: "),
    "current context that is not there": Row("", whole={"current-context": "x"}, reason="no_credentials: "),
    "user that is not there": Row("", whole={"users": []}, reason="no_credentials: "),
    "context without a user": Row(
        "", whole={"contexts": [{"name": "c", "context": {"cluster": "k"}}]}, reason="no_credentials: "
    ),
    "user without credentials": Row("", login=lambda _made: {}, reason="no_credentials: "),
    "token and password": Row(
        "", login=lambda made: {"token": made.token, "username": "a", "password": "b"}, reason="no_credentials: "
    ),
    "groups without a user": Row("", login=admin(**{"as-groups": ["qa"]}), reason="BadInput: kubeconfig: as-groups: "),
    "plugin that wants a terminal": Row(
        "", login=plugin(command="./plugin", args=["token"], interactiveMode="Always"), reason="no_credentials: "
    ),
    "plugin without a mode": Row(
        "", login=plugin(command="./plugin", args=["token"], interactiveMode=""), reason="no_credentials: "
    ),
    "several files, the first one wins": Row(READER, environ={"KUBECONFIG": "{folder}/token-user:{folder}/config"}),
    "several files, the first without a context": Row(
        ADMIN, environ={"KUBECONFIG": "{folder}/none:{folder}/config:{folder}/token-user"}
    ),
    "several files, one part each": Row(READER, environ={"KUBECONFIG": "{folder}/missing:{folder}/half:{folder}/rest"}),
    "relative files": Row(READER, environ={"KUBECONFIG": "missing:token-user"}),
    "host beside a file": Row(
        READER,
        {"server": "https://{host}:9"},
        token,
        flags=("--server={server}",),
        params={"host": "{server}"},
    ),
    "host beside the name of another server": Row(
        READER,
        {"server": "https://{host}:9", "tls-server-name": "other.example"},
        token,
        flags=("--server={server}",),
        params={"host": "{server}"},
    ),
    "token beside a plugin": Row(
        READER, login=plugin(command="false"), flags=("--token={token}",), params={"api_key": "{token}"}
    ),
    "authority beside a file": Row(
        ADMIN,
        {CA: "{wrong_ca}"},
        flags=("--certificate-authority={folder}/ca.crt",),
        params={"ca_cert": "{folder}/ca.crt"},
    ),
    "insecure beside a file": Row(
        ADMIN, {CA: "{wrong_ca}"}, flags=("--insecure-skip-tls-verify",), params={"validate_certs": False}
    ),
    "authority beside an insecure file": Row(
        "",
        {CA: None, "insecure-skip-tls-verify": True},
        flags=("--certificate-authority={folder}/wrong.crt",),
        params={"ca_cert": "{folder}/wrong.crt"},
        reason="untrusted: ",
    ),
    "token beside a client certificate": Row(ADMIN, flags=("--token={token}",), params={"api_key": "{token}"}),
    "client certificate beside a token": Row(
        ADMIN,
        login=token,
        flags=("--client-certificate={folder}/certificate", "--client-key={folder}/key"),
        params={"client_cert": "{folder}/certificate", "client_key": "{folder}/key"},
    ),
    "as beside a file": Row(
        "bob", login=admin(**{"as": JANE}, **EXTRA), flags=("--as=bob",), params={"impersonate_user": "bob"}
    ),
    "groups beside a file": Row(
        JANE, login=admin(**{"as": JANE}, **EXTRA), flags=("--as-group=dev",), params={"impersonate_groups": ["dev"]}
    ),
    "context beside a file": Row(
        READER,
        environ={"KUBECONFIG": "{folder}/config:{folder}/token-user"},
        flags=("--context=token-user",),
        params={"context": "token-user"},
    ),
}
