# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the ConfigMaps of a cluster's components say of its traffic. Pure; what cannot be read is left open."""

from __future__ import annotations

import json
import re
import typing as t

from . import check
from .fields import LAST_PORT, Json, OddObject, string_map
from .model_cluster import AntreaConfig, CiliumConfig, FlannelConfig, KubeProxy

_MAX_TEXT = 65536  #: of one key; a ConfigMap may hold 1 MiB
_MAX_ENTRIES = 32
_TOP = re.compile(r"([A-Za-z]\w*):[ \t]*(.*)")
_ENTRY = re.compile(r"\s*-[ \t]+(.*)")
_BIND = re.compile(r"^\s*bind[ \t]+(.*)$", re.MULTILINE)


def texts(item: t.Any) -> dict[str, str]:
    """C(data) of a ConfigMap, long texts cut; empty where it is none."""
    try:
        return {name: text[:_MAX_TEXT] for name, text in string_map(item, "data").items()}
    except (AttributeError, OddObject):
        return {}


def kube_proxy(item: t.Any) -> KubeProxy | None:
    """Read ConfigMap C(kube-proxy) of kubeadm or C(kube-proxy-config) of EKS; nothing where it configures nothing."""
    data = texts(item)
    text = data.get("config.conf") or data.get("config")
    if not text:
        return None
    found = _top_level(text)
    addresses = tuple(
        each for each in _list(found.get("nodePortAddresses")) if each == "primary" or check.is_network(each)
    )
    return KubeProxy(_word(found.get("mode")), addresses, _word(found.get("clusterCIDR")))


def cilium(item: t.Any) -> CiliumConfig | None:
    """Read ConfigMap C(cilium-config); releases before 1.14 have the tunnel's protocol in C(tunnel)."""
    data = texts(item)
    if not data:
        return None
    old = data.get("tunnel", "")
    mode = data.get("routing-mode", "") or ("native" if old == "disabled" else "tunnel" if old else "")
    port = data.get("tunnel-port", "")
    return CiliumConfig(
        data.get("kube-proxy-replacement", "")[:20],
        mode[:20],
        (data.get("tunnel-protocol", "") or ("" if old == "disabled" else old))[:20],
        int(port) if re.fullmatch(r"\d{1,5}", port) and int(port) <= LAST_PORT else 0,
        data.get("enable-wireguard") == "true",
    )


def flannel(item: t.Any) -> FlannelConfig | None:
    """Read ConfigMap C(kube-flannel-cfg)."""
    try:
        backend = json.loads(texts(item).get("net-conf.json", ""))["Backend"]
        kind, port = backend.get("Type"), backend.get("Port")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    is_port = type(port) is int and 0 < port <= LAST_PORT
    return FlannelConfig(kind[:20], port if is_port else 0) if isinstance(kind, str) else None


def antrea(item: t.Any) -> AntreaConfig | None:
    """Read ConfigMap C(antrea-config)."""
    text = texts(item).get("antrea-agent.conf")
    if text is None:
        return None
    found = _top_level(text)
    mode, kind, port = (_word(found.get(name)) for name in ("trafficEncapMode", "tunnelType", "tunnelPort"))
    is_port = re.fullmatch(r"\d{1,5}", port) and int(port) <= LAST_PORT
    return AntreaConfig(mode[:20], kind[:20], int(port) if is_port else 0)


def node_local_dns(item: t.Any) -> tuple[str, ...]:
    """The addresses that the Corefile of ConfigMap C(node-local-dns) binds; its manifest's placeholders are none."""
    words = (word for line in _BIND.findall(texts(item).get("Corefile", "")) for word in line.split())
    return tuple(dict.fromkeys(filter(check.is_ip, words)))[:_MAX_ENTRIES]


def _top_level(text: str) -> Json:
    """The keys at the left margin of a YAML document, with their plain values; JSON is read whole."""
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}
    known: Json = {}
    last = ""
    for line in text.splitlines():
        entry, top = _ENTRY.match(line), _TOP.match(line)
        if top:
            last = top[1]
            known[last] = _value(top[2])
        elif entry and isinstance(known.get(last), list):
            known[last].append(_bare(entry[1]))
        elif line.strip():
            last = ""  # deeper than a plain list
    return known


def _value(text: str) -> str | list[str]:
    bare = _bare(text)
    if not bare:
        return [] if not text.strip() else ""
    if bare.startswith("[") and bare.endswith("]"):
        return [_bare(each) for each in bare[1:-1].split(",") if each.strip()]
    return "" if bare in ("null", "~") else bare


def _bare(text: str) -> str:
    return re.sub(r"\s+#.*", "", text).strip().strip("\"'")


def _word(found: t.Any) -> str:
    return found[:100] if isinstance(found, str) else ""


def _list(found: t.Any) -> list[str]:
    return [each for each in found[:_MAX_ENTRIES] if isinstance(each, str)] if isinstance(found, list) else []
