# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS-05, DNS-06 and DNS-08: what a Pod, or its kubelet, says of the name servers that it asks."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import dns_clients
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import DnsConfig, Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import LogTail

from .. import scenes, scenes_dns
from ..scenes import CLIENT, WEB
from ..scenes_dns import PODS


def found(report: scenes.Report, client: Pod = CLIENT, **more: t.Any) -> Diagnosis:
    seen = dataclasses.replace(scenes_dns.snapshot(**more), pods=(*WEB, client))
    return diagnose(scenes.case(seen, report), dns_clients.RULES)


def asked(server: str = scenes_dns.ADDRESS, domain: str = "cluster.local") -> scenes.Report:
    report = scenes.Report()
    scenes_dns.source(report, WEB[1])
    scenes_dns.lookup(report, pod=WEB[1])
    scenes_dns.lookup(report, "dns_timeout" if server != scenes_dns.ADDRESS else "open", server=server)
    scenes_dns.source(report, CLIENT, server, domain)
    return report


def test_pods_that_ask_the_clusters_dns_are_no_finding():
    diagnosis = found(asked())
    assert not diagnosis.findings
    assert not diagnosis.suspicions


def test_a_kubelet_that_gives_another_name_server():
    (finding,) = found(asked("10.96.0.99")).findings
    assert (finding.code, str(finding.object), finding.field) == ("DNS-05", "Node w1", "clusterDNS")
    assert (finding.value, finding.wanted, finding.explains) == ("10.96.0.99", "10.96.0.10", (2,))
    assert "on w2 they have the right one" in finding.sentence


def test_a_kubelet_that_gives_another_domain():
    (finding,) = found(asked(domain="cluster.lan")).findings
    assert (finding.code, finding.field, finding.value, finding.wanted) == (
        *("DNS-05", "clusterDomain", "cluster.lan", "cluster.local"),
    )


def test_a_search_list_of_another_namespace():
    config = DnsConfig((scenes_dns.ADDRESS,), ("other.svc.cluster.local", "svc.cluster.local"))
    client = dataclasses.replace(CLIENT, dns_policy="None", dns_config=config)
    report = scenes.Report()
    scenes_dns.source(report, CLIENT)
    scenes_dns.lookup(report, "dns_nxdomain")
    (finding,) = found(report, client).findings
    assert (finding.code, finding.field) == ("DNS-06", "spec.template.spec.dnsConfig.searches")
    assert finding.wanted == "shop.svc.cluster.local, svc.cluster.local, cluster.local"
    assert finding.explains == (1,)
    for searches in (("shop.svc.cluster.local", "other.svc.cluster.local"), (), ("example.com",)):
        right = dataclasses.replace(client, dns_config=dataclasses.replace(config, searches=searches))
        assert not found(report, right).findings


def test_what_is_not_the_kubelets_choice_is_not_blamed_on_it():
    for more in ({"dns_policy": "Default"}, {"host_network": True}, {"dns_policy": "None"}):
        own = dataclasses.replace(CLIENT, **more)
        assert not [one for one in found(asked("198.18.0.254"), own).findings if one.code == "DNS-05"]
    config = DnsConfig(nameservers=("198.18.0.254",))
    added = dataclasses.replace(CLIENT, dns_config=config)
    assert not found(asked("198.18.0.254"), added).findings, "dnsConfig adds to what the kubelet gives"
    cached = dataclasses.replace(scenes_dns.snapshot(), node_local_dns=("169.254.20.10",))
    assert not diagnose(scenes.case(cached, asked("169.254.20.10")), dns_clients.RULES).findings


NEEDS = {"addresses": ("web:80",), "address_fields": ("spec.containers[0].env[0]",)}


def test_the_name_servers_of_the_node_for_who_needs_a_service():
    own = dataclasses.replace(CLIENT, dns_policy="Default")
    report = scenes.Report()
    scenes_dns.source(report, own, "198.18.0.254")
    (finding,) = found(report, own, details=[scenes_dns.detail(own, **NEEDS)]).findings
    assert (finding.code, str(finding.object), finding.field) == (
        *("DNS-06", "Deployment shop/client", "spec.template.spec.dnsPolicy"),
    )
    assert (finding.value, finding.wanted, finding.certainty) == ("Default", "ClusterFirst", "certain")
    assert finding.fix is not None
    assert '"dnsPolicy": "ClusterFirst"' in finding.fix.command
    assert '"dnsPolicy": "Default"' in finding.fix.undo


def test_the_network_of_the_node():
    own = dataclasses.replace(CLIENT, host_network=True)
    (finding,) = found(scenes.Report(), own, details=[scenes_dns.detail(own, **NEEDS)]).findings
    assert (finding.field, finding.wanted) == ("spec.template.spec.dnsPolicy", "ClusterFirstWithHostNet")


def test_name_servers_of_its_own():
    own = dataclasses.replace(CLIENT, dns_policy="None", dns_config=DnsConfig(("198.18.0.254",)))
    (finding,) = found(scenes.Report(), own, details=[scenes_dns.detail(own, **NEEDS)]).findings
    assert (finding.field, finding.value) == ("spec.template.spec.dnsConfig.nameservers", "198.18.0.254")
    assert finding.fix is not None
    assert '"nameservers": ["198.18.0.254"]' in finding.fix.undo


def test_a_name_server_of_its_own_that_is_dead():
    own = dataclasses.replace(CLIENT, dns_policy="None", dns_config=DnsConfig(("198.18.1.99",)))
    report = scenes.Report()
    scenes_dns.lookup(report, "dns_timeout", pod=own, server="198.18.1.99")
    (finding,) = found(report, own).findings
    assert (finding.code, finding.certainty, finding.explains) == ("DNS-06", "certain", (1,))
    assert "nobody answers there" in finding.sentence


def test_the_name_of_the_api_server_is_no_need_of_names():
    own = dataclasses.replace(CLIENT, host_network=True)
    issuer = {
        "addresses": ("kubernetes.default.svc.cluster.local:443",),
        "address_fields": ("spec.containers[0].args[0]",),
    }
    api = dataclasses.replace(scenes.SERVICE, namespace="default", name="kubernetes")
    more = {"services": (scenes.SERVICE, api), "details": [scenes_dns.detail(own, **issuer)]}
    assert not found(scenes.Report(), own, **more).findings


def test_what_an_application_logs_shows_that_it_needs_names():
    own = dataclasses.replace(CLIENT, dns_policy="Default")
    tail = LogTail(own.namespace, own.name, "client", lines=("dial tcp: lookup web on 198.18.0.254:53: no such host",))
    (finding,) = found(scenes.Report(), own, details=[scenes_dns.detail(own)], logs=[tail]).findings
    assert (finding.code, finding.certainty) == ("DNS-06", "certain")


def test_who_needs_no_service_may_have_other_name_servers():
    own = dataclasses.replace(CLIENT, dns_policy="Default")
    diagnosis = found(scenes.Report(), own, details=[scenes_dns.detail(own, addresses=("www.outside.lab:80",))])
    assert not diagnosis.findings
    assert [(one.code, one.severity) for one in diagnosis.suspicions] == [("DNS-06", "info")]


QUERY = '[INFO] 10.244.1.7:42{:03} - 1 "A IN www.outside.lab.{}. udp 55 false 512" NXDOMAIN qr,aa,rd 148 0.0001s'


def queries(number: int, seconds: float, domain: str = "shop.svc.cluster.local") -> LogTail:
    lines = [QUERY.format(place, domain) for place in range(number)]
    times = [f"2026-12-01T03:59:{seconds * place / number:09.6f}Z" for place in range(number)]
    return scenes_dns.log(PODS[0], *lines, times=times)


def test_a_search_list_that_multiplies_lookups():
    (finding,) = found(scenes.Report(), logs=[queries(40, 4)]).findings
    assert (finding.code, str(finding.object), finding.field) == (
        *("DNS-08", "Deployment shop/client", "spec.template.spec.dnsConfig.options"),
    )
    assert (finding.value, finding.wanted, finding.severity) == ("ndots:5", "ndots:1", "warning")
    assert "www.outside.lab" in finding.sentence
    assert finding.fix is not None
    assert '"options": [{"name": "ndots", "value": "1"}]' in finding.fix.command
    assert '"options": null' in finding.fix.undo


def test_few_lookups_and_names_of_services_are_no_finding():
    assert not found(scenes.Report(), logs=[queries(5, 1)]).findings
    assert not found(scenes.Report(), logs=[queries(40, 59)]).findings
    assert not found(scenes.Report(), logs=[queries(40, 4, "example.com")]).findings
    assert not found(scenes.Report(), logs=[LogTail("shop", "web-1", "web", lines=(QUERY.format(1, "x"),))]).findings
