# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outside is the controller and hosts of the inventory: one playbook, one matrix, and one host that nobody reaches.

A Pod of the test's own lets in everybody but the host; the shop lets in both.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import typing as t

import pytest

from .conftest import (
    COLLECTIONS,
    OPERATOR,
    PATIENCE,
    PROBE_TIMEOUT,
    ROOT,
    Module,
    create,
    image,
    kubectl,
    new_namespace,
    on,
    signal_all,
    until,
    wait_for_pods,
    wait_for_policy,
    wait_for_service,
)

Json = dict[str, t.Any]

ENVIRON = {
    **os.environ,
    "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
    "ANSIBLE_HOME": str(ROOT / "build" / "ansible"),
    "ANSIBLE_NOCOLOR": "1",
}
PLAY = 'exec ansible-playbook -i "${KUBEWIRE_TEST_INVENTORY:-$KUBEWIRE_LAB_INVENTORY}" "$@"'
COMMAND = [*OPERATOR, "sh", "-c", PLAY, "sh"]
HOST = "h1"
GONE = "gone"
NOBODY = "198.18.0.99"  #: an address of the nodes' own network
MODELS = ("outside_to_nodeport", "outside_to_loadbalancer", "outside_to_ingress")
SERVER = ["python3", "-m", "http.server", "--bind", "::", "8080"]


def ssh(*words: str, check: bool = True) -> str:
    """Run a command on the host."""
    argv = [*OPERATOR, "ssh", HOST, shlex.join(words)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout


def left_on_host() -> str:
    """Files of a run, what Ansible keeps of it, and processes of it."""
    # Other tests remove files of theirs meanwhile.
    files = ssh("find", "/tmp", "-ignore_readdir_race", "-name", "snapshot.json", "-o", "-name", "answers.json")
    files += ssh("grep", "-rl", "outside_host", ".ansible_async", check=False)
    return files + ssh("pgrep", "-fa", "net_[p]robe|kubewire-[e]nd", check=False)


def addresses() -> list[str]:
    """Those of the host in the network of the nodes."""
    found = []
    for node in json.loads(kubectl("get", "nodes", "-o", "json"))["items"][:1]:
        for address in node["status"]["addresses"]:
            if address["type"] == "InternalIP":
                words = ssh("ip", "-o", "route", "get", address["address"]).split()
                found.append(words[words.index("src") + 1])
    return found


def deploy(namespace: str, kept_out: t.Sequence[str]) -> None:
    """A server behind a node port that keeps the client's address, open to everybody but some."""
    labels = {"app": "web"}
    container = {"name": "web", "image": image("frontend"), "command": SERVER}
    container["readinessProbe"] = {"tcpSocket": {"port": 8080}, "periodSeconds": 1}
    blocks = [
        {"ipBlock": {"cidr": whole, "except": [f"{ip}/{bits}" for ip in kept_out if (":" in ip) is (bits == 128)]}}
        for whole, bits in (("0.0.0.0/0", 32), ("::/0", 128))
    ]
    manifests = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web", "labels": labels},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web"},
            "spec": {
                "type": "NodePort",
                "externalTrafficPolicy": "Local",
                "ipFamilyPolicy": "PreferDualStack",
                "selector": labels,
                "ports": [{"name": "web", "port": 80, "targetPort": 8080}],
            },
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "not-the-host"},
            "spec": {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress"], "ingress": [{"from": blocks}]},
        },
    ]
    create(manifests, "-n", namespace)
    wait_for_pods(namespace, "web")
    wait_for_service(namespace, "web")
    wait_for_policy(namespace, "web")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of the run and its report."""
    folder = tmp_path_factory.mktemp("outside")
    more = folder / "more.json"
    more.write_text(json.dumps({"all": {"hosts": {GONE: {"ansible_host": NOBODY}}}}))
    variables = {
        "connectivity_run_dir": str(folder / "run"),
        "connectivity_models": MODELS,
        "connectivity_outside_hosts": [GONE, HOST],
        "connectivity_probe_timeout": PROBE_TIMEOUT,
        "connectivity_show_facts": False,
    }
    # what a run leaves there that is killed
    (folder / "run" / ".outside").mkdir(parents=True)
    (folder / "run" / ".outside" / "1.json").write_text("{")
    argv = ["-i", str(more), "kubewire.netdebug.connectivity", "-e"]
    with new_namespace() as namespace:
        deploy(namespace, addresses())
        variables["connectivity_namespaces"] = ["shop", namespace]
        done = subprocess.run(
            [*COMMAND, *argv, json.dumps(variables)],
            env=ENVIRON,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((folder / "run" / "report.json").read_text())
    report["namespace"] = namespace
    return folder / "run", report


def about(report: Json, source: str, inside: bool) -> list[Json]:
    """Cells of a machine outside, about the test's own Service or about all else."""
    own = {name for name, target in report["targets"].items() if target.get("namespace") == report["namespace"]}
    return [cell for cell in report["cells"] if cell["source"] == source and (cell["target"] in own) is inside]


def test_the_controller_and_a_host_ask_all_three_models_from_their_own_addresses(run):
    _folder, report = run
    assert set(report["sources"]) == {"outside/controller", f"outside/{HOST}"}
    told = {name: set(source["addresses"]) for name, source in report["sources"].items()}
    assert told[f"outside/{HOST}"] == set(addresses())
    assert told["outside/controller"].isdisjoint(told[f"outside/{HOST}"])
    asked = {}
    for name in report["sources"]:
        cells = about(report, name, inside=False)
        # The address of a load balancer or an Ingress may answer ICMP or not.
        judged = [cell for cell in cells if cell["expectation"] != "not_applicable"]
        assert {cell["verdict"] for cell in judged} == {"pass"}, [cell for cell in judged if cell["verdict"] != "pass"]
        assert {cell["protocol"] for cell in cells if cell not in judged} <= {"icmp"}
        assert {cell["model"] for cell in cells} == set(MODELS)
        asked[name] = {(cell["target"], cell["protocol"], cell["family"], cell["asked"]) for cell in cells}
    assert asked["outside/controller"] == asked[f"outside/{HOST}"]


def test_what_is_cut_for_the_host_alone_is_told_right(run):
    _folder, report = run
    policy = f"NetworkPolicy {report['namespace']}/not-the-host"
    mine = {cell["id"]: cell for cell in about(report, "outside/controller", inside=True)}
    opened = {(cell["target"], cell["family"]) for cell in mine.values() if cell["expectation"] == "allow"}
    assert {family for _target, family in opened} == {"IPv4", "IPv6"}
    assert {cell["verdict"] for cell in mine.values()} == {"pass"}
    closed = about(report, f"outside/{HOST}", inside=True)
    assert opened <= {(cell["target"], cell["family"]) for cell in closed}
    for cell in closed:
        assert (cell["expectation"], cell["outcome"], cell["verdict"]) == ("deny", "timeout", "pass"), cell
        if (cell["target"], cell["family"]) in opened:
            assert cell["decided_by"] == policy
            assert mine[cell["evidence"]["control"]]["outcome"] in ("open", "http_200"), (
                "the controller proves it alive"
            )


def test_a_host_that_nobody_reaches_is_not_tested_and_says_why(run):
    _folder, report = run
    (told,) = [item for item in report["not_tested"] if item["what"] == f"from outside/{GONE}"]
    assert "Failed to connect to the host via ssh" in told["reason"]
    assert told["remedy"]


def test_nothing_is_left_on_the_host_nor_in_the_folder(run):
    folder, _report = run
    files = {"snapshot.json", "answers.json", "report.json", "findings.json"}
    assert {path.name for path in folder.glob("*.json")} == files
    assert {path.name for path in folder.glob(".*")} == {".kubewire.lock"}
    until("what ends the folder ends with it", lambda: not ssh("pgrep", "-fa", "kubewire-[e]nd", check=False))
    assert left_on_host() == ""


def test_the_recording_holds_the_host_and_is_judged_again_by_other_expectations(run, tmp_path):
    folder, report = run
    params = {"snapshot": str(folder / "snapshot.json"), "replay": str(folder / "answers.json"), "models": MODELS}
    wish = {"expect": "allow", "from": {"outside_host": HOST}, "to": {"namespace": report["namespace"]}}
    result = Module("net_probe", tmp_path)(**params, expectations=[wish], dest=str(tmp_path))
    again = json.loads((tmp_path / "report.json").read_text())
    assert result["summary"]["cells"] == len(report["cells"])
    assert [item for item in again["not_tested"] if GONE in item["what"]]
    changed = [
        new for new, old in zip(again["cells"], report["cells"], strict=True) if new["verdict"] != old["verdict"]
    ]
    assert changed
    assert {(cell["source"], cell["verdict"]) for cell in changed} == {(f"outside/{HOST}", "fail")}


@contextlib.contextmanager
def asking_held() -> t.Iterator[None]:
    """Wait until the host asks an address that nobody has, and stop it there meanwhile: the play waits for it.

    The host itself looks: a connection from here may take longer than the asking.
    """
    probe = "net_[p]robe"
    hold = f"until ss -Htn state syn-sent dst {NOBODY} | grep -q .; do sleep 0.1; done; pkill -STOP -f {probe}"
    try:
        on(HOST, "timeout", str(PATIENCE), "sh", "-c", hold)
        yield
    finally:
        ssh("pkill", "-CONT", "-f", probe, check=False)


def test_what_a_run_left_that_was_killed_goes_by_itself(tmp_path):
    variables = {
        "connectivity_run_dir": str(tmp_path / "run"),
        "connectivity_models": MODELS,
        "connectivity_namespaces": ["shop"],
        "connectivity_outside_hosts": [HOST],
        "connectivity_targets": [{"host": NOBODY, "port": 80, "protocol": "tcp"}],
        "connectivity_probe_timeout": 5,
        "connectivity_tries": 10,
        "connectivity_deadline": 5,
    }
    argv = ["kubewire.netdebug.connectivity", "-e", json.dumps(variables)]
    environ = {**ENVIRON, "TMPDIR": str(tmp_path / "tmp")}
    (tmp_path / "tmp").mkdir()
    playing = subprocess.Popen([*COMMAND, *argv], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with playing, asking_held():
        assert left_on_host()  # else the test has nothing to wait for
        signal_all(playing.pid, signal.SIGKILL)
        playing.wait()
    until("nothing is left on the host", lambda: not left_on_host())
    # On this machine there is one in the run's own folder, which the next run removes.
    assert not list((tmp_path / "tmp").glob("kubewire-*"))
    assert (tmp_path / "run" / ".outside").exists()
