# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cells as the questions that C(connectivity_from) and C(connectivity_to) ask."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.questions import verify

from . import scenes
from .scenes import SERVICE, WEB

NODE = {"id": "node/w1:30080", "kind": "node", "name": "w1", "port": 30080}
ENTRY = {"id": "ingress/x", "kind": "ingress", "name": "x", "namespace": "shop", "port": 80}


@pytest.mark.parametrize(
    ("target", "more", "word"),
    [
        ((SERVICE, 80), {}, "web.shop:80"),
        ((SERVICE, 80), {"protocol": "udp"}, "web.shop:80/udp"),
        ((SERVICE, 0), {}, "web.shop"),
        ((WEB[0], 8080), {}, f"shop/pod/{WEB[0].name}:8080"),
        (NODE, {}, "node/w1:30080"),
        (ENTRY, {"asked": "http://shop.lab:80/"}, "shop/ingress/x:80"),
        (ENTRY, {"decided_by": "HTTPRoute shop/x"}, "shop/httproute/x:80"),
        (ENTRY, {"asked": "shop.lab:80", "decided_by": "TCPRoute shop/x"}, "shop.lab:80"),
    ],
)
def test_a_cell_is_a_question(target: t.Any, more: dict[str, t.Any], word: str):
    report = scenes.Report()
    report.ask(target, "timeout", **more)
    (about,) = scenes.case(report=report).cells
    asked = verify(about)
    assert asked is not None
    assert (asked.source, asked.target) == ("shop/deployment/client", word)


def test_a_resolver_cannot_be_asked_for():
    report = scenes.Report()
    report.ask({"id": "dns/1", "kind": "dns", "name": "name server 1"}, "dns_timeout")
    (about,) = scenes.case(report=report).cells
    assert verify(about) is None
