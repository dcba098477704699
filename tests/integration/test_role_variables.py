# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables as C(-e key=value) and surveys of AWX give them, all of them text, in whole playbooks."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import typing as t
import uuid

import pytest

from .conftest import COLLECTIONS, DEBUG_IMAGE, OPERATOR, ROOT, on

PLAY = 'exec ansible-playbook -i "${KUBEWIRE_TEST_INVENTORY:-$KUBEWIRE_LAB_INVENTORY}" "$@"'
HOST = "h1"
IMAGE = os.environ.get("KUBEWIRE_TEST_IMAGE", DEBUG_IMAGE)


def play(name: str, *words: str, **variables: t.Any) -> subprocess.CompletedProcess[str]:
    """Run a playbook with the lab's inventory and extra variables."""
    given = [word for key, value in variables.items() for word in ("-e", f"{key}={value}")]
    own = {
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(ROOT / "build" / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
    }
    with tempfile.TemporaryDirectory() as folder:  # of the run, where a test names none
        return subprocess.run(
            [*OPERATOR, "sh", "-c", PLAY, "sh", f"kubewire.netdebug.{name}", *words, *given],
            cwd=folder,
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@pytest.mark.parametrize("hosts", [HOST, "[]"])
def test_connectivity_takes_every_type_as_text(tmp_path, hosts):
    done = play(
        "connectivity",
        connectivity_run_dir=tmp_path,
        connectivity_namespaces="shop,vault",
        connectivity_models="outside_to_ingress,pod_to_dns",
        connectivity_protocols="http,dns",
        connectivity_show_facts="false",
        connectivity_outside_controller="no",
        connectivity_outside_hosts=hosts,
        connectivity_probe_timeout="3.5",
        connectivity_deadline="60",
        connectivity_limit="10",
        report_width="80",
        report_set_stats="0",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["run"]["options"]["namespaces"] == ["shop", "vault"]
    outside = {name for name, source in report["sources"].items() if source["kind"] == "outside"}
    assert outside == ({f"outside/{hosts}"} if hosts == HOST else set())
    assert "Show what there is" not in done.stdout or "skipping: [localhost]" in done.stdout


def test_node_debug_takes_every_type_as_text():
    done = play(
        "node_debug",
        "--check",
        node_debug_image=IMAGE,
        node_debug_nodes="cp",
        node_debug_collect="network,system",
        node_debug_strace="process=kubelet,seconds=2",
        node_debug_env="A=b",
        node_debug_lifetime="60",
        node_debug_fail="yes",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "uname" in done.stdout


@pytest.mark.hosts
@pytest.mark.parametrize(
    ("name", "given", "meant"),
    [
        ("connectivity", {"connectivity_namespace": "shop"}, "connectivity_namespaces"),
        ("node_debug", {"node_debug_image": IMAGE, "node_debug_node": "cp"}, "node_debug_nodes"),
        ("host_debug", {"host_debug_comands": "x"}, "host_debug_commands"),
        ("host_debug", {"host_debug_host": HOST}, "host_debug_hosts"),
    ],
)
def test_a_misspelt_variable_ends_the_playbook(name, given, meant):
    done = play(name, "--limit", f"localhost,{HOST}", **given)
    assert done.returncode == 2, done.stdout
    assert f"is not a variable of this role; did you mean {meant}?" in done.stdout


@pytest.fixture
def inventory(tmp_path):
    """An inventory of the lab's host that does not say who logs in, as most do not."""
    path = tmp_path / "hosts.json"
    path.write_text(json.dumps({"all": {"hosts": {HOST: {"ansible_python_interpreter": "/usr/bin/python3"}}}}))
    return path


@pytest.fixture
def user():
    """A user of the host who is not root, and may log in as the operator does."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    on(HOST, "useradd", "--create-home", "--shell", "/bin/sh", name)
    on(HOST, "sh", "-c", f"cp -r /root/.ssh /home/{name}/ && chown -R {name} /home/{name}/.ssh")
    yield name
    on(HOST, "userdel", "--force", "--remove", name)
    on(HOST, "rm", "-rf", f"/tmp/{name}")


@pytest.mark.hosts
def test_who_logs_in_as_root_needs_no_sudo(inventory):
    done = play("host_debug", "-i", str(inventory), "--limit", HOST, host_debug_mode="namespace", host_debug_pid="1")
    assert done.returncode == 0, done.stdout
    assert f"host {HOST}: 4 of 4 commands exited with 0" in done.stdout


@pytest.mark.hosts
def test_who_cannot_become_root_is_told_so(inventory, user):
    given = {
        "host_debug_mode": "namespace",
        "host_debug_pid": 1,
        "ansible_user": user,
        "ansible_remote_tmp": f"/tmp/{user}",
    }
    done = play("host_debug", "-i", str(inventory), "--limit", HOST, **given)
    assert done.returncode == 2, done.stdout
    assert f"cannot become root on {HOST} with sudo: " in done.stdout
    assert "or set host_debug_become to false for what needs no root" in done.stdout
    done = play("host_debug", "-i", str(inventory), "--limit", HOST, host_debug_become="no", **given)
    assert "set host_debug_become: true, since only root may do that" in " ".join(done.stdout.split()), done.stdout


@pytest.mark.hosts
@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("host_debug", {}, "host_debug_mode: 'on_os' needs an image: set host_debug_image to one with the tools"),
        ("host_debug", {"host_debug_mode": "namespace"}, "set one of host_debug_pid, host_debug_process"),
        (
            "pod_debug",
            {"pod_debug_name": "a", "pod_debug_image": IMAGE, "pod_debug_lifetime": 9},
            "pod_debug_lifetime: 9 is",
        ),
        ("pod_debug", {"pod_debug_image": IMAGE}, "pod_debug_name or pod_debug_label_selectors is required"),
        ("sweep", {"sweep_older_than": -1}, "sweep_older_than: -1 is not allowed"),
    ],
)
def test_an_error_names_the_variable(name, given, words):
    done = play(name, "--limit", f"localhost,{HOST}", **given)
    assert done.returncode == 2, done.stdout
    assert words in done.stdout


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("namespace_debug", {"namespace_debug_image": "A"}, "namespace_debug_image is 'A'; it must be"),
        ("connectivity", {"connectivity_namespaces": "none"}, "connectivity_namespaces: 'none' does not exist"),
        ("connectivity", {"connectivity_tries": 0, "connectivity_namespaces": "shop"}, "connectivity_tries: 0 is"),
    ],
)
def test_an_error_that_the_cluster_is_asked_for_names_the_variable(name, given, words):
    done = play(name, "--limit", f"localhost,{HOST}", **given)
    assert done.returncode == 2, done.stdout
    assert words in done.stdout


def test_a_report_names_the_variable(tmp_path):
    models = "pod_to_service,node_to_node,pod_to_internet"
    given = {"run_dir": tmp_path, "namespaces": "shop", "models": models, "protocols": "tcp", "limit": "5"}
    done = play("connectivity", **{f"connectivity_{name}": value for name, value in given.items()})
    assert done.returncode == 0, done.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    told = " ".join(entry.get("remedy", "") for entry in [*report["not_tested"], *report["sources"].values()])
    assert "increase connectivity_limit" in told
    assert "set connectivity_internet" in told
    assert "set connectivity_debug_image" in told
    assert "O(" not in told
