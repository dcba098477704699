# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who answered, by what can be seen."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words as words
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import authors
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Expectation, Probe

ALLOWED = Expectation("allow", "it may", ends=("10.0.1.1#80",))
EMPTY = Expectation("allow", "it may", defect="Service shop/web port 80 has no ready endpoint")


def author(outcome: str, expected: Expectation = ALLOWED, asked: t.Any = None, **answer: t.Any) -> str:
    fields = {"model": "pod_to_pod_same_node", "protocol": "tcp", **(asked or {})}
    probe = Probe(1, "a", "b", family="IPv4", host="10.0.1.1", port=80, **fields)
    found = authors.author_of(expected, Answer(1, outcome, **answer), probe)
    assert found in ("", *words.AUTHORS)
    return found


@pytest.mark.parametrize(
    ("outcome", "who"),
    [
        ("open", "peer"),
        ("http_404", "peer"),
        ("timeout", "nobody"),
        ("unreachable_arp", "nobody"),
        ("no_route", "nobody"),
        ("dns_nxdomain", "nobody"),
        ("unreachable_fast", "node"),
        ("reset", "unsure"),
        ("wrong_peer", "unsure"),
        ("probe_error", ""),
        ("not_applicable", ""),
    ],
)
def test_by_the_outcome(outcome: str, who: str):
    assert author(outcome) == who


def test_a_refusal_by_rst_is_the_peers_and_one_by_icmp_is_somebody_elses():
    assert author("refused", refusal="rst") == "peer"
    assert author("refused", refusal="icmp") == "node"
    assert author("refused", refusal="icmp", error_from="10.244.0.1") == "node"
    assert author("refused", refusal="icmp", error_from="10.0.1.1") == "peer"  # as UDP is refused
    assert author("refused") == "unsure"  # a shell's tools do not tell


def test_a_refusal_for_want_of_endpoints_is_the_nodes():
    assert author("refused", EMPTY, {"model": "pod_to_service"}) == "node"


def test_nothing_lies_between_containers_of_one_pod():
    assert author("refused", asked={"model": "container_to_container"}) == "peer"


def test_whoever_accepted_the_connection_answered():
    assert author("timeout", phases={"connect": 0.2}) == "peer"
    assert author("reset", phases={"connect": 0.2}) == "peer"


def test_a_bare_connection_through_a_sidecar_is_the_sidecars():
    meshed = Expectation("allow", "it may", sidecar="istio-proxy")
    assert author("open", meshed) == "sidecar"
    assert author("http_200", meshed, {"protocol": "http"}) == "peer"
    assert author("timeout", meshed, phases={"connect": 0.1}) == "nobody"


def test_a_name_server_that_knows_no_such_name_answered():
    assert author("dns_nxdomain", asked={"protocol": "dns"}) == "peer"


@pytest.mark.parametrize(
    ("outcome", "body", "who"),
    [
        ("http_502", "Bad Gateway", "controller"),
        ("http_503", "no available server\n", "controller"),
        ("http_503", "we are down for maintenance", "peer"),
        ("http_200", "Bad Gateway", "peer"),
    ],
)
def test_a_controllers_own_page_at_an_entry(outcome: str, body: str, who: str):
    assert author(outcome, asked={"model": "pod_to_ingress", "protocol": "http"}, body=body) == who
    assert author(outcome, asked={"protocol": "http"}, body=body) == "peer"  # nothing of the kind is before a Pod


@pytest.mark.parametrize(
    ("outcome", "server", "body", "controller"),
    [
        ("http_404", "", "404 page not found\n", ""),  # any program in Go says so
        ("http_404", "nginx/1.27", "<title>404 Not Found</title>", ""),  # and any nginx this
        ("http_404", "nginx", "default backend - 404", "ingress-nginx"),
        ("http_503", "nginx", "<html><head><title>503 Service Temporarily Unavailable</title></head>", "nginx"),
        (
            "http_503",
            "",
            "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.",
            "HAProxy",
        ),
        ("http_503", "", "<html><head><title>Application is not available</title>", "the router of OpenShift"),
        ("http_503", "istio-envoy", "upstream connect error or disconnect/reset before headers", "Envoy"),
        ("http_503", "envoy", "no healthy upstream", "Envoy"),
        ("http_503", "envoy", "we are down", ""),
        ("http_404", "envoy", "", "Envoy"),
        ("http_404", "kong/3.9", '{"message":"no Route matched with those values"}', "Kong"),
        ("http_404", "APISIX/3.2", '{"error_msg":"404 Route Not Found"}', "APISIX"),
        ("http_503", "awselb/2.0", "", "the AWS load balancer"),
        ("http_502", "Microsoft-Azure-Application-Gateway/v2", "", "Azure Application Gateway"),
        ("http_404", "", "response 404 (backend NotFound), service rules for the path non-existent", "GCE"),
        ("http_200", "awselb/2.0", "", ""),
    ],
)
def test_the_pages_of_controllers(outcome: str, server: str, body: str, controller: str):
    headers = {"server": server} if server else {"content-type": "text/html"}
    assert authors.controller_page(Answer(1, outcome, headers=headers, body=body)) == controller


def test_a_page_that_came_through_envoy_is_the_applications():
    headers = {"server": "envoy", "x-envoy-upstream-service-time": "3"}
    assert authors.controller_page(Answer(1, "http_404", headers=headers)) == ""
