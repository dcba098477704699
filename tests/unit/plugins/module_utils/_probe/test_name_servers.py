# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is expected of names, by the name servers that a source has, by its spec and by its resolv.conf."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    expectation,
    matrix,
    name_servers,
    plan,
    selection,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Cell, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Endpoint, Service
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.judging import WEB

KUBE_DNS, NODE_LOCAL, NOBODY = "10.96.0.10", "169.254.20.10", "198.18.0.254"
SEARCH = "search shop.svc.cluster.local svc.cluster.local cluster.local"
DNS_POD = cluster.pod(
    "coredns-1",
    "w2",
    "10.0.2.53",
    labels={"k8s-app": "kube-dns"},
    ports=[{"containerPort": 53, "name": "dns", "protocol": "UDP"}],
    meta={"namespace": "kube-system"},
)
#: What NetworkPolicies open for names: the Pods of the cluster's DNS, or the address of NodeLocal DNSCache.
TO_PODS = {"to": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}]}
TO_NODE_LOCAL = {"to": [{"ipBlock": {"cidr": f"{NODE_LOCAL}/32"}}]}
TO_SHOP = {"to": [{"podSelector": {}}]}


def own(policy: str = "", *servers: str, **spec: t.Any) -> cluster.Json:
    """The source: a Pod with such a DNS policy and name servers of its own."""
    config = {"dnsConfig": {"nameservers": list(servers), "searches": SEARCH.split()[1:]}} if servers else {}
    return cluster.pod("web-1", "w1", "10.0.1.1", spec={**({"dnsPolicy": policy} if policy else {}), **config, **spec})


def planned(
    source: cluster.Json, model: str = "pod_to_service", protocol: str = "dns", **lists: t.Any
) -> tuple[Facts, plan.Plan]:
    also = {"dns_addresses": (KUBE_DNS,), "api_addresses": ("10.96.0.1",), **lists.pop("also", {})}
    others = [
        cluster.pod("web-2", "w2", "10.0.2.1", ports=[cluster.HTTP]),
        cluster.pod("db-1", "w1", "10.0.1.2", ports=[{"containerPort": 5432}]),
    ]
    pods = [source, *others, *lists.pop("pods", ())]
    internet = lists.pop("internet", [{"host": "www.example.com", "port": 80}])
    whole = dataclasses.replace(cluster.snapshot(pods=pods, dns_pods=[DNS_POD], **lists), **also)
    facts = Facts(whole)
    selected = selection.select(facts, [{"pod": "web-1"}], None, {"pod"}, internet)
    return facts, expectation.assign(plan.make(facts, selected, [model], Options((protocol,))), facts)


def judged(
    source: cluster.Json, outcome: str, *lines: str, server: str = "", address: str = "", **more: t.Any
) -> list[Cell]:
    """The cells of a source with a resolv.conf of some lines, of which each name has one outcome."""
    _facts, layout = planned(source, **more)
    answers = tuple(
        Answer(probe.id, outcome, 1.0, address=address, answers=probe.answers, server=server)
        for probe in layout.probes[WEB]
    )
    return matrix.judge(layout, [SourceReport(WEB, resolv_conf=lines, answers=answers)])


def told(cells: list[Cell], *fields: str) -> set[t.Any]:
    return {tuple(getattr(cell, name) for name in fields) for cell in cells}


def test_a_resolv_conf_without_the_clusters_dns_makes_no_failure():
    """What the spec cannot tell: a link-local address may be that of NodeLocal DNSCache."""
    source = own("None", "169.254.169.253")
    assert told(judged(source, "dns_nxdomain"), "verdict") == {("unknown",)}
    assert "169.254.169.253 of the source's resolv.conf has the names" in judged(source, "dns_nxdomain")[0].reason
    assert told(judged(source, "open"), "verdict") == {("pass",)}
    (reason,) = told(judged(source, "dns_nxdomain", f"nameserver {NOBODY}", SEARCH), "verdict", "expectation_reason")
    assert reason[0] == "skipped"
    assert reason[1] == f"{NOBODY} in the source's resolv.conf is not of the cluster's DNS (dnsPolicy: None)"


def test_what_asks_a_name_all_the_same_from_a_pod_without_the_clusters_dns_is_no_failure():
    facts, layout = planned(own())
    question = next(each for each in layout if each.probe.via == "fqdn.")
    pod = dataclasses.replace(facts.pods["shop/web-1"], dns_policy="Default")
    found = expectation.expect(facts, dataclasses.replace(question, pod=pod))
    assert (found.decision, found.reason) == (
        "not_applicable",
        "the Pod's dnsPolicy: Default does not use the cluster's DNS",
    )


def test_a_pod_with_the_clusters_dns_must_resolve_names_whatever_the_address_of_that_is():
    for server in (KUBE_DNS, NODE_LOCAL, "10.96.0.53"):
        cells = judged(own(), "dns_nxdomain", f"nameserver {server}", SEARCH)
        assert told(cells, "verdict", "expectation") == {("fail", "allow")}, server


def test_the_first_name_server_decides():
    cells = judged(own("None", NOBODY, KUBE_DNS), "dns_nxdomain")
    assert told(cells, "verdict") == {("unknown",)}
    assert f"{NOBODY} of the source's resolv.conf is not of the cluster's DNS, and is asked first" in cells[0].reason
    assert told(judged(own("None", KUBE_DNS, NOBODY), "dns_nxdomain"), "verdict") == {("fail",)}


def test_each_name_server_is_expected_to_know_what_is_its_own():
    """The cluster's own is asked for names of the cluster, another one for names of the outside alone."""
    cells = judged(own("None", KUBE_DNS, NOBODY), "dns_nxdomain", model="pod_to_dns")
    verdicts = {(cell.target, cell.via.split(",")[0]): cell.verdict for cell in cells if cell.target != "dns/3"}
    assert verdicts == {
        ("dns/1", "cluster name"): "fail",
        ("dns/1", "outside name"): "fail",
        ("dns/2", "cluster name"): "skipped",
        ("dns/2", "outside name"): "fail",
    }


def test_a_name_server_without_names_of_the_cluster_need_only_answer():
    def verdicts(outcome: str) -> set[tuple[str, str]]:
        cells = judged(own("None", NOBODY), outcome, f"nameserver {NOBODY}", model="pod_to_dns", internet=[])
        return told([cell for cell in cells if cell.target == "dns/1"], "via", "verdict")

    for outcome in ("open", "dns_nxdomain", "dns_nodata"):
        assert verdicts(outcome) == {("own name server, udp", "pass")}
    assert verdicts("dns_timeout") == {("own name server, udp", "fail")}


def test_a_pod_that_is_a_name_server_is_not_taken_for_the_clusters():
    server = cluster.pod("named-1", "w2", "10.0.2.99", labels={"app": "named"})
    egress = [{"to": [{"podSelector": {"matchLabels": {"app": "named"}}}]}]
    policy = cluster.policy("names", podSelector={}, policyTypes=["Egress"], egress=egress)
    lines = ("nameserver 10.0.2.99", SEARCH)
    cells = judged(own("None", "10.0.2.99"), "open", *lines, pods=[server], network_policies=[policy])
    assert told(cells, "verdict", "expectation") == {("pass", "allow")}
    closed = cluster.policy("names", podSelector={}, policyTypes=["Egress"], egress=[TO_PODS])
    cells = judged(own("None", "10.0.2.99"), "open", *lines, pods=[server], network_policies=[closed])
    assert told(cells, "verdict", "decided_by") == {("unexpected_open", "NetworkPolicy shop/names")}


def test_policies_are_compared_with_the_address_of_node_local_dns():
    """T12: to open the Pods of the cluster's DNS is not enough, and to open the link-local address is."""
    lines = (f"nameserver {NODE_LOCAL}", SEARCH)
    for source in (own(), own("None", NODE_LOCAL)):
        for opened, decision in ((TO_PODS, "deny"), (TO_NODE_LOCAL, "allow")):
            policy = cluster.policy("names", podSelector={}, policyTypes=["Egress"], egress=[opened, TO_SHOP])
            more = {"network_policies": [policy], "also": {"node_local_dns": (NODE_LOCAL,)}}
            for protocol in ("dns", "tcp"):
                cells = judged(source, "dns_timeout", *lines, protocol=protocol, **more)
                names = [cell for cell in cells if cell.via != "address" and "/db" in cell.target]
                assert told(names, "expectation") == {(decision,)}, (protocol, decision)
                named = {"NetworkPolicy shop/names"}
                assert decision == "allow" or {cell.decided_by for cell in names} == named
            servers = judged(source, "dns_timeout", *lines, model="pod_to_dns", **more)
            assert {cell.expectation for cell in servers if cell.target == "dns/1"} == {decision}


def test_names_by_tcp_need_a_policy_that_opens_tcp():
    by_udp = {**TO_PODS, "ports": [{"protocol": "UDP", "port": 53}]}
    policy = cluster.policy("names", podSelector={}, policyTypes=["Egress"], egress=[by_udp])
    lines = (f"nameserver {KUBE_DNS}", SEARCH, "options ndots:5")
    assert told(judged(own(), "dns_timeout", *lines, network_policies=[policy]), "expectation") == {("allow",)}
    cells = judged(own(), "dns_timeout", *lines[:2], "options ndots:5 use-vc", network_policies=[policy])
    assert told(cells, "expectation", "decided_by") == {("deny", "NetworkPolicy shop/names")}


def test_a_name_that_etc_hosts_answers_is_judged_by_the_address_that_is_asked():
    closed = cluster.policy("db", podSelector={"matchLabels": {"app": "db"}}, policyTypes=["Ingress"])
    source = own(hostAliases=[{"ip": "198.18.0.100", "hostnames": ["db"]}])
    cells = judged(source, "open", protocol="tcp", network_policies=[closed])
    expected = {cell.via: cell.expectation for cell in cells if cell.target.startswith("svc/shop/db")}
    assert expected == {"short name": "allow", "fqdn.": "deny", "address": "deny"}
    # What no object says is known from the answer alone.
    cells = judged(
        own(), "open", server="/etc/hosts", address="198.18.0.100", protocol="tcp", network_policies=[closed]
    )
    short = next(cell for cell in cells if cell.via == "short name" and "/db" in cell.target)
    assert (short.expectation, short.verdict) == ("allow", "pass")
    assert short.expectation_reason == "Service shop/db is asked as db, here 198.18.0.100"


def test_the_own_name_of_a_member_stands_in_its_etc_hosts():
    _facts, layout = planned(own(), protocol="tcp")
    question = next(each for each in layout if each.pod and each.probe.family == "IPv4")
    member = Endpoint(("10.0.1.1",), pod="web-1", hostname="web-1")
    about = dataclasses.replace(question.about, service=Service("shop", "members"), endpoint=member)
    asked = dataclasses.replace(question, about=about).but(host="web-1.members.shop.svc.cluster.local.")
    assert name_servers.by_hosts(asked) == "10.0.1.1"
    assert not name_servers.by_hosts(asked.but(host="members.shop.svc.cluster.local."))
    other = dataclasses.replace(asked, about=dataclasses.replace(about, endpoint=Endpoint(("10.0.2.1",), pod="web-2")))
    assert not name_servers.by_hosts(other)


def test_an_alias_of_another_service_leads_to_its_endpoints():
    alias = cluster.service(
        "alias", ports=[{"port": 5432}], type="ExternalName", externalName="db.shop.svc.cluster.local"
    )
    services = [cluster.service("db", "10.96.0.6", ports=[{"port": 5432}]), alias]
    closed = cluster.policy("db", podSelector={"matchLabels": {"app": "db"}}, policyTypes=["Ingress"])
    cells = judged(own(), "timeout", address="10.96.0.6", protocol="tcp", services=services, network_policies=[closed])
    asked = [cell for cell in cells if "alias" in cell.target]
    assert told(asked, "expectation", "decided_by") == {("deny", "NetworkPolicy shop/db")}


def test_another_domain_is_named_once_and_is_no_failure():
    lines = (f"nameserver {KUBE_DNS}", SEARCH.replace("cluster.local", "k8s.example"))
    cells = judged(own(), "dns_nxdomain", *lines)
    verdicts = {cell.via: cell.verdict for cell in cells}
    assert verdicts == {"short name": "fail", "name.namespace": "fail", "fqdn": "skipped", "fqdn.": "skipped"}
    assert (
        "the cluster's domain is k8s.example" in next(cell for cell in cells if cell.via == "fqdn.").expectation_reason
    )
    _facts, layout = planned(own())
    (found,) = name_servers.other_domains(layout, [SourceReport(WEB, resolv_conf=lines)])
    assert found.what == "names in the domain cluster.local"
    assert found.reason == f"this cluster's domain is k8s.example, as resolv.conf says in {WEB}"
    assert found.remedy == "set O(cluster_domain) to k8s.example"
    assert not list(name_servers.other_domains(layout, [SourceReport(WEB, resolv_conf=(lines[0], SEARCH))]))


def test_what_a_container_says_may_be_no_address():
    lines = ("nameserver not-an-address", "nameserver fe80::1%eth0", "search " + "x" * 3000)
    assert name_servers.read(lines).nameservers == ("fe80::1",)
    policy = cluster.policy("names", podSelector={}, policyTypes=["Egress"], egress=[TO_PODS])
    assert judged(own(), "dns_timeout", *lines, network_policies=[policy])


def test_a_name_without_an_address_of_the_family():
    dual = cluster.pod("web-1", "w1", "10.0.1.1", "fd00:1::1")
    service = cluster.service("db", "10.96.0.6", "fd00:96::6", ports=[{"port": 5432}])
    cells = judged(dual, "dns_nodata", services=[service])
    assert told(cells, "verdict") == {("fail",)}
    assert {cell.reason.split(" after")[0] for cell in cells} == {
        "the name exists and has no A record",
        "the name exists and has no AAAA record",
    }


def test_who_gave_a_load_balancer_its_name_says_which_families_it_has():
    dual = cluster.pod("web-1", "w1", "10.0.1.1", "fd00:1::1")
    service = cluster.service("db", "10.96.0.6", "fd00:96::6", ports=[{"port": 5432}], type="LoadBalancer")
    service["status"] = {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}
    cells = judged(dual, "dns_nodata", model="pod_to_loadbalancer", protocol="tcp", services=[service])
    assert {cell.family: cell.verdict for cell in cells} == {"IPv4": "fail", "IPv6": "skipped"}
    assert "has no AAAA record" in cells[-1].reason
