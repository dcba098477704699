# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the documentation runs as printed, and every playbook with the rights of its file in docs/rbac.

What is changed in an example is in examples.yml. The sample application is small, and in a namespace of the test's own.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import shlex
import subprocess
import typing as t
import uuid

import pytest
import yaml

from .conftest import (
    DEBUG_IMAGE,
    OPERATOR,
    Module,
    create,
    image,
    kubectl,
    new_namespace,
    wait_for_pods,
    wait_for_service,
)
from .example_run import Ran, Runner, warnings, wrong
from .examples import ROOT, Example, collect

pytestmark = pytest.mark.skipif(not OPERATOR, reason="examples.yml names hosts and images of the lab")

Json = dict[str, t.Any]
EXAMPLES = collect()
RBAC = ROOT / "docs/rbac"
#: Documents that only an option needs which no example has.
OPTIONAL = {
    "connectivity": ("everywhere", "pod", "namespace", "node"),
    "diagnose": ("everywhere", "pod", "namespace", "node", "all"),
    "namespace_debug": ("events", "node"),
    "pod_debug": ("events", "node"),
    "node_debug": ("events", "node"),
    "sweep": (),
}
FOLDER = f"/tmp/kubewire-examples-{uuid.uuid4().hex[:8]}"  #: on this machine and on the host
HOST = "h1"
#: With braces, which Ansible would take for a template.
MESSAGE = "dial tcp: lookup ledger: connection to ledger:7000 refused, config {{ port }}"


def ssh(*words: str) -> None:
    subprocess.run([*OPERATOR, "ssh", HOST, shlex.join(words)], check=True, capture_output=True, timeout=240)


def application() -> t.Iterator[Json]:
    """The sample application, with one Pod where it has more."""
    ports = {"frontend": 8080, "api": 8080, "ledger": 7000, "store": 7007}
    for app, port in ports.items():
        container: Json = {
            "name": app,
            "image": image("frontend" if app == "store" else app),
            "ports": [{"name": "tcp-main", "containerPort": port}],
            "readinessProbe": {"tcpSocket": {"port": port}, "periodSeconds": 1},
            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        }
        if app == "store":
            container["command"] = ["shop-echo"]
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"{app}-0", "labels": {"app": app}},
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "containers": [container],
                "volumes": [{"name": "tmp", "emptyDir": {}}],
            },
        }
        if app != "store":
            yield service(app, app, port)
    yield service("frontend-nodeport", "frontend", 8080, type="NodePort")


def service(name: str, app: str, port: int, **spec: t.Any) -> Json:
    ports = [{"name": "main", "port": 80 if port == 8080 else port, "targetPort": port}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": app}, "ports": ports, **spec},
    }


@pytest.fixture(scope="module")
def namespace() -> t.Iterator[str]:
    """The namespace that stands for shop."""
    with new_namespace() as name:
        create(application(), "-n", name)
        wait_for_pods(name)
        wait_for_service(name, "frontend-nodeport")
        yield name


def granted(namespace: str, playbook: str, documents: t.Iterable[Json], user: str) -> t.Iterator[Json]:
    """The documents under names of our own, each bound to a service account."""
    for document in documents:
        metadata = dict(document["metadata"])
        name = f"{metadata['name']}-{user}-{namespace}"
        where = {"namespace": namespace if metadata.get("namespace") == "shop" else metadata.get("namespace")}
        own = {"name": name, **(where if where["namespace"] else {})}
        yield {**document, "metadata": own}
        yield {
            "apiVersion": document["apiVersion"],
            "kind": f"{document['kind']}Binding",
            "metadata": own,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": document["kind"], "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": user, "namespace": namespace}],
        }


@pytest.fixture(scope="module")
def users(namespace: str, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[dict[str, str]]:
    """A kubeconfig for each playbook, whose user has the rights of its file; image has all of connectivity's."""
    folder, objects = tmp_path_factory.mktemp("users"), []
    chosen: dict[str, list[Json]] = {}
    for file in sorted(RBAC.glob("*.yml")):
        documents, playbook = list(yaml.safe_load_all(file.read_text())), file.stem
        prefix = f"kubewire-{playbook.replace('_', '-')}-"
        left_out = {prefix + name for name in OPTIONAL.get(playbook, ())}
        chosen[playbook] = [each for each in documents if each["metadata"]["name"] not in left_out]
        if playbook == "connectivity":
            chosen["image"] = [each for each in documents if each["metadata"]["name"] != prefix + "everywhere"]
            chosen["everywhere"] = [each for each in documents if each["kind"] == "ClusterRole"]
    for playbook, documents in chosen.items():
        user = playbook.replace("_", "-")
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": user, "namespace": namespace}}
        objects += [account, *granted(namespace, playbook, documents, user)]
    manifest = {"apiVersion": "v1", "kind": "List", "items": objects}
    with contextlib.ExitStack() as stack:
        words = ("delete", "--ignore-not-found", "--wait=false", "-f", "-")
        stack.callback(lambda: kubectl(*words, stdin=manifest))
        create(objects)
        operator = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
        found = {}
        for playbook in chosen:
            token = kubectl("create", "token", playbook.replace("_", "-"), "-n", namespace).strip()
            own = [{"name": entry["name"], "user": {"token": token}} for entry in operator["users"]]
            file = folder / f"{playbook}.kubeconfig"
            file.write_text(json.dumps({**operator, "users": own}))
            file.chmod(0o600)
            found[playbook] = str(file)
        yield found


def names(folder: pathlib.Path, namespace: str) -> dict[str, str]:
    """What stands for the placeholders; the inventory has the host under each name of the examples."""
    words = ["sh", "-c", 'echo "$KUBECONFIG"; cat "$KUBEWIRE_LAB_INVENTORY"; kubectl config current-context']
    said = subprocess.run([*OPERATOR, *words], check=True, capture_output=True, text=True).stdout
    kubeconfig, _newline, rest = said.partition("\n")
    inventory, end = json.JSONDecoder().raw_decode(rest)
    host, context = inventory["all"]["hosts"][HOST], rest[end:].strip()
    file = folder / "inventory.json"
    host = {**host, "ansible_connection": "ssh"}  # the plays that ask a cluster say local
    hosts = {"office": host, "dmz": host}
    web = {"webservers": {"hosts": {"web1": host}}}
    file.write_text(json.dumps({"all": {"hosts": hosts, "children": web}}))
    return {
        "namespace": namespace,
        "folder": FOLDER,
        "inventory": str(file),
        "kubeconfig": kubeconfig,
        "context": context,
    }


@pytest.fixture(scope="module")
def ran(namespace: str, users: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[dict[str, Ran]]:
    """All examples that ask a cluster."""
    folder = tmp_path_factory.mktemp("examples")
    pathlib.Path(FOLDER, "exporter").mkdir(parents=True)
    pathlib.Path(FOLDER, "message.txt").write_text(MESSAGE)
    pathlib.Path(FOLDER, "message.yml").write_text(f"diagnose_error: !unsafe |-\n  {MESSAGE}\n")
    with contextlib.ExitStack() as stack:
        stack.callback(ssh, "rm", "-rf", FOLDER)
        stack.callback(subprocess.run, ["rm", "-rf", FOLDER], check=True)
        ssh("mkdir", "-p", FOLDER)
        run = Runner(folder, names(folder, namespace), users)
        yield run.run([each for each in EXAMPLES if not each.on_hosts])


@pytest.fixture(scope="module")
def ran_on_hosts(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[dict[str, Ran]]:
    """All examples that ask a host: it has a container web."""
    folder = tmp_path_factory.mktemp("hosts")
    ssh(
        "podman",
        "run",
        "-d",
        "--rm",
        "--replace",
        "--name=web",
        "--stop-signal=SIGKILL",
        "registry.lab:5000/shop-ledger:1",
    )
    try:
        yield Runner(folder, names(folder, "shop"), {}).run([each for each in EXAMPLES if each.on_hosts])
    finally:
        ssh("podman", "rm", "-f", "web")


def is_well(example: Example, ran: Ran) -> None:
    """Every task was well, and there was an answer; a command was all of a process."""
    found = wrong(ran)
    assert not found, "\n".join([*found, example.text])
    if example.kind == "command":
        assert warnings(ran) == []
        assert ran.rc == 0, ran.output[-3000:]


@pytest.mark.parametrize("example", [pytest.param(each, id=each.id) for each in EXAMPLES if not each.on_hosts])
def test_every_example_runs_as_printed(ran: dict[str, Ran], example: Example) -> None:
    is_well(example, ran[example.id])


@pytest.mark.hosts
@pytest.mark.parametrize("example", [pytest.param(each, id=each.id) for each in EXAMPLES if each.on_hosts])
def test_every_example_of_hosts_runs_as_printed(ran_on_hosts: dict[str, Ran], example: Example) -> None:
    is_well(example, ran_on_hosts[example.id])


def test_ansible_warns_of_no_block(ran: dict[str, Ran]) -> None:
    assert {line for each in EXAMPLES if not each.on_hosts for line in warnings(ran[each.id])} == set()


@pytest.mark.hosts
def test_ansible_warns_of_no_block_of_hosts(ran_on_hosts: dict[str, Ran]) -> None:
    assert {line for each in ran_on_hosts.values() for line in warnings(each)} == set()


def test_every_playbook_ran_with_its_own_rights(ran: dict[str, Ran], users: dict[str, str]) -> None:
    """Nothing was missing: the connectivity runbook could list everything that it wants to."""
    playbooks = {each.owner for each in EXAMPLES if each.kind == "command" and each.owner in users}
    assert playbooks == {path.stem for path in RBAC.glob("*.yml")} - {"sweep"}
    info = [task for each in ran.values() for task in each.tasks if task["action"] == "kubewire.netdebug.net_info"]
    assert [missing for task in info for missing in task["result"]["missing"]] == []


def test_all_namespaces_need_the_cluster_roles(users: dict[str, str], tmp_path: pathlib.Path) -> None:
    assert Module("net_info", tmp_path)(kubeconfig=users["everywhere"])["missing"] == []


def test_a_debug_image_needs_the_rights_of_its_roles(
    namespace: str, users: dict[str, str], tmp_path: pathlib.Path
) -> None:
    more = {"namespaces": [namespace], "debug_image": DEBUG_IMAGE, "kubeconfig": users["image"]}
    asked = Module("net_probe", tmp_path)(check=True, **more)["authorisation"]
    assert asked
    assert [each for each in asked if not each["allowed"] and each["purpose"] != "snapshot"] == []


def test_sweep_removes_with_the_rights_of_its_role(
    namespace: str, users: dict[str, str], tmp_path: pathlib.Path
) -> None:
    labels = {"app.kubernetes.io/managed-by": "kubewire", "kubewire.io/run-id": "20260101-000000-abcdef"}
    metadata = {"name": "over", "labels": labels, "annotations": {"kubewire.io/end": "2026-01-01T00:00:00Z"}}
    nowhere = {"nodeSelector": {"no": "where"}, "containers": [{"name": "a", "image": "a"}]}
    create([{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": nowhere}], "-n", namespace)
    swept = Module("debug_sweep", tmp_path)(namespaces=[namespace], kubeconfig=users["sweep"])
    assert [entry["name"] for entry in swept["removed"]] == ["over"], swept
