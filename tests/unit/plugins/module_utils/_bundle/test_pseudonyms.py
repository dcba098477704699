# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pseudonyms: the same for the same, and what fits still fits."""

from __future__ import annotations

import ipaddress
import itertools

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._bundle.pseudonyms import (
    HOSTS,
    NAMESPACES,
    NODES,
    WORDS,
    AddressMap,
    Key,
    Pseudonyms,
)

KEY = (
    Key("00112233445566778899aabbccddeeff")
    .with_names(NAMESPACES, ["shop", "shop-restricted"])
    .with_names(NODES, ["ip-10-0-0-7.eu.example.com"])
    .with_names(HOSTS, ["apps.example.com"])
    .with_names(WORDS, ["acme"])
)


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("shop", "namespace-1"),
        ("Service shop/web port 80", "Service namespace-1/web port 80"),
        ("web.shop.svc.cluster.local.", "web.namespace-1.svc.cluster.local."),
        ("shop-restricted", "namespace-2"),
        ("shop-restricted/shop-7d4f", "namespace-2/namespace-1-7d4f"),
        ("web.shop-restricted", "web.namespace-2"),
        ("workshop shopping", "workshop shopping"),
        ("on ip-10-0-0-7.eu.example.com", "on node-1"),
        ("*.apps.example.com, x.y.apps.example.com:443", "*.domain-1.example, x.y.domain-1.example:443"),
        ("registry/acme_tools/acme-api:1", "registry/word-1_tools/word-1-api:1"),
        ("", ""),
    ],
)
def test_names_are_replaced_where_they_are_whole_words(text: str, renamed: str):
    assert Pseudonyms(KEY, False).rename(text) == renamed


def test_further_names_leave_those_that_have_a_pseudonym():
    key = KEY.with_names(NAMESPACES, ["bank", "shop", "namespace-3"])
    assert key.names.items() >= KEY.names.items()
    assert (key.names["bank"], key.names["namespace-3"]) == ("namespace-3", "namespace-4")
    assert Key.from_dict(key.to_dict()) == key
    assert len(set(key.names.values())) == len(key.names)


@pytest.mark.parametrize(
    "text",
    [
        "10.244.1.5",
        "10.244.1.5:8080",
        "10.244.1.5#8080",
        "https://198.18.0.2:6443/",
        "10.244.0.0/16",
        "app.192.168.3.4.nip.io",
        "ip-10-0-0-7",
        "10-244-1-5.shop.pod.cluster.local",
        "fd00:10:244::5",
        "[fd00:10:244::5]:80",
        "fd00:10:244:1::/64",
        "::ffff:10.244.1.5",
        "8.8.8.8",
        "2001:4860:4860::8888",
        "default via 10.244.2.1 dev eth0",
    ],
)
def test_addresses_are_replaced(text: str):
    renamer = Pseudonyms(KEY, True)
    renamed = renamer.rename(text)
    assert renamed != text
    assert len(renamer.addresses) == 1
    assert Pseudonyms(KEY, True).rename(text) == renamed


@pytest.mark.parametrize(
    "text",
    [
        *("0.0.0.0/0", "::/0", "0.0.0.0#80", "::#80", "127.0.0.1", "::1", "169.254.20.10", "fe80::1", "224.0.0.1"),
        *("v1.36.3", "1.2.3", "300.1.1.1", "1.2.3.4.5", "08:41:02", "2026-12-01T08:41:02Z", "aa:bb:cc:dd:ee:ff"),
        *("sha256:ab12", "std::string", "10.0.0.1/64"),
    ],
)
def test_what_is_no_address_or_means_the_same_everywhere_stays(text: str):
    renamer = Pseudonyms(KEY, True)
    assert renamer.rename(text) == text
    assert renamer.addresses == {}


CIDRS = ["10.0.0.0/8", "10.244.0.0/16", "10.244.1.0/24", "10.244.1.128/25", "192.168.0.0/16", "198.18.84.0/24"]
ADDRESSES = ["10.244.1.5", "10.244.1.200", "10.244.2.5", "10.96.0.1", "192.168.4.4", "198.18.84.2", "8.8.8.8"]


@pytest.mark.parametrize("number", range(20))
def test_an_address_stays_in_its_ranges_and_no_two_become_one(number: int):
    mapped = AddressMap(bytes([number]) * 16)
    networks = {}
    for name in CIDRS:
        network = ipaddress.ip_network(name)
        found = mapped.of(network.network_address, network.prefixlen)
        networks[network] = ipaddress.ip_network(f"{found}/{network.prefixlen}")
    addresses = {each: mapped.of(each, 32) for each in map(ipaddress.ip_address, ADDRESSES)}
    for (network, other), (address, instead) in itertools.product(networks.items(), addresses.items()):
        assert (address in network) == (instead in other)
    assert len(set(addresses.values())) == len(ADDRESSES)
    for address, instead in addresses.items():
        assert address.is_private == instead.is_private


def test_ipv6_ranges_stay():
    mapped = AddressMap(b"x" * 16)
    for text in ("fd00:10:244::5", "2001:db8::1", "::ffff:10.1.2.3"):
        address = ipaddress.IPv6Address(text)
        found = mapped.of(address, 128)
        assert isinstance(found, ipaddress.IPv6Address)
        assert (found in ipaddress.ip_network("fc00::/7")) == (address in ipaddress.ip_network("fc00::/7"))
        assert (found.ipv4_mapped is None) == (address.ipv4_mapped is None)
