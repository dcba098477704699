# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as each Pod has them: by its own name servers, search list and /etc/hosts, and by what Services say of them."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from .conftest import (
    PROBE_TIMEOUT,
    Module,
    create,
    image,
    kubectl,
    new_namespace,
    wait_for_pods,
    wait_for_service,
)

NOBODY = "198.18.0.254"
COMPANY = [f"department-of-long-names-{number:02}.subsidiary.example.com" for number in range(11)]
SLEEP = {
    "frontend": ["python3", "-c", "import time; time.sleep(600)"],
    "ledger": ["sh", "-c", "sleep 600"],
}
HUNDRED = [f"198.18.1.{number}" for number in range(1, 101)]

Json = dict[str, t.Any]
#: Another domain for the cluster's names, and nothing for its own one.
COREFILE = """
k8s.example {{
    rewrite stop {{
        name suffix .k8s.example. .cluster.local. answer auto
    }}
    forward . {dns}
}}
cluster.local {{
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
. {{
    forward . {dns}
}}
"""


def other_dns(namespace: str, dns: str) -> str:
    """A DNS server that has the cluster's names in another domain; return its address."""
    part = {"namespace": "kube-system", "label": "k8s-app=kube-dns"}
    program = kubectl("get", "pods", "-n", part["namespace"], "-l", part["label"], "-o", _IMAGE).split()[0]
    ports = [{"name": each.lower(), "port": 53, "protocol": each} for each in ("UDP", "TCP")]
    container = {
        "name": "coredns",
        "image": program,
        "args": ["-conf", "/etc/coredns/Corefile"],
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns"}],
        "readinessProbe": {"tcpSocket": {"port": 53}, "periodSeconds": 1},
    }
    spec = {"containers": [container], "volumes": [{"name": "config", "configMap": {"name": "coredns"}}]}
    create(
        [
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "dns"},
                "spec": {"selector": {"app": "dns"}, "ports": ports},
            },
            _config_map("coredns", "Corefile", COREFILE.format(dns=dns)),
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "dns", "labels": {"app": "dns"}}, "spec": spec},
        ],
        "-n",
        namespace,
    )
    wait_for_pods(namespace)
    return kubectl("get", "service", "-n", namespace, "dns", "-o", "jsonpath={.spec.clusterIP}")


_IMAGE = "jsonpath={.items[*].spec.containers[0].image}"


def _config_map(name: str, key: str, text: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {key: text}}


def elsewhere(namespace: str, server: str) -> t.Iterator[Json]:
    """A Pod whose kubelet has another clusterDomain, as far as the Pod can see."""
    lines = [f"nameserver {server}", f"search {namespace}.svc.k8s.example svc.k8s.example", "options ndots:5", ""]
    yield _config_map("resolver", "resolv.conf", "\n".join(lines))
    for name, app in (("elsewhere", "frontend"), ("elsewhere-sh", "ledger")):
        made = pod(name, app, volumes=[{"name": "resolver", "configMap": {"name": "resolver"}}])
        mount = {"name": "resolver", "mountPath": "/etc/resolv.conf", "subPath": "resolv.conf"}
        made["spec"]["containers"][0]["volumeMounts"] = [mount]
        yield made


def with_one_dot() -> t.Iterator[Json]:
    """Pods that search for no name with a dot, two of them with musl's loader, by which Alpine is known."""
    yield _config_map("loader", "loader", "")
    for name, app in (("glibc", "frontend"), ("musl", "frontend"), ("musl-sh", "ledger")):
        made = pod(name, app, dnsConfig={"options": [{"name": "ndots", "value": "1"}]})
        if name != "glibc":
            made["spec"]["volumes"] = [{"name": "loader", "configMap": {"name": "loader"}}]
            mount = {"name": "loader", "mountPath": "/lib/ld-musl-x86_64.so.1", "subPath": "loader"}
            made["spec"]["containers"][0]["volumeMounts"] = [mount]
        yield made


def pod(name: str, app: str = "frontend", **spec: t.Any) -> Json:
    """A Pod that sleeps, with the programs of an application of the sample."""
    container = {"name": "app", "image": image(app), "command": SLEEP[app]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [container], **spec},
    }


def objects(namespace: str, dns: str) -> t.Iterator[Json]:
    ours = ["svc.cluster.local", f"{namespace}.svc.cluster.local"]
    config = {"nameservers": [dns], "searches": [*COMPANY, *ours], "options": [{"name": "ndots", "value": "5"}]}
    yield pod("default", dnsPolicy="Default")
    yield pod("nobody", dnsPolicy="None", dnsConfig={"nameservers": [NOBODY]})
    yield pod("host", hostNetwork=True)
    yield pod("long", dnsPolicy="None", dnsConfig=config)
    yield pod("by-tcp", dnsConfig={"options": [{"name": "use-vc"}]})
    yield pod("alias", hostAliases=[{"ip": "198.18.0.2", "hostnames": ["only-v4"]}])
    yield pod("busybox", "ledger")
    for ip_family, name in (("IPv4", "only-v4"), ("IPv6", "only-v6")):
        ports = [{"name": "https", "port": 6443}]
        spec = {"ipFamilyPolicy": "SingleStack", "ipFamilies": [ip_family], "ports": ports}
        yield {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}
    spec = {"clusterIP": "None", "ports": [{"port": 9}], "ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4"]}
    yield {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "hundred"}, "spec": spec}
    yield {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "hundred", "labels": {"kubernetes.io/service-name": "hundred"}},
        "addressType": "IPv4",
        "ports": [{"port": 9}],
        "endpoints": [{"addresses": [address]} for address in HUNDRED],
    }


class Run(t.NamedTuple):
    """What one run of all of it said."""

    cells: list[Json]
    not_tested: dict[str, Json]

    def of(self, pod: str, **fields: str) -> list[Json]:
        return [
            cell
            for cell in self.cells
            if cell["source"].split("/")[1] == pod and all(value in cell[key] for key, value in fields.items())
        ]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Run]:
    folder = tmp_path_factory.mktemp("dns")
    (dns,) = [kubectl("get", "service", "-n", "kube-system", "kube-dns", "-o", "jsonpath={.spec.clusterIP}")]
    with new_namespace() as namespace, new_namespace() as beside:
        made = [*objects(namespace, dns), *with_one_dot(), *elsewhere(namespace, other_dns(beside, dns))]
        create(made, "-n", namespace)
        wait_for_pods(namespace)
        wait_for_service(namespace, "only-v4", "refused")
        yield probed(folder, namespace)


def probed(folder: pathlib.Path, namespace: str) -> Run:
    models = ["pod_to_service", "pod_to_headless", "pod_to_apiserver", "pod_to_dns"]
    given: Json = {"namespaces": [namespace], "models": models, "protocols": ["dns", "https"]}
    result = Module("net_probe", folder)(dest=str(folder), probe_timeout=PROBE_TIMEOUT, **given)
    assert "report" in result, result
    report = json.loads((folder / "report.json").read_text())
    return Run(report["cells"], {each["what"].replace(namespace, "NS"): each for each in report["not_tested"]})


def names(cells: list[Json]) -> list[Json]:
    return [cell for cell in cells if cell["protocol"] == "dns"]


def test_pods_that_do_not_use_the_clusters_dns_are_named_and_fail_nothing(run: Run) -> None:
    for name, policy in (("default", "Default"), ("nobody", "None")):
        item = run.not_tested[f"names of Services from Pod NS/{name}"]
        assert item["reason"] == f"the Pod's dnsPolicy: {policy} does not use the cluster's DNS"
        # Its name servers need not know the cluster; that they answer at all is seen by a name that all have.
        assert {cell["asked"].split()[0] for cell in names(run.of(name))} <= {"localhost."}
        assert {cell["verdict"] for cell in names(run.of(name))} <= {"pass"}
        assert {cell["verdict"] for cell in run.of(name, model="pod_to_apiserver")} == {"pass"}
    assert "hostNetwork" in run.not_tested["from Pod NS/host"]["reason"]


def test_each_family_of_a_service_has_a_name_and_no_other(run: Run) -> None:
    cells = [cell for cell in names(run.of("busybox")) if "only-" in cell["target"]]
    assert {(cell["target"][-2:], cell["family"], cell["verdict"]) for cell in cells} == {
        ("v4", "IPv4", "pass"),
        ("v6", "IPv6", "pass"),
    }
    servers = names(run.of("busybox", model="pod_to_dns"))
    assert {(cell["family"], cell["verdict"]) for cell in servers if cell["verdict"] != "unknown"} <= {("IPv4", "pass")}


def test_a_hundred_endpoints(run: Run) -> None:
    for name, count, more in (("alias", 100, None), ("busybox", 100, True)):
        (cell,) = names(run.of(name, target="hundred"))
        assert cell["verdict"] == "pass", cell
        assert cell["evidence"].get("more") == more
        assert len(cell["evidence"]["answers"]) <= count
    assert len(names(run.of("alias", target="hundred"))[0]["evidence"]["answers"]) == 100


def test_the_last_domain_of_a_long_search_list(run: Run) -> None:
    cells = names(run.of("long", target="only-v4"))
    assert {cell["via"]: cell["verdict"] for cell in cells} == dict.fromkeys(
        ("short name", "name.namespace", "fqdn", "fqdn."), "pass"
    )
    short = next(cell for cell in cells if cell["via"] == "short name")
    assert short["evidence"]["name"].endswith(".svc.cluster.local.")


@pytest.mark.parametrize("name", ["elsewhere", "elsewhere-sh"])
def test_names_in_the_domain_of_the_sources_own_resolv_conf(run: Run, name: str) -> None:
    """The option says cluster.local, and nothing of the API says that it is another one there."""
    # The tools of busybox ask no name server by TCP, and speak no HTTPS.
    cells = [cell for cell in names(run.of(name)) if cell["outcome"] != "probe_error"]
    assert {cell["verdict"] for cell in cells if ".svc." in cell["asked"]} == {"pass"}, cells
    asked = {cell["asked"].split()[0] for cell in cells}
    assert {each.split(".svc.")[1].rstrip(".") for each in asked if ".svc." in each} == {"k8s.example"}
    assert {cell["via"] for cell in cells} >= {"fqdn", "fqdn.", "short name", "cluster name, udp"}
    asked_api = [cell for cell in run.of(name, model="pod_to_apiserver") if cell["outcome"] != "probe_error"]
    assert {cell["verdict"] for cell in asked_api} <= {"pass"}
    assert bool(asked_api) == (name == "elsewhere")
    assert not [what for what in run.not_tested if "domain" in what]


@pytest.mark.parametrize(("name", "verdict"), [("glibc", "pass"), ("musl", "fail"), ("musl-sh", "fail")])
def test_a_name_with_as_many_dots_as_ndots_is_searched_by_glibc_alone(run: Run, name: str, verdict: str) -> None:
    cells = {cell["via"]: cell for cell in names(run.of(name, target="only-v4"))}
    assert cells["name.namespace"]["verdict"] == verdict, cells["name.namespace"]
    assert {cells[via]["verdict"] for via in ("short name", "fqdn", "fqdn.")} == {"pass"}
    if verdict == "fail":
        assert cells["name.namespace"]["outcome"] == "dns_nxdomain"


def test_names_by_tcp(run: Run) -> None:
    assert {cell["verdict"] for cell in names(run.of("by-tcp"))} == {"pass"}


def test_a_name_that_etc_hosts_answers_is_told_by_its_address(run: Run) -> None:
    cells = run.of("alias", target="only-v4:6443", via="short name")
    assert {cell["protocol"]: cell["verdict"] for cell in cells} == {"https": "pass"}
    assert cells[0]["evidence"]["address"] == "198.18.0.2"
    assert cells[0]["expectation_reason"].endswith("is asked as only-v4, here 198.18.0.2")


def test_nothing_else_fails(run: Run) -> None:
    """The Services of a single family have no endpoints: only what is asked at their port fails, and says so.

    With musl, nothing has the names that it does not search for.
    """
    failed = [cell for cell in run.cells if cell["verdict"] in ("fail", "unexpected_open")]
    by_musl = [cell for cell in failed if "/musl" in cell["source"] and cell["via"] == "name.namespace"]
    assert {cell["outcome"] for cell in by_musl} == {"dns_nxdomain"}
    others = [cell for cell in failed if cell not in by_musl]
    assert {cell["target"].split("/")[-1] for cell in others} <= {"only-v4:6443", "only-v6:6443"}
    assert not names(others)
