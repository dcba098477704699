#!/usr/bin/python
# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: net_info
short_description: Take a snapshot of the objects that a cluster's traffic depends on
version_added: 1.0.0
description:
  - Reads Pods, Services, EndpointSlices, Nodes, Ingresses and their classes, NetworkPolicies, Namespaces and the
    served API versions with fixed list requests, in parallel and paginated, without discovery. If the cluster serves
    them, routes of the Gateway API and of OpenShift, policies of other kinds, and C(PeerAuthentication) objects of
    Istio are listed as well.
  - The rules of ClusterNetworkPolicy (C(v1beta1), or C(v1alpha2)), AdminNetworkPolicy and BaselineAdminNetworkPolicy
    (C(v1alpha1)) are evaluated as those of NetworkPolicy; those of other kinds are not.
  - Reads also, whatever the namespaces are, the Service of the API server and the cluster's DNS, and the ConfigMaps
    C(kube-proxy), C(kube-proxy-config), C(node-local-dns), C(cilium-config), C(antrea-config) and
    C(kube-flannel-cfg). With
    O(namespaces), also up to four Services of type C(LoadBalancer) in other namespaces that have the address of an
    Ingress or a Gateway, with their endpoints, Pods and NetworkPolicies. None of this is required, so what is
    forbidden is left out and is not in RV(missing).
  - M(kubewire.netdebug.net_probe) makes its plan from the snapshot. With O(depth=workloads) or O(depth=all) it contains
    also what M(kubewire.netdebug.net_diagnose) needs to find causes. It never contains the value of a Secret, a
    ConfigMap or an environment variable, with two exceptions. Of environment variables and arguments, what is a host
    and a port is kept, such as C(db.shop:5432), without credentials and only if the name is not that of a secret; and
    the configuration of the cluster's DNS and of kube-proxy is kept as text.
  - Of annotations it contains only those that decide where traffic goes, such as
    C(traffic.sidecar.istio.io/excludeOutboundPorts) or C(service.kubernetes.io/topology-mode).
author:
  - Kubewire contributors (@kubewire)
extends_documentation_fragment:
  - kubewire.netdebug._auth
  - kubewire.netdebug._names
  - kubewire.netdebug._attributes
  - kubewire.netdebug._attributes.info_module
  - kubewire.netdebug._attributes.actiongroup_netdebug
attributes:
  async:
    support: full
  check_mode:
    support: full
    details:
      - Reads the cluster, writes no file, and checks every right that O(depth) needs (SelfSubjectAccessReview). What is
        not allowed is in RV(text) with the Role of C(docs/rbac/diagnose.yml) that grants it.
options:
  namespaces:
    description:
      - Namespaces to read. If empty, all namespaces are read.
      - Up to six are listed one by one, which requires rights in these namespaces only. More are selected from lists
        of the whole cluster, which limits the number of requests.
    type: list
    elements: str
    default: []
  label_selectors:
    description:
      - Label selectors of the Pods, in the syntax of C(kubectl -l). All must match.
    type: list
    elements: str
    default: []
  field_selectors:
    description:
      - Field selectors of the Pods, such as V(spec.nodeName=w1). All must match.
    type: list
    elements: str
    default: []
  from:
    description:
      - Source of a single question, as in the option O(kubewire.netdebug.net_probe#module:from).
      - With O(from) and O(to), only their namespaces are read, and what else their traffic depends on. With one of
        them, its namespaces and O(namespaces) are read, and everything if O(namespaces) is empty.
      - With both of them, O(namespaces) only says where a name without a namespace is looked up.
    type: str
  to:
    description:
      - Target of a single question, as in the option O(kubewire.netdebug.net_probe#module:to).
    type: str
  page_size:
    description:
      - Number of objects in each page of a list, V(1) to V(10000).
    type: int
    default: 500
  depth:
    description:
      - What to read beside the objects that carry traffic, for M(kubewire.netdebug.net_diagnose).
      - V(traffic) reads nothing else.
      - V(workloads) reads what keeps Pods from running. Of Pods, conditions, states of containers, resources, probes,
        volumes, references and scheduling terms; Deployments, ReplicaSets, StatefulSets and DaemonSets; events;
        ResourceQuotas, LimitRanges, PersistentVolumeClaims, PersistentVolumes, StorageClasses, ServiceAccounts,
        PriorityClasses, PodDisruptionBudgets, HorizontalPodAutoscalers; conditions and leases of nodes and the leases
        of C(kube-system); what keeps Namespaces and other objects that are being deleted; configurations of webhooks,
        MutatingAdmissionPolicies, APIServices, CertificateSigningRequests; the ConfigMaps C(coredns) and
        C(kube-proxy) of C(kube-system), and the ClusterRole C(system:coredns) with its binding; of Secrets and
        ConfigMaps the names, the types, the names of the keys as C(metadata.managedFields) has them, and when they
        were changed (the API server sends the columns of C(kubectl get) and the metadata alone, and no value); who
        wrote which fields of Services, Ingresses, NetworkPolicies, Deployments, DaemonSets and StatefulSets, and
        when. With O(namespaces), the Pods, Deployments, DaemonSets and events of the namespace of the cluster's DNS
        are read, too, and the Deployments and DaemonSets of that of an ingress controller without a ready endpoint.
      - V(workloads) reads also the last 40 lines of up to 40 logs, those of containers that do not run, are not ready
        or restarted, with up to 16 KiB each; of the cluster's DNS, four times as much while it runs. What looks like
        a password, a token or a key is replaced by C([redacted]).
      - V(workloads) asks the API server for C(/readyz) and what it counts of its priority levels, and reads
        PriorityLevelConfigurations and FlowSchemas. It has the API server ask up to eight kubelets for C(/healthz),
        first those of nodes that are not ready, and up to three kubelets under pressure for their thresholds and what
        is left. Of the API server's log of the last two minutes, lines about credentials, webhooks and etcd are kept;
        the log of a component that does not renew its Lease, the last 40 lines. Where a log says that a ServiceAccount
        is refused something, the bindings of its namespace and of the cluster are read.
      - V(all) reads Jobs, CronJobs, Roles, ClusterRoles and their bindings as well, and of Secrets and ConfigMaps
        every key. For these the API server sends the values, too, which are not kept.
      - Each list needs the right C(list), the ConfigMaps of C(kube-system), the role of the DNS, C(pods/log),
        C(nodes/proxy) and the URL C(/debug/api_priority_and_fairness/dump_priority_levels) the right C(get). What is
        not allowed is in RV(unknown) with the right that is missing, and the task does not
        fail.
      - Pods that run, are ready and never restarted have details only if there are up to 2000 of them; other Pods, up
        to 5000. Of events, up to 5000 are kept, those of an object that say the same counted as one.
    type: str
    choices: [traffic, workloads, all]
    default: traffic
  record_failure:
    description:
      - Whether to take a snapshot that says why, if the API server cannot be reached, has a certificate that is not
        trusted, or answers nothing but errors. Otherwise the task fails then.
      - M(kubewire.netdebug.net_diagnose) names what of the control plane may be at fault.
    type: bool
    default: false
  dest:
    description:
      - File to write the snapshot to, with mode C(0600). Its folder is created if it does not exist.
      - If its name is V(snapshot.json), it belongs to a run, and the task fails while another playbook writes to the
        folder.
      - If not set, the snapshot is returned in RV(snapshot.content).
    type: path
  show:
    description:
      - Whether to return RV(table), and to show it as text on the terminal while the play runs. With C(async), it is
        only returned.
    type: bool
    default: false
seealso:
  - module: kubewire.netdebug.net_probe
  - module: kubewire.netdebug.net_diagnose
"""

EXAMPLES = r"""
- name: See what is there, as kubectl get pods,svc,nodes,ingress -o wide shows it
  kubewire.netdebug.net_info:
    namespaces: [shop]
    show: true

- name: Keep a snapshot of the whole cluster
  kubewire.netdebug.net_info:
    dest: /var/tmp/kubewire/snapshot.json

- name: Keep a snapshot of what one question is about
  kubewire.netdebug.net_info:
    from: shop/frontend
    to: db.shop:5432
    depth: workloads
    dest: /var/tmp/kubewire/question/snapshot.json

- name: See what keeps Pods from running
  kubewire.netdebug.net_info:
    namespaces: [shop]
    depth: workloads
  register: info
"""

RETURN = r"""
snapshot:
  description: The snapshot, or the file that it was written to.
  returned: success
  type: dict
  contains:
    counts:
      description: Number of objects of each kind.
      returned: success
      type: dict
      sample: {"namespaces": 6, "nodes": 3, "pods": 21}
    content:
      description: The snapshot itself.
      returned: when O(dest) is not set
      type: dict
    path:
      description: The file it was written to.
      returned: when O(dest) is set and check mode is off
      type: str
    sha256:
      description: Checksum of that file.
      returned: when O(dest) is set and check mode is off
      type: str
    size:
      description: Size of that file in bytes.
      returned: when O(dest) is set and check mode is off
      type: int
cluster:
  description: The cluster that was read.
  returned: success
  type: dict
  sample: {"server": "https://198.18.0.2:6443", "version": "v1.36.3"}
table:
  description:
    - Pods, Services, Nodes and Ingresses, as C(kubectl get -o wide) prints them.
    - If there are more than 200 of them, their numbers by state, and up to 20 rows of each kind for objects that are
      not as usual, such as Pods that are not ready or restarted, nodes that are not ready, Services without a ready
      endpoint, and Ingresses without an address.
  returned: when O(show) is set
  type: str
missing:
  description:
    - The resources that could not be read, each with C(reason) and C(remedy).
    - C(what) is a resource. C(namespace) is set if only one namespace is affected, and C(name) if only one object is.
  returned: success
  type: list
  elements: dict
unknown:
  description: What of O(depth) could not be read, and why, with the right that is missing.
  returned: when O(depth) is not V(traffic)
  type: dict
  sample: {"secrets": "cannot list secrets: forbidden; grant a Role in the namespace, or a ClusterRole with ..."}
failure:
  description: Why nothing could be read, with C(reason), C(message) and C(remedy).
  returned: with O(record_failure), when nothing could be read
  type: dict
  sample: {"reason": "unreachable", "message": "cannot read /version: the API server ... cannot be reached within 30 s"}
requests:
  description: Number of API requests that were sent.
  returned: success
  type: int
  sample: 21
authorisation:
  description: Every right that the snapshot needs, and whether it is allowed.
  returned: in check mode
  type: list
  elements: dict
  contains:
    namespace:
      description: Namespace, empty for the whole cluster.
      type: str
      returned: success
    api_group:
      description: API group, empty for the core group.
      type: str
      returned: success
    resource:
      description: Resource.
      type: str
      returned: success
      sample: pods/log
    verb:
      description: Verb.
      type: str
      returned: success
      sample: get
    name:
      description: Name of the object.
      type: str
      returned: if only one object is needed
    role:
      description: Name of the Role or ClusterRole in C(docs/rbac/diagnose.yml) that grants it.
      type: str
      returned: success
      sample: kubewire-diagnose
    allowed:
      description: Whether the API server allows it.
      type: bool
      returned: success
role:
  description: Roles that grant what is not allowed, as YAML. Empty if everything is allowed.
  returned: in check mode
  type: str
text:
  description: The rights that are missing as text.
  returned: in check mode
  type: str
reason:
  description:
    - Reason of the failure in one word, such as V(forbidden), V(unreachable), V(unauthorized) or
      V(no_credentials).
  returned: failure
  type: str
remedy:
  description: The smallest change that would help.
  returned: failure
  type: str
"""

import os
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.auth import AUTH_SPEC
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.module import Module
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.task import open_api, reported
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import (
    bounds,
    cluster_read,
    folder_lock,
    run_folder,
    snapshot_rights,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import table
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.gather import failed
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.gather_workloads import DEPTHS, TRAFFIC


def main() -> None:
    module = Module(
        argument_spec={
            **AUTH_SPEC,
            "namespaces": {"type": "list", "elements": "str", "default": []},
            "label_selectors": {"type": "list", "elements": "str", "default": []},
            "field_selectors": {"type": "list", "elements": "str", "default": []},
            "from": {"type": "str"},
            "to": {"type": "str"},
            "page_size": {"type": "int", "default": 500},
            "depth": {"type": "str", "choices": list(DEPTHS), "default": TRAFFIC},
            "record_failure": {"type": "bool", "default": False},
            "dest": {"type": "path"},
            "show": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    with reported(module):
        bounds.check(params, ("page_size", 1, 10_000))
        api = open_api(module)
        try:
            snapshot = cluster_read.read(api, params)
        except ClusterError as error:
            if module.check_mode and error.reason == "forbidden":
                error.data.update(snapshot_rights.check(api, params["depth"], params["namespaces"], {}))
            if module.check_mode or not params["record_failure"]:
                raise
            snapshot = failed(api, error)
        rights: dict[str, t.Any] = {}
        if module.check_mode:
            rights = snapshot_rights.check(api, params["depth"], snapshot.selected, snapshot.api_groups)
        result = {"counts": snapshot.counts()}
        if not params["dest"]:
            result["content"] = snapshot.to_dict()
        elif not module.check_mode:
            folder, name = os.path.split(os.path.abspath(params["dest"]))
            with folder_lock.held(folder if name == run_folder.SNAPSHOT else ""):
                result.update(run_folder.write(params["dest"], snapshot.to_dict()))
    module.exit_json(
        changed=False,
        snapshot=result,
        cluster={"server": snapshot.server, "version": snapshot.version},
        **({"table": table.render(snapshot)} if params["show"] else {}),
        missing=[item.to_dict() for item in snapshot.missing],
        **({"unknown": snapshot.workloads.unknown} if snapshot.workloads else {}),
        **({"failure": snapshot.failure.to_dict()} if snapshot.failure else {}),
        requests=snapshot.requests,
        **rights,
    )


if __name__ == "__main__":
    main()
