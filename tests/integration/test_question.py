# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One question, of each kind of source to each kind of target, as a person types it on a command line."""

from __future__ import annotations

import functools
import ipaddress
import json
import pathlib
import subprocess
import typing as t

import pytest

from .conftest import DEBUG_IMAGE, PROBE_TIMEOUT, connectivity, kubectl, objects, running
from .test_outside_hosts import COMMAND, ENVIRON, HOST

Json = dict[str, t.Any]

MAX_REQUESTS = 44  #: to the API server, for one question


@functools.cache
def fill(text: str) -> str:
    """Put a name or an address of now in place of a word in braces."""
    return text.format_map(Now())


class Now(dict[str, str]):
    """What is only known while the lab runs: C(KIND_NAME_FAMILY), or C(pod_NAME)."""

    def __missing__(self, key: str) -> str:
        kind, name, *family = key.split("_")
        if kind == "pod" and not family:
            return running(name)[0]
        if kind == "pod":
            (item,) = objects("pods", "-n", "shop", "-l", f"app={name}")
            addresses = [entry["ip"] for entry in item["status"]["podIPs"]]
        elif kind == "svc":
            addresses = json.loads(kubectl("get", "service", name, "-n", "shop", "-o", "json"))["spec"]["clusterIPs"]
        else:
            item = json.loads(kubectl("get", "service", name, "-n", "shop", "-o", "json"))
            addresses = [entry["ip"] for entry in item["status"]["loadBalancer"]["ingress"]]
        return next(each for each in addresses if ipaddress.ip_address(each).version == int(family[0]))


SERVICE = {"pod_to_service"}
BOTH = {"IPv4", "IPv6"}
#: source, target -> the models and the families in which every answer is right
ANSWERED = {
    ("shop/frontend", "ledger.shop:7000"): (SERVICE | {"pod_to_pod_same_node", "pod_to_pod_cross_node"}, BOTH),
    ("shop/deployment/frontend", "shop/svc/ledger"): (
        SERVICE | {"pod_to_pod_same_node", "pod_to_pod_cross_node"},
        BOTH,
    ),
    ("shop/{pod_ledger}", "shop/{pod_frontend}:8080"): ({"pod_to_pod_same_node", "pod_to_pod_cross_node"}, BOTH),
    ("shop/frontend", "store-0.store.shop:7007/udp"): ({"pod_to_headless"}, BOTH),
    ("shop/frontend", "[{svc_ledger_6}]:7000"): (SERVICE, {"IPv6"}),
    ("shop/frontend", "{svc_ledger_4}"): (SERVICE, {"IPv4"}),
    ("shop/frontend", "[{pod_ledger_6}]:7000"): ({"pod_to_pod_same_node", "pod_to_pod_cross_node"}, {"IPv6"}),
    ("shop/frontend", "http://[{lb_frontend-lb_6}]/"): ({"pod_to_loadbalancer"}, {"IPv6"}),
    ("shop/frontend", "http://api.shop/healthz"): (
        SERVICE | {"pod_to_pod_same_node", "pod_to_pod_cross_node"},
        BOTH,
    ),
    ("shop/frontend", "https://shop.lab/v1/"): ({"pod_to_ingress"}, BOTH),
    ("shop/frontend", "beta.shop.lab:80"): ({"pod_to_ingress"}, BOTH),
    ("shop/frontend", "shop/frontend-nodeport:30080"): ({"pod_to_nodeport"}, BOTH),
    ("shop/frontend", "node/cp:10250"): ({"pod_to_nodeport"}, BOTH),
    ("shop/frontend", "www.outside.lab:80"): ({"pod_to_internet"}, BOTH),
    ("vault/teller", "safe.vault:7007/tcp"): (SERVICE | {"pod_to_pod_same_node", "pod_to_pod_cross_node"}, BOTH),
    ("node/w2", "shop/frontend"): ({"node_to_service", "node_to_pod"}, BOTH),
    ("outside", "shop/frontend-lb"): ({"outside_to_loadbalancer"}, BOTH),
    ("outside/controller", "https://shop.lab/"): ({"outside_to_ingress"}, BOTH),
}


@pytest.mark.parametrize(("source", "target"), ANSWERED)
def test_it_is_answered_in_every_way(net_probe, source: str, target: str):
    result = net_probe(**{"from": fill(source), "to": fill(target), "probe_timeout": PROBE_TIMEOUT})
    assert "msg" not in result, result
    cells = result["cells"]
    assert [f"{cell['asked']}: {cell['outcome']}" for cell in cells if cell["verdict"] != "pass"] == []
    models, families = ANSWERED[source, target]
    assert {cell["model"] for cell in cells} <= models
    assert "pod_to_service" not in models or "pod_to_service" in {cell["model"] for cell in cells}
    assert {cell["family"] for cell in cells} == families
    assert result["requests"]["api"] <= MAX_REQUESTS
    assert result["requests"]["exec"] <= 2 * len({cell["source"] for cell in cells})


def test_what_may_not_be_is_asked_as_well(net_probe):
    """The vault lets in its teller alone; that nobody answered is not taken for proof."""
    result = net_probe(**{"from": "shop/frontend", "to": "vault/safe:7007/tcp"})
    cells = [cell for cell in result["cells"] if cell["protocol"] == "tcp"]
    assert {cell["outcome"] for cell in cells} == {"timeout"}
    assert {cell["expectation"] for cell in cells} == {"deny"}
    assert {cell["decided_by"].split(" ")[0] for cell in cells} == {"NetworkPolicy"}


def test_a_pod_without_a_shell_asks_with_an_image(net_probe):
    image = {"debug_image": DEBUG_IMAGE, "probe_timeout": PROBE_TIMEOUT}
    result = net_probe(**{"from": "shop/api", "to": "ledger.shop:7000", **image})
    assert {cell["verdict"] for cell in result["cells"]} == {"pass"}


#: source, target -> what is said
REFUSED = {
    ("shop/frontned", "ledger.shop"): (
        "from: 'shop/frontned': namespace shop has no Pod or workload 'frontned'; the nearest is deployment/frontend"
    ),
    ("shp/frontend", "ledger.shop"): "from: 'shp/frontend': there is no namespace 'shp'; the nearest is shop",
    ("shop/frontend", "ledgr.shop:7000"): (
        "to: 'ledgr.shop:7000': namespace shop has no Service 'ledgr'; the nearest is ledger"
    ),
    ("shop/frontend", "ledger.shp"): "to: 'ledger.shp': there is no namespace 'shp'; the nearest is ledger.shop",
    ("shop/frontend", "ledger.shop:7001"): (
        "to: 'ledger.shop:7001': Service shop/ledger has no port 7001; it has 7000/tcp (tcp-ledger)"
    ),
    ("node/w9", "ledger.shop"): "from: 'node/w9': there is no node 'w9'; there are ",
    ("shop-host/meter", "ledger.shop"): "uses its node's network (hostNetwork), so its traffic is the node's; use node",
    ("outside", "shop/ledger"): "to: 'shop/ledger': Service shop/ledger cannot be probed from outside: from outside,",
    ("shop/frontend", "ledger.shop:http:80"): "to: 'ledger.shop:http:80' is not allowed: ",
}


@pytest.mark.parametrize(("source", "target"), REFUSED)
def test_what_matches_nothing_is_one_error_that_names_the_nearest(net_probe, source: str, target: str):
    result = net_probe(**{"from": source, "to": target})
    assert result["failed"]
    assert result["reason"] == "bad_input"
    assert REFUSED[source, target] in result["msg"]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The playbook with both ends on its command line."""
    folder = tmp_path_factory.mktemp("question")
    words = ("-e", "connectivity_from=shop/frontend", "-e", "connectivity_to=ledger.shop:7000")
    time = f"connectivity_probe_timeout={PROBE_TIMEOUT}"
    done = connectivity(*words, "-e", "connectivity_run_dir=run", "-e", time, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def test_the_playbook_answers_on_one_screen(played):
    folder, text = played
    report = json.loads((folder / "run" / "report.json").read_text())
    assert report["run"]["options"]["from"] == "shop/frontend"
    assert report["summary"]["pass"] == report["summary"]["cells"] > 0
    summary = (folder / "run" / "summary.txt").read_text().splitlines()
    assert "shop/frontend -> ledger.shop:7000, from 2 sources:" in summary
    assert any("tcp IPv6 ledger:7000" in line for line in summary)
    assert len(summary) < 40
    assert "NAMESPACE" not in text


def test_its_recording_is_judged_again_without_a_cluster(played, tmp_path: pathlib.Path):
    folder, _text = played
    words = ("-e", "connectivity_from=shop/frontend", "-e", "connectivity_to=ledger.shop:7000")
    done = connectivity(
        *words, "-e", f"connectivity_replay={folder / 'run'}", "-e", "connectivity_run_dir=again", folder=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    old, new = (json.loads((where / "report.json").read_text()) for where in (folder / "run", tmp_path / "again"))
    assert new["cells"] == old["cells"]
    assert new["run"]["replayed"] is True


def test_hosts_outside_ask_it_too(tmp_path: pathlib.Path):
    words = [f"connectivity_{name}" for name in ("from=outside", "to=shop/frontend-lb:80", f"run_dir={tmp_path}")]
    more = {"connectivity_outside_hosts": [HOST], "connectivity_namespaces": ["shop"]}
    more["connectivity_probe_timeout"] = PROBE_TIMEOUT
    options = [word for each in (*words, json.dumps(more)) for word in ("-e", each)]
    command = [*COMMAND, "kubewire.netdebug.connectivity", *options]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRON, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    cells = json.loads((tmp_path / "report.json").read_text())["cells"]
    found = {(cell["source"], cell["model"], cell["family"], cell["verdict"]) for cell in cells}
    sources = ("outside/controller", f"outside/{HOST}")
    assert found == {(name, "outside_to_loadbalancer", each, "pass") for name in sources for each in BOTH}


def test_check_mode_plans_it(tmp_path: pathlib.Path):
    words = ("-e", "connectivity_from=shop/frontend", "-e", "connectivity_to=ledger.shop:7000", "--check")
    done = connectivity(*words, "-e", "connectivity_run_dir=run", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "run").exists()
