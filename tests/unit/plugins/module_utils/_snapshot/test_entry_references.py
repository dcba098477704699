# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""URLs of Pods that reach a controller and that nothing serves: what is kept of them, and what is not."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import entry_references
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.entries import EntryPoint
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import HostAlias, Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import IngressPath

ADDRESS = "198.18.0.200"
ALIASES = (HostAlias(ADDRESS, ("shop.lab", "www.shop.lab")),)


def entry(host: str = "shop.lab", path: str = "/", kind: str = "Prefix", port: int = 80) -> EntryPoint:
    own = IngressPath(host, path, "web", "80", path_type=kind, field="spec.rules[0].http.paths[0]")
    return EntryPoint("Ingress", "shop", "web", host, port, port == 443, own, (ADDRESS,))


def found(
    value: str, *entries: EntryPoint, name: str = "SHOP_URL", aliases: t.Any = ALIASES, **container: t.Any
) -> list[t.Any]:
    spec = {"containers": [{"name": "app", "env": [{"name": "A"}, {"name": name, "value": value}], **container}]}
    named = entry_references.dialled({"spec": spec})
    pod = Pod("shop", "client", host_aliases=aliases)
    return list(entry_references.find({pod.id: named}, [pod], entries or (entry(),)))


def test_a_host_that_no_way_in_has_and_the_pod_leads_to_the_controller():
    (one,) = found("http://www.shop.lab/MARKER?key=MARKER")
    assert (one.pod, one.host, one.port, one.address) == ("shop/client", "www.shop.lab", 80, ADDRESS)
    assert (one.entry, one.field, one.below) == ("Ingress shop/web", "spec.rules[0].http.paths[0]", "")
    assert one.where == "spec.containers[0].env[1]"
    assert "MARKER" not in str(one.to_dict())


def test_a_path_below_an_exact_one():
    (one,) = found("http://shop.lab/pages/MARKER", entry(path="/pages", kind="Exact"))
    assert (one.host, one.below) == ("shop.lab", "/pages")
    assert "MARKER" not in str(one.to_dict())
    (one,) = found("", entry(path="/pages", kind="Exact"), args=["--url=http://shop.lab:80/pages/x"])
    assert one.where == "spec.containers[0].args[0]"


@pytest.mark.parametrize(
    "value",
    [
        "http://shop.lab/pages",  # served
        "http://web.shop/",  # a Service
        "http://elsewhere.example.com/",  # what its name leads to is not known
        "https://www.shop.lab/",  # nothing of the controller is known at this port
        "tcp://www.shop.lab:80",
        "www.shop.lab:80",
        "http://",
    ],
)
def test_what_is_served_or_leads_elsewhere_is_not_kept(value: str):
    assert not found(value, entry(path="/pages", kind="Exact"))


def test_other_paths_and_wildcards_serve_it():
    exact = entry(path="/pages", kind="Exact")
    assert not found("http://shop.lab/pages/x", exact, entry(path="/pages", kind="ImplementationSpecific"))
    assert not found("http://shop.lab/pages/x", exact, entry(path="/"))
    assert not found("http://www.shop.lab/", entry(), entry("*.shop.lab"))
    assert not found("http://www.shop.lab/", entry(), entry(""))


def test_without_a_hosts_file_a_host_may_lead_anywhere():
    assert not found("http://www.shop.lab/", aliases=())


def test_what_is_named_like_a_secret_is_not_looked_at():
    assert not found("http://www.shop.lab/", name="AUTH_TOKEN")
    assert not found("http://www.shop.lab/", name="SHOP_PASSWORD")


def test_a_pod_that_is_no_pod_names_nothing():
    assert entry_references.dialled({"spec": {"containers": [{"env": [5]}]}}) == ()
    assert entry_references.dialled({}) == ()
