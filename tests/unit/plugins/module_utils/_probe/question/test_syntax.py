# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person may type for one end of a question."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.question import syntax as question
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selected import SelectionError

#: text -> kind, namespace, name, port, transport
SOURCES = {
    "shop/frontend": ("", "shop", "frontend", "", ""),
    "frontend": ("", "", "frontend", "", ""),
    "pod/web-0": ("pod", "", "web-0", "", ""),
    "po/web-0": ("pod", "", "web-0", "", ""),
    "deploy/frontend": ("deployment", "", "frontend", "", ""),
    "shop/sts/db": ("statefulset", "shop", "db", "", ""),
    "shop/daemonset/agent.v2": ("daemonset", "shop", "agent.v2", "", ""),
    "node/ip-10-0-0-1.ec2.internal": ("node", "", "ip-10-0-0-1.ec2.internal", "", ""),
    "outside": ("outside", "", "", "", ""),
    "outside/office": ("outside", "", "office", "", ""),
}
TARGETS = {
    "shop/ledger": ("", "shop", "ledger", "", ""),
    "shop/ledger:7000": ("", "shop", "ledger", "7000", ""),
    "shop/echo:7007/udp": ("", "shop", "echo", "7007", "UDP"),
    "shop/api:http": ("", "shop", "api", "http", ""),
    "svc/ledger": ("service", "", "ledger", "", ""),
    "service/ledger.shop:7000": ("service", "", "ledger.shop", "7000", ""),
    "shop/svc/ledger:7000/TCP": ("service", "shop", "ledger", "7000", "TCP"),
    "shop/deployment/web:8080": ("deployment", "shop", "web", "8080", ""),
    "node/worker1:10250": ("node", "", "worker1", "10250", ""),
    "ing/web": ("ingress", "", "web", "", ""),
    "ledger": ("host", "", "ledger", "", ""),
    "ledger.shop:7000": ("host", "", "ledger.shop", "7000", ""),
    "Ledger.Shop.svc.cluster.local.:7000": ("host", "", "ledger.shop.svc.cluster.local.", "7000", ""),
    "www.example.com:53/udp": ("host", "", "www.example.com", "53", "UDP"),
    "10.96.0.1": ("address", "", "10.96.0.1", "", ""),
    "10.96.0.1:0443": ("address", "", "10.96.0.1", "443", ""),
    "fd00::1": ("address", "", "fd00::1", "", ""),
    "[fd00::1]": ("address", "", "fd00::1", "", ""),
    "[fd00:0:0::1]:80": ("address", "", "fd00::1", "80", ""),
    "[fd00::1]:53/udp": ("address", "", "fd00::1", "53", "UDP"),
}
#: text -> kind, name, port, scheme, path
URLS = {
    "https://www.shop.example": ("host", "www.shop.example", "443", "https", "/"),
    "HTTP://Api.Shop:8080/v1/x?a=1#top": ("host", "api.shop", "8080", "http", "/v1/x?a=1"),
    "http://[fd00::1]/": ("address", "fd00::1", "80", "http", "/"),
    "http://10.0.0.1:81/a b".replace(" ", "%20"): ("address", "10.0.0.1", "81", "http", "/a%20b"),
    "http://a.b/ü": ("host", "a.b", "80", "http", "/%C3%BC"),
}
NO_SOURCES = {
    "shop/": "a part of it is empty",
    "/frontend": "a part of it is empty",
    "shop/Deployment/x y": "no name of Kubernetes",
    "frontend:80": "neither a port nor an address",
    "10.0.0.1": "neither a port nor an address",
    "fd00::1": "neither a port nor an address",
    "https://shop.lab": "neither a port nor an address",
    "svc/ledger": "'svc' is none of the kinds pod, deployment, statefulset",
    "shop/rollout/x": "'rollout' is none of the kinds pod, deployment, statefulset",
    "shop/node/w1": "'node' is none of the kinds pod",
    "a/b/c/d": "more than three parts",
    "outside/": "the name after 'outside/' is missing",
    " ": "no name of Kubernetes",
    "x" * 100_000: "no name of Kubernetes",
}
NO_TARGETS = {
    "outside": "cannot be a target by this name",
    "ledger.shop:": "port '' is neither a number",
    "ledger.shop:0": "port 0 is not from 1 to 65535",
    "ledger.shop:65536": "port 65536 is not from 1 to 65535",
    "ledger.shop:" + "1" * 5000: "is not from 1 to 65535",
    "ledger.shop:80/icmp": "none of tcp, udp, sctp",
    "ledger shop": "a space",
    "ledger\n": "not printable",
    ":80": "neither a name nor an address",
    "10.0.0.999": "neither a name nor an address",
    "-a.example": "neither a name nor an address",
    "a..b": "neither a name nor an address",
    "[fd00::zz]:80": "neither a name nor an address",
    "fe80::1%eth0": "port '1%eth0' is neither a number",
    "10.0.0.0/8": "a network cannot be probed",
    "ftp://a.b/": "only URLs of http and https",
    "https:///x": "neither a name nor an address",
    "http://a.b:99999/": "it is no URL",
    "http://a.b/" + "x" * 2000: "longer than 1024",
}


@pytest.mark.parametrize("text", SOURCES)
def test_a_source(text: str):
    end = question.source(text)
    assert (end.kind, end.namespace, end.name, end.port, end.transport) == SOURCES[text]
    assert (end.option, end.text) == ("from", text)


@pytest.mark.parametrize("text", TARGETS)
def test_a_target(text: str):
    end = question.target(text)
    assert (end.kind, end.namespace, end.name, end.port, end.transport) == TARGETS[text]
    assert (end.option, end.text) == ("to", text)


@pytest.mark.parametrize("text", URLS)
def test_a_url(text: str):
    end = question.target(text)
    assert (end.kind, end.name, end.port, end.scheme, end.path) == URLS[text]


@pytest.mark.parametrize(
    ("option", "text", "why"),
    [*(("from", *item) for item in NO_SOURCES.items()), *(("to", *item) for item in NO_TARGETS.items())],
)
def test_what_is_none_is_one_short_error_that_names_the_option_the_value_and_what_is_allowed(option, text, why):
    read, forms = {"from": (question.source, question.FROM_FORMS), "to": (question.target, question.TO_FORMS)}[option]
    with pytest.raises(SelectionError) as refusal:
        read(text)
    said = str(refusal.value)
    assert said.startswith(f"{option}: {text[:100]!r}"[:-1])
    assert why in said
    assert said.endswith(f"it must be {forms}")
    assert len(said) < 700


def test_a_password_is_not_in_the_error():
    with pytest.raises(SelectionError) as refusal:
        question.target("https://me:secret@shop.example/")
    assert str(refusal.value) == "to: 'https://...@shop.example': a URL must not hold a user or a password"


@pytest.mark.parametrize(
    ("name", "there", "said"),
    [
        ("ledgr", ("ledger", "api"), "the nearest is ledger"),
        ("ap", ("api", "app", "ledger"), "the nearest are app, api"),
        ("x", ("b", "a"), "there are a, b"),
        ("x", ("a",), "there is a"),
        ("x", (), "there is none"),
        ("x", map(str, range(10, 30)), "there are 10, 11, 12, 13, 14, 15, 16, 17 and 12 more"),
    ],
)
def test_what_matches_nothing_names_the_nearest(name, there, said):
    assert question.nearest(name, there) == said
