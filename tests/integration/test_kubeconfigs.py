# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubeconfigs, options and environments as kubectl takes them: reachable or not, as whom, and may it exec.

Each row is asked of the real kubectl and of our transport; they must agree, and the row says what on.
"""

from __future__ import annotations

import base64
import copy
import datetime
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .conftest import COLLECTIONS, OPERATOR, ROOT, create, kubectl, new_namespace, on, running
from .kubeconfig_cases import ADMIN, CA, LOGIN, READER, ROWS, Made, admin, token

#: Runs in the operator's network: for each row, kubectl in a process and our transport in another.
ASK = """
import json, os, subprocess, sys
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "K8S_AUTH_KUBECONFIG")
PASS = ["python3", "-c", "pass"]
def environ(row):
    plain = {key: value for key, value in os.environ.items() if key not in NAMES}
    return {**plain, "GOGC": "off", **row["environ"]}
def theirs(row, pod):
    def run(*words):
        command = ["kubectl", "--request-timeout=20s", *row["flags"], *words]
        return subprocess.run(command, env=environ(row), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    who = run("auth", "whoami", "-o", "json")
    user = json.loads(who.stdout)["status"]["userInfo"] if who.returncode == 0 else None
    ran = user and run("exec", "-n", "shop", pod, "--", *PASS).returncode == 0
    return {"user": user, "ran": bool(ran), "said": who.stderr[-500:]}
def ours(row, pod):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(environ(row))
        os.write(write, json.dumps(login(row["params"], pod)).encode())
        os._exit(0)
    os.close(write)
    with open(read) as pipe:
        found = json.loads(pipe.read())
    os.waitpid(child, 0)
    return found
def login(params, pod):
    from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import connection, errors, exec, rest
    try:
        server = connection.connect(params)
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        user = rest.Api(server, 20).post(path, body)["status"]["userInfo"]
    except (errors.ClusterError, ValueError, OSError) as error:
        result = None
        if not isinstance(error, ValueError) and "server" in dir():
            result = exec.run(server, "shop", pod, "frontend", PASS, deadline=20)
        said = f"{getattr(error, 'reason', type(error).__name__)}: {error}"
        return {"user": None, "ran": False, "said": said, "class": result and result.exit_class}
    ran = exec.run(server, "shop", pod, "frontend", PASS, deadline=60)
    return {"user": user, "ran": ran.rc == 0, "said": ran.message, "class": ran.exit_class}
pod, rows = json.load(sys.stdin)
for row in rows:
    os.chdir(row["folder"])
    print(json.dumps({"theirs": theirs(row, pod), "ours": ours(row, pod)}), flush=True)
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[dict[str, t.Any]]:
    """What each row leads to, by the row's name."""
    folder = tmp_path_factory.mktemp("kubeconfigs")
    started = [proxy(*words) for words in (("http",), ("http", LOGIN), ("socks5",), ("socks5", LOGIN))]
    try:
        with new_namespace() as namespace:
            yield asked(folder, namespace, [port for _process, port in started])
    finally:
        for process, _port in started:
            process.kill()


def proxy(*words: str) -> tuple[subprocess.Popen[str], str]:
    """Start a proxy where the operator is; return it and its port."""
    command = [*OPERATOR, sys.executable, str(ROOT / "tests" / "unit" / "proxies.py"), *words]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, process.stdout.readline().strip()


def asked(folder: pathlib.Path, namespace: str, ports: list[str]) -> dict[str, t.Any]:
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
    cluster, own = config["clusters"][0]["cluster"], config["users"][0]["user"]
    create([{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": READER, "namespace": namespace}}])
    http, locked, socks, locked_socks = ports
    given = kubectl("create", "token", READER, "-n", namespace).strip()
    names = {
        "folder": str(folder),
        "server": cluster["server"],
        "host": cluster["server"].rpartition(":")[0].rpartition("/")[2],
        "token": given,
        "http": f"http://127.0.0.1:{http}",
        "locked": f"http://{LOGIN}@127.0.0.1:{locked}",
        "locked_out": f"http://jane:wrong@127.0.0.1:{locked}",
        "socks": f"socks5://127.0.0.1:{socks}",
        "locked_socks": f"socks5://{LOGIN}@127.0.0.1:{locked_socks}",
        "wrong_ca": cluster[CA],
    }
    made = Made(admin=own, expired={}, **{key: names[key] for key in names if key in Made.__dataclass_fields__})
    names["wrong_ca"], made.expired = authorities()
    files(folder, made, cluster)
    (folder / "wrong.crt").write_bytes(base64.b64decode(names["wrong_ca"]))
    rows = []
    for number, row in enumerate(ROWS.values()):
        base = {"clusters": [{"name": "k", "cluster": changed(cluster, row.cluster)}]}
        whole = {**kubeconfig(base, (row.login or admin())(made), "c"), **row.whole}
        (folder / str(number)).write_text(json.dumps(filled(whole, names)))
        environ = filled({"KUBECONFIG": str(folder / str(number)), **row.environ}, names)
        rows.append(
            {
                "folder": str(folder),
                "environ": environ,
                "flags": filled(list(row.flags), names),
                "params": filled(row.params, names),
            }
        )
    done = subprocess.run(
        [*OPERATOR, "env", f"PYTHONPATH={COLLECTIONS}", sys.executable, "-c", ASK],
        input=json.dumps([running("frontend")[0], rows]),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(ROWS, map(json.loads, done.stdout.splitlines()), strict=True))


def changed(cluster: dict[str, t.Any], changes: dict[str, t.Any]) -> dict[str, t.Any]:
    merged = {**copy.deepcopy(cluster), **changes}
    return {key: value for key, value in merged.items() if value is not None}


def kubeconfig(base: dict[str, t.Any], user: dict[str, t.Any], name: str) -> dict[str, t.Any]:
    contexts = [{"name": name, "context": {"cluster": "k", "user": "u"}}]
    users = [{"name": "u", "user": user}]
    return {"apiVersion": "v1", "kind": "Config", **base, "users": users, "contexts": contexts, "current-context": name}


def filled(value: t.Any, names: dict[str, str]) -> t.Any:
    """Put what the fixture made in the place of its name in braces."""
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace(f"{{{name}}}", text)
        return value
    if isinstance(value, list):
        return [filled(each, names) for each in value]
    return {key: filled(each, names) for key, each in value.items()} if isinstance(value, dict) else value


def files(folder: pathlib.Path, made: Made, cluster: dict[str, t.Any]) -> None:
    """What rows find in their folder."""
    base = {"clusters": [{"name": "k", "cluster": cluster}]}
    (folder / "token").write_text(f"{made.token}\n")
    (folder / "ca.crt").write_bytes(base64.b64decode(cluster[CA]))
    (folder / "config").write_text(json.dumps(kubeconfig(base, made.admin, "c")))
    other = json.dumps(kubeconfig(base, token(made), "token-user")).replace('"u"', '"t"')
    (folder / "token-user").write_text(other)
    (folder / "none").write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": ""}))
    whole = kubeconfig(base, token(made), "c")
    parts = {name: whole.pop(name) for name in ("users", "clusters")}
    (folder / "half").write_text(json.dumps(whole))
    (folder / "rest").write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **parts}))
    head = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    pem = {key: base64.b64decode(made.admin[f"client-{key}-data"]).decode() for key in ("certificate", "key")}
    for name, text in pem.items():
        (folder / name).write_text(text)
    certificate = {"clientCertificateData": pem["certificate"], "clientKeyData": pem["key"]}
    for name, status in (("token", {"token": made.token}), ("certificate", certificate)):
        (folder / f"said-{name}").write_text(json.dumps({**head, "status": status}))
    (folder / "plugin").write_text(f'#!/bin/sh\ncat {folder}/said-$1 || {{ echo "log in first" >&2; exit 3; }}\n')
    (folder / "plugin").chmod(0o755)


def authorities() -> tuple[str, dict[str, str]]:
    """Another authority, as base64 of PEM, and a user of the cluster's own authority whose certificate has expired."""
    pem = "".join(on("cp", "cat", f"/etc/kubernetes/pki/ca.{part}") for part in ("crt", "key"))
    ca = x509.load_pem_x509_certificate(pem.encode())
    own, other = serialization.load_pem_private_key(pem.encode()[pem.index("-----BEGIN RSA") :], None), new_key()
    assert isinstance(own, rsa.RSAPrivateKey)
    key = new_key()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    wrong = certificate("other", ca.subject, other, other, 10)
    late = certificate("kubernetes-admin", ca.subject, key, own, -1)
    return encoded(wrong), {"client-certificate-data": encoded(late), "client-key-data": encoded(private)}


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(name: str, issuer: x509.Name, key: rsa.RSAPrivateKey, signer: rsa.RSAPrivateKey, days: int) -> bytes:
    now = datetime.datetime.now(datetime.timezone.utc)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject if key is not signer else issuer)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=key is signer, path_length=None), critical=True)
    )
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def encoded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()


@pytest.mark.parametrize("name", ROWS)
def test_the_way_in_is_that_of_kubectl(answers: dict[str, t.Any], name: str) -> None:
    row, theirs, ours = ROWS[name], answers[name]["theirs"], answers[name]["ours"]
    assert ours["user"] == theirs["user"], (theirs["said"], ours["said"])
    assert ours["ran"] == theirs["ran"], (theirs["said"], ours["said"])
    found = (ours["user"] or {}).get("username", "")
    assert found.rpartition(":")[2] == row.user.rpartition(":")[2]
    assert ours["ran"] is (row.user == ADMIN)
    if not row.user:
        assert ours["said"].startswith(row.reason), ours["said"]
    assert ours["class"] != "lost"


def test_a_playbook_takes_relative_paths_as_kubectl_does(tmp_path: pathlib.Path) -> None:
    """Its modules run in the folder of the playbook."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "cluster").write_text(kubectl("config", "view", "--raw", "-o", "json"))
    paths = "KUBECONFIG=conf/missing:conf/cluster"
    own = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_HOME": str(ROOT / "build" / "ansible")}
    done = subprocess.run(
        [*OPERATOR, "env", paths, "ansible-playbook", "kubewire.netdebug.sweep", "--check"],
        cwd=tmp_path,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
