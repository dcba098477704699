# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Corefile says of a name."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import corefile

from ..scenes_dns import COREFILE

NAME = "web.shop.svc.cluster.local"


def test_the_zones_and_plugins_of_a_server_block():
    (block,) = corefile.parse(COREFILE)
    assert block.zones == ("",)
    assert [one.name for one in block.directives] == [
        *("errors", "ready", "kubernetes", "forward", "cache", "loop", "reload")
    ]
    assert corefile.cluster_zones((block,)) == ("cluster.local",)
    assert corefile.upstreams((block,)) == ("/etc/resolv.conf",)
    assert corefile.shadow((block,), NAME) is None


def test_comments_quotes_snippets_and_several_zones():
    text = """
# a comment
(shared) {
    errors
}
shop.example:5353, dns://corp.example:53 {  # two zones
    import shared
    template IN A {
        answer "{{ .Name }} 60 IN A 192.0.2.1"
    }
}
"""
    (block,) = corefile.parse(text)
    assert block.zones == ("shop.example", "corp.example")
    assert block.directives[1].body == (("answer", "{{ .Name }} 60 IN A 192.0.2.1"),)
    assert (block.directives[1].first, block.directives[1].last) == (7, 9)


def test_what_is_no_corefile_has_no_blocks():
    assert corefile.parse("") == ()
    assert corefile.parse("}}}\n{\n'") == ()
    assert corefile.block_of((), NAME) is None
    assert corefile.shadow((), NAME) is None
    assert corefile.upstreams(()) == ()


def test_the_block_of_the_longest_zone_answers():
    blocks = corefile.parse(COREFILE + "shop.svc.cluster.local:53 {\n    forward . 192.0.2.53\n}\n")
    shadow = corefile.shadow(blocks, NAME)
    assert shadow is not None
    assert shadow.says.startswith("the server block for shop.svc.cluster.local, which has no plugin kubernetes")
    assert corefile.shadow(blocks, "api.other.svc.cluster.local") is None


def with_plugin(text: str) -> tuple[corefile.ServerBlock, ...]:
    return corefile.parse(COREFILE.replace("    ready\n", f"    ready\n{text}"))


@pytest.mark.parametrize(
    "text",
    [
        "template IN ANY web.shop.svc.cluster.local {\n rcode NXDOMAIN\n}\n",
        "template IN A {\n match ^web[.]shop[.]\n rcode NXDOMAIN\n}\n",
        "rewrite name web.shop.svc.cluster.local old.example\n",
        "rewrite stop {\n name regex (.*)\\.shop\\.svc\\.cluster\\.local {1}.example\n}\n",
        "rewrite name suffix .shop.svc.cluster.local .example\n",
        "rewrite name prefix web. old.\n",
        "rewrite name substring shop mall\n",
        "hosts {\n 192.0.2.1 web.shop.svc.cluster.local\n fallthrough\n}\n",
        "hosts /etc/coredns/hosts\n",
    ],
)
def test_what_answers_before_kubernetes(text: str):
    blocks = with_plugin(text)
    shadow = corefile.shadow(blocks, NAME)
    assert shadow is not None
    assert shadow.first == 3
    assert shadow.last == 2 + len(text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        "template IN ANY api.shop.svc.cluster.local {\n rcode NXDOMAIN\n}\n",
        "template IN MX {\n rcode NXDOMAIN\n}\n",
        "template IN A {\n match ^api[.]\n rcode NXDOMAIN\n}\n",
        "template IN A {\n match (\n}\n",
        "rewrite name api.shop.svc.cluster.local old.example\n",
        "rewrite type ANY HINFO\n",
        "hosts {\n 192.0.2.1 api.shop.svc.cluster.local\n fallthrough\n}\n",
        "hosts /etc/coredns/hosts corp.example\n",
    ],
)
def test_what_is_about_other_names(text: str):
    assert corefile.shadow(with_plugin(text), NAME) is None


def test_a_plugin_kubernetes_that_does_not_serve_the_name():
    other = corefile.parse(COREFILE.replace("kubernetes cluster.local", "kubernetes cluster.lan"))
    shadow = corefile.shadow(other, NAME)
    assert shadow is not None
    assert "plugin kubernetes for cluster.lan" in shadow.says
    some = corefile.parse(COREFILE.replace("pods insecure", "namespaces default kube-system"))
    assert corefile.shadow(some, NAME) is not None
    assert corefile.shadow(some, "kubernetes.default.svc.cluster.local") is None
