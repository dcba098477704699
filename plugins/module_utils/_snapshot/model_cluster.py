# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The model of what carries a cluster's traffic, as the ConfigMaps of its components say it."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record


@dataclasses.dataclass(frozen=True)
class KubeProxy(Record):
    """C(kubeproxy.config.k8s.io/v1alpha1/KubeProxyConfiguration)."""

    mode: str = ""  #: C(iptables), C(ipvs), C(nftables), C(kernelspace); empty for the platform's default
    node_port_addresses: tuple[str, ...] = ()  #: CIDRs, or C(primary); empty for the mode's default
    cluster_cidr: str = ""


@dataclasses.dataclass(frozen=True)
class CiliumConfig(Record):
    """What ConfigMap C(cilium-config) says of Services and of the way between nodes."""

    kube_proxy_replacement: str = ""  #: C(true), C(false), or the words of older releases
    routing_mode: str = ""  #: C(tunnel) or C(native)
    tunnel_protocol: str = ""  #: C(vxlan) or C(geneve)
    tunnel_port: int = 0  #: 0 for the protocol's own
    wireguard: bool = False


@dataclasses.dataclass(frozen=True)
class FlannelConfig(Record):
    """C(net-conf.json) of ConfigMap C(kube-flannel-cfg)."""

    backend_type: str = ""
    port: int = 0  #: 0 for the backend's own


@dataclasses.dataclass(frozen=True)
class AntreaConfig(Record):
    """C(antrea-agent.conf) of ConfigMap C(antrea-config); empty for its defaults."""

    encap_mode: str = ""  #: C(encap), C(noEncap), C(hybrid) or C(networkPolicyOnly)
    tunnel_type: str = ""  #: C(geneve), C(vxlan), C(gre) or C(stt)
    tunnel_port: int = 0  #: 0 for the type's own


@dataclasses.dataclass(frozen=True)
class ServiceReference(Record):
    """A Pod that names a headless Service with a port in a command, an argument or a variable of its environment."""

    service: str  #: C(namespace/name)
    port: int
    pod: str  #: C(namespace/name)
