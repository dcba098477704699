#!/usr/bin/python
# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: net_probe
short_description: Find out which traffic works between Pods, Services and nodes
version_added: 1.0.0
description:
  - Sends probes from running containers and judges each answer against what the cluster's objects say must happen.
  - All probes of one container travel in B(one) exec and run in parallel inside it, many containers at once.
  - The runner is Python where the container has it, else POSIX sh with the tools that are there. Nothing is installed
    and no object is created, unless O(debug_image) is set.
  - Each cell of the resulting matrix says what happened (outcome), what should have happened (expectation), whether
    that is right (verdict) and why. What could not be seen is V(unknown) with its reason, never V(pass).
author:
  - Kubewire contributors (@kubewire)
extends_documentation_fragment:
  - kubewire.netdebug._auth
  - kubewire.netdebug._names
  - kubewire.netdebug._attributes
  - kubewire.netdebug._attributes.actiongroup_netdebug
attributes:
  async:
    support: full
  check_mode:
    support: full
    details:
      - Takes the snapshot, lays out the plan, and asks the API server for every right that the run needs. Of what
        O(debug_image) would create, one object of each namespace and level is sent as a dry run.
      - Opens no exec and writes nothing. Fails where the run could ask nothing.
      - Is V(changed) where the run may create something.
  diff_mode:
    support: partial
    details:
      - In check mode, shows one of the Pods and ephemeral containers that may be created for each namespace and level.
  idempotent:
    support: full
    details:
      - Modifies no state, unless O(debug_image) is set. The ephemeral containers of an earlier run then serve again.
options:
  snapshot:
    description:
      - File that M(kubewire.netdebug.net_info) wrote. Unset, a snapshot is taken first.
    type: path
  replay:
    description:
      - File C(answers.json) of an earlier run. The answers are taken from it and no cluster is asked.
      - Needs O(snapshot), the one of the same run.
    type: path
  namespaces:
    description:
      - Namespaces to take the snapshot of; unset or empty, all of them. A O(snapshot) of others is refused.
    type: list
    elements: str
    default: []
  label_selectors:
    description:
      - Labels that Pods must have to be in the snapshot, in the words of C(kubectl -l).
    type: list
    elements: str
    default: []
  field_selectors:
    description:
      - Fields that Pods must have to be in the snapshot, such as V(spec.nodeName=w1).
    type: list
    elements: str
    default: []
  from:
    description:
      - Who asks, in one word, where O(sources) would need an entry. With O(to), the run is one question, asked in every
        way in which it can be asked, and no more of the cluster is read than it needs.
      - V(shop/frontend) is the Pod of that name in namespace V(shop), or else the Pods of the workload of that name, at
        most eight of them, on as many nodes as possible.
      - V(deployment/frontend) and V(pod/web-0) say the kind, V(shop/deployment/frontend) the namespace as well. The
        kinds are V(pod), V(deployment), V(statefulset), V(daemonset), V(replicaset), V(replicationcontroller) and
        V(job), and what C(kubectl) calls them for short. Without a namespace, the name is looked up in the one of
        O(namespaces), where that has one entry, else in that of the O(context), else in V(default).
      - V(node/worker1) is a node, V(outside) all of O(outside), V(outside/office) one of these.
      - A name that matches nothing is refused with the nearest ones; one that workloads of two kinds have, with both.
      - Mutually exclusive with O(sources).
    type: str
  to:
    description:
      - What is asked, in one word, where O(targets) would need an entry; with or without C(:PORT), C(:PORT/udp) or the
        name of a port, as in V(ledger.shop:7000). Without a port, each that the target has is asked.
      - V(shop/ledger), V(ledger.shop), V(svc/ledger) and V(ledger.shop.svc.cluster.local) are a Service. It is asked by
        each form of its name, by its addresses, at its node ports on up to eight nodes, at its load balancers, and at
        up to eight endpoints by their own addresses; from outside, through the Ingresses that lead to it as well.
        V(db-0.db.shop) is one endpoint of a headless Service.
      - V(shop/web-0), V(shop/web), V(shop/deployment/web) are a Pod or the Pods of a workload, named as in O(from).
        Where a Service has the same name, C(NAMESPACE/NAME) is the Service.
      - V(node/worker1) is a node, V(ingress/web), V(httproute/web) and V(route/web) are all hosts and paths of one.
      - V(www.shop.example) is the host of an Ingress, HTTPRoute or Route, and where none has it, any name of DNS.
      - V(10.96.0.1:443) and V([fd00::1]:80) are addresses. Whose it is decides what must happen.
      - V(https://www.shop.example/cart) asks for that path, of whatever has the host.
      - Mutually exclusive with O(targets) and O(internet).
    type: str
  sources:
    description:
      - Pods to probe from. Unset, every running Pod of the snapshot.
      - All that is given in an entry must match; an entry that matches no Pod is an error.
    type: list
    elements: dict
    suboptions:
      namespace:
        description: Namespace of the Pods.
        type: str
      pod:
        description: Name of one Pod.
        type: str
      container:
        description:
          - Container to probe from. Unset, the one that the annotation
            C(kubectl.kubernetes.io/default-container) names, else the first.
        type: str
      label_selector:
        description: Labels of the Pods, in the words of C(kubectl -l).
        type: str
      owner:
        description:
          - What owns the Pods, as C(kind/name), such as V(deployment/web), V(statefulset/db) or V(daemonset/agent).
        type: str
      on_node:
        description: Node of the Pods.
        type: str
      query:
        description:
          - JMESPath expression over the snapshot that gives Pods, such as V(pods[?restarts > `3`]). Needs the Python
            package C(jmespath).
        type: str
      node:
        description: Name of a node to probe from, V(*) for all of them.
        type: str
      outside:
        description: Whether to probe from outside the cluster, from all that O(outside) has.
        type: bool
        default: false
      outside_host:
        description: Name of one of O(outside) to probe from, V(*) for all of them.
        type: str
  targets:
    description:
      - What to ask. Unset, every Pod, Service, Ingress and node of the snapshot.
      - Each entry names a O(targets[].service), a O(targets[].ingress), a O(targets[].node), a O(targets[].host), or
        Pods by O(targets[].pod), O(targets[].owner), O(targets[].label_selector) or O(targets[].on_node).
    type: list
    elements: dict
    suboptions:
      namespace:
        description:
          - Namespace of the Pods, the Service or the Ingress.
          - A Service or an Ingress without one is looked for in the only one of O(namespaces), else in the namespace of
            the kubeconfig's context, else in V(default). Where that one has none of the name, the only one of the
            snapshot is meant, and several are an error.
        type: str
      pod:
        description: Name of one Pod.
        type: str
      label_selector:
        description: Labels of the Pods, in the words of C(kubectl -l).
        type: str
      owner:
        description: What owns the Pods, as in O(sources[].owner).
        type: str
      on_node:
        description: Node of the Pods.
        type: str
      query:
        description:
          - JMESPath expression over the snapshot that gives Pods, such as V(pods[?restarts > `3`]). Needs the Python
            package C(jmespath).
        type: str
      service:
        description: Name of a Service.
        type: str
      ingress:
        description: Name of an Ingress, an HTTPRoute or a Route; all its hosts and paths.
        type: str
      node:
        description: Name of a node, V(*) for all of them.
        type: str
      host:
        description: Address or name to ask from every source.
        type: str
      port:
        description: Port of O(targets[].host). Without it, the host is asked by ICMP.
        type: int
      protocol:
        description: Protocol to speak to O(targets[].host). Defaults to V(tcp) with a port and to V(icmp) without.
        type: str
        choices: [icmp, tcp, udp, sctp, http, https, tls, dns, mtu]
      path:
        description: Path of an HTTP request to O(targets[].host).
        type: str
        default: /
  outside:
    description:
      - The machines that the outside of the cluster is seen from in the models V(outside_to_nodeport),
        V(outside_to_loadbalancer) and V(outside_to_ingress), each under a name of its own.
      - An entry with neither O(outside[].answers) nor O(outside[].error) is the machine that the module runs on. An
        empty list leaves the outside out.
      - To ask from another host, copy the file of O(snapshot) there and run the module on it, with that host alone in
        O(outside) and nobody but O(sources[].outside) in O(sources). It then needs Python 3.9 and nothing else, unless
        O(targets[].query) is set. No API server is asked, and no kubeconfig is looked for. The C(answers.json) that it
        writes to O(dest) is what O(outside[].answers) takes. The role P(kubewire.netdebug.connectivity#role) does all
        that.
      - A host whose address is that of a node is not outside, and is reported as not tested.
      - Not used with O(replay), which knows who the outside was.
    type: list
    elements: dict
    default: [{name: controller}]
    suboptions:
      name:
        description: Name of the machine, such as the one in the inventory. The source in the report is C(outside/NAME).
        type: str
        required: true
      answers:
        description:
          - File C(answers.json) of a run on that host, under this name. What it was asked there is not sent again, and
            what it was not is V(unknown).
        type: path
      error:
        description: Why that host could not be asked, for the report.
        type: str
  internet:
    description:
      - Addresses and names that stand for the Internet in V(pod_to_internet). The first name is also asked for by
        V(pod_to_dns).
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: Address or name.
        type: str
        required: true
      port:
        description: Its port. Without it, the host is asked by ICMP.
        type: int
      protocol:
        description: Protocol to speak. Defaults to V(tcp) with a port and to V(icmp) without.
        type: str
        choices: [icmp, tcp, udp, sctp, http, https, tls, dns, mtu]
      path:
        description: Path of an HTTP request.
        type: str
        default: /
  models:
    description:
      - Traffic models to probe. Those of C(node_to_*) need O(debug_image), or Pods with C(hostNetwork) in the snapshot.
      - V(container_to_container) asks the ports of the other containers of the same Pod over loopback.
      - V(pod_to_pod_same_node) and V(pod_to_pod_cross_node) ask Pods by address.
      - V(pod_to_service) asks Services by each form of their name and by address.
      - V(pod_to_self_service) asks the Services that a Pod itself is an endpoint of, until one try has met itself.
      - V(pod_to_headless) compares what DNS says of a headless Service with its endpoints, and asks each of them.
      - V(pod_to_nodeport) asks every node port on every node.
      - V(pod_to_loadbalancer) asks the addresses that load balancers gave to Services.
      - V(pod_to_ingress) asks every host and path of every Ingress, HTTPRoute and OpenShift Route, by name and by
        address.
      - V(pod_to_internet) asks what O(internet) names.
      - V(pod_to_apiserver) asks the API server by name, by address, and each of its instances.
      - V(pod_to_dns) asks each name server of the Pod's C(resolv.conf) by UDP and by TCP.
      - V(node_to_pod), V(node_to_service) and V(node_to_node) ask from the nodes' own network.
      - V(outside_to_nodeport), V(outside_to_loadbalancer) and V(outside_to_ingress) ask from the machine that the
        module runs on and from other hosts, as O(outside) says.
    type: list
    elements: str
    choices:
      - container_to_container
      - pod_to_pod_same_node
      - pod_to_pod_cross_node
      - pod_to_service
      - pod_to_self_service
      - pod_to_headless
      - pod_to_nodeport
      - pod_to_loadbalancer
      - pod_to_ingress
      - pod_to_internet
      - pod_to_apiserver
      - pod_to_dns
      - node_to_pod
      - node_to_service
      - node_to_node
      - outside_to_nodeport
      - outside_to_loadbalancer
      - outside_to_ingress
    default:
      - container_to_container
      - pod_to_pod_same_node
      - pod_to_pod_cross_node
      - pod_to_service
      - pod_to_self_service
      - pod_to_headless
      - pod_to_nodeport
      - pod_to_loadbalancer
      - pod_to_ingress
      - pod_to_internet
      - pod_to_apiserver
      - pod_to_dns
      - node_to_pod
      - node_to_service
      - node_to_node
      - outside_to_nodeport
      - outside_to_loadbalancer
      - outside_to_ingress
  protocols:
    description:
      - Protocols to speak. A port that speaks HTTP by its C(appProtocol), its name or its probes is asked by V(http) or
        V(https) where that is wanted, else by V(tcp); one that speaks DNS by V(dns).
      - V(udp) sends datagrams with a nonce. Only an answer or a refusal says something, so silence is V(unknown) unless
        somebody else got an echo there.
      - V(tls) reads the certificate of a host of an Ingress, Route or HTTPRoute, and judges its dates and its names.
      - V(mtu) looks for the largest packet that passes without fragmentation.
      - V(sctp) is asked where a port declares it and the kernel has it already.
    type: list
    elements: str
    choices: [icmp, tcp, udp, sctp, http, https, tls, dns, mtu]
    default: [icmp, tcp, udp, sctp, http, https, tls, dns, mtu]
  families:
    description:
      - IP families to probe. Each family that source and target share gives cells of its own.
    type: list
    elements: str
    choices: [IPv4, IPv6]
    default: [IPv4, IPv6]
  cluster_domain:
    description:
      - Domain of the cluster's own names.
    type: str
    default: cluster.local
  probe_timeout:
    description:
      - Seconds that one probe waits. Below V(3.1), an address that nobody answers for (V(unreachable_arp)) cannot be
        told from V(timeout). What must have no answer is waited for two seconds at most.
    type: float
    default: 4.0
  expectations:
    description:
      - What must happen, where the cluster's objects do not say it or say something else. It goes before what is
        derived from them; of several entries about one probe, the last counts.
      - A V(deny) is only V(pass) where somebody else got an answer from the same target in the same run.
    type: list
    elements: dict
    default: []
    suboptions:
      expect:
        description: What must happen.
        type: str
        choices: [allow, deny]
        required: true
      from:
        description: Who asks. All that is given must match; unset, everybody.
        type: dict
        suboptions:
          namespace:
            description: Namespace of the Pods.
            type: str
          pod:
            description: Name of one Pod.
            type: str
          owner:
            description: What owns the Pods, as in O(sources[].owner).
            type: str
          label_selector:
            description: Labels of the Pods, in the words of C(kubectl -l).
            type: str
          on_node:
            description: Node of the Pods.
            type: str
          node:
            description: Name of a node, V(*) for all of them.
            type: str
          outside:
            description: Whether it is the outside that asks, any of O(outside).
            type: bool
            default: false
          outside_host:
            description: Name of one of O(outside), V(*) for all of them.
            type: str
      to:
        description: Who is asked. All that is given must match; unset, everybody.
        type: dict
        suboptions:
          namespace:
            description: Namespace of the target.
            type: str
          pod:
            description: Name of one Pod.
            type: str
          owner:
            description: What owns the Pods, as in O(sources[].owner).
            type: str
          label_selector:
            description: Labels of the Pods, in the words of C(kubectl -l).
            type: str
          on_node:
            description: Node of the Pods.
            type: str
          service:
            description: Name of a Service, V(*) for all of them.
            type: str
          ingress:
            description: Name of an Ingress, HTTPRoute or Route, V(*) for all of them.
            type: str
          node:
            description: Name of a node, V(*) for all of them.
            type: str
          host:
            description: Address or name, V(*) for all of them.
            type: str
          port:
            description: Port of the target.
            type: int
          protocol:
            description: Protocol that is spoken.
            type: str
            choices: [icmp, tcp, udp, sctp, http, https, tls, dns, mtu]
      models:
        description: Traffic models that it is about. Unset, all of them.
        type: list
        elements: str
        default: []
      reason:
        description: Why, for the report.
        type: str
  sample:
    description:
      - Which part of a big cluster is asked. The report says how much of it that covers, and how certain that makes.
    type: dict
    default: {}
    suboptions:
      mode:
        description:
          - V(auto) is V(all) where that makes at most 50,000 cells, which are counted before anything is planned.
            Beyond, it is V(ring), with fewer neighbours and then fewer nodes that ask, until it is below. A machine
            outside the cluster asks at most 5,000 cells. Where more than 18 Pods of a node ask each other, each asks
            only some of its own node, since every pair takes two entries of the node's table of neighbours, which
            often holds 1,024. The first line of the report says which share was asked.
          - V(all) asks everybody from everybody, however many cells that makes, at the same pace. Many Pods on one node
            need a longer O(deadline), about 7 minutes for 50 of them.
          - V(ring) puts the nodes on a ring. A Pod of each node asks one Pod of its own and of each of the next
            O(sample.neighbours) nodes, so that every node is asked and asks. Services and Ingresses are shared out.
          - V(random) takes any O(sample.neighbours) nodes in place of the next ones.
        type: str
        choices: [auto, all, ring, random]
        default: auto
      neighbours:
        description: Nodes that each node asks beside itself.
        type: int
        default: 3
      seed:
        description: Another one gives another ring. The same seed gives the same questions.
        type: str
        default: kubewire
  limit:
    description:
      - The most cells that a run may have, V(0) for no limit. Each source then asks the same share of its questions,
        and the report counts what was left out.
    type: int
    default: 0
  rerun_failed:
    description:
      - File C(report.json) of an earlier run. Only its cells that were V(fail), V(unexpected_open) or V(unknown) are
        asked again, with the cells that were their positive controls.
    type: path
  tries:
    description:
      - How often each question is asked, V(1) to V(100). With more than one, the evidence of a cell has the tries that
        were C(sent) and C(received) and the C(percentiles) of their latency.
    type: int
    default: 1
  deadline:
    description:
      - Seconds for all probes together. What has no answer by then is V(unknown); everything else is kept.
    type: float
    default: 120.0
  concurrency:
    description:
      - Containers to probe from at once, V(1) to V(32).
    type: int
    default: 32
  debug_image:
    description:
      - Image with a shell or Python, for containers whose own image has neither, or not the tool for a probe. Their
        probes are sent from the least of O(debug_levels) that can. Unset, the cells of such containers are V(unknown).
      - A container that has a shell and no Python is spared more than a hundred probes, since a shell starts several
        processes for each.
      - The models C(node_to_*) use it for a Pod on each node, in O(debug_namespace), that is removed at the end.
    type: str
  debug_levels:
    description:
      - Where a container that cannot ask finds help, tried in this order. Where all fail, its cells say why. The report
        says for each source, and for each cell that differs from it, at which level it was asked.
      - V(pod) is an ephemeral container, which shares the Pod's network. It takes the rights to C(list) and
        C(watch) C(pods) and to C(patch) C(pods/ephemeralcontainers), which the built-in roles C(edit) and C(admin) do
        not have. It ends itself after ten minutes at the least, and one that still runs serves again. Kubernetes can
        neither stop nor remove it, so it is in RV(left). Where the Pod's memory has a limit, it also sees the processes
        of the container (C(targetContainerName)), to take no more than they leave.
      - V(namespace) is a Pod of the same namespace on the same node, with the labels that NetworkPolicies select the
        source by and no other, and its DNS settings. It never becomes ready, so that no Service sends it traffic, and
        is removed at the end. It has an address of its own and so does not ask what a Pod asks itself. There is none
        where policies could not be read or are of kinds that are not evaluated, where a DaemonSet or a ReplicaSet
        without Deployment could take it for its own, or a Service publishes addresses that are not ready.
      - V(node) is a privileged Pod in O(debug_namespace) on the source's node, that enters the source's own network
        namespace (C(nsenter)) with its C(resolv.conf) and C(hosts). The image needs a shell, C(nsenter) and
        C(unshare). It is removed at the end.
    type: list
    elements: str
    choices: [pod, namespace, node]
    default: [pod, namespace, node]
  debug_profile:
    description:
      - What the containers of the levels V(pod) and V(namespace) may do, in the words of C(kubectl debug --profile).
      - With V(restricted), the image must run as a user that is a number and not root.
    type: str
    choices: [restricted, baseline]
    default: restricted
  debug_namespace:
    description:
      - Namespace of the Pods on nodes. It must admit C(hostNetwork), so Pod Security Admission may enforce no more than
        C(privileged) there.
    type: str
    default: default
  progress:
    description:
      - File that gets a line for each source that is done, and V(done) at the end. It is appended to, with mode
        C(0600) where it is new.
      - Unset, these lines are shown while the task runs, also under C(async) with a C(poll), as long as the module runs
        on the controller.
    type: path
  dest:
    description:
      - Folder to write C(report.json) and C(answers.json) to, with mode C(0600); C(snapshot.json) too where the module
        took it itself.
      - It is refused while another playbook, or another task, writes there.
      - Without it, the cells are in RV(cells).
    type: path
seealso:
  - module: kubewire.netdebug.ephemeral_attach
  - module: kubewire.netdebug.net_info
  - module: kubewire.netdebug.net_report
"""

EXAMPLES = r"""
- name: Probe everything in one namespace
  kubewire.netdebug.net_probe:
    namespaces: [shop]
  register: probe

- name: Ask one question, in every way in which it can be asked
  kubewire.netdebug.net_probe:
    from: shop/frontend
    to: ledger.shop:7000
  register: probe

- name: Ask one Service from the Pods of one Deployment, and the way out of the cluster
  kubewire.netdebug.net_probe:
    namespaces: [shop]
    sources:
      - namespace: shop
        label_selector: app=frontend
    targets:
      - namespace: shop
        service: api
      - host: www.example.com
        port: 443
        protocol: https
  register: probe

- name: Probe from Pods without a shell, too
  kubewire.netdebug.net_probe:
    namespaces: [shop]
    debug_image: registry.example.com/debug:1
  register: probe

- name: Take a snapshot for a host outside the cluster
  kubewire.netdebug.net_info:
    namespaces: [shop]
    dest: /var/tmp/kubewire/snapshot.json

- name: Copy it
  ansible.builtin.copy:
    src: /var/tmp/kubewire/snapshot.json
    dest: /var/tmp/kubewire/outside/
    mode: "0600"
  delegate_to: office

- name: Ask from that host
  kubewire.netdebug.net_probe:
    snapshot: /var/tmp/kubewire/outside/snapshot.json
    sources: [{outside: true}]
    outside: [{name: office}]
    dest: /var/tmp/kubewire/outside
  delegate_to: office

- name: Fetch its answers
  ansible.builtin.fetch:
    src: /var/tmp/kubewire/outside/answers.json
    dest: /var/tmp/kubewire/office/
    flat: true
  delegate_to: office

- name: Judge in one matrix what the controller and that host see of the shop, where both must reach the frontend
  kubewire.netdebug.net_probe:
    namespaces: [shop]
    outside:
      - name: controller
      - name: office
        answers: /var/tmp/kubewire/office/answers.json
    expectations:
      - expect: allow
        from: {outside_host: office}
        to: {namespace: shop, service: frontend-nodeport}
  register: probe

- name: Fail where the matrix is not clean
  ansible.builtin.assert:
    that: probe.summary.fail == 0 and probe.summary.unexpected_open == 0
    fail_msg: "{{ probe.failures }}"
"""

RETURN = r"""
summary:
  description: How many cells have which verdict, in all and by traffic model.
  returned: success
  type: dict
  sample: {"cells": 120, "pass": 118, "fail": 1, "unexpected_open": 0, "unknown": 1, "skipped": 0}
verdict:
  description: The verdict of the run in one clause, as the report begins with it.
  returned: when check mode is off
  type: str
  sample: 1 of 120 checks failed, 1 unknown, 2 models not tested
not_tested:
  description: How many things could have been asked and were not; the report names them in its C(not_tested).
  returned: success
  type: int
  sample: 2
failures:
  description: One line for each cell whose verdict is V(fail) or V(unexpected_open), at most fifty.
  returned: success
  type: list
  elements: str
cells:
  description: The judged probes.
  returned: when O(dest) is not set and check mode is off
  type: list
  elements: dict
report:
  description: The file C(report.json), with its C(path), C(sha256) and C(size).
  returned: when O(dest) is set and check mode is off
  type: dict
plan:
  description:
    - How many C(sources), C(targets), C(cells) and C(execs) the run has.
    - C(all_cells) is about how many cells O(sample.mode=all) would have, where O(sample.mode=auto) asks fewer.
  returned: success
  type: dict
  sample: {"sources": 6, "targets": 14, "cells": 120, "execs": 6}
authorisation:
  description:
    - Every right that the run needs, and whether the API server allows it. Without RV(authorisation[].allowed) for
      V(exec) a namespace cannot be probed from; without the others a part of the run is V(unknown) or not tested.
  returned: in check mode
  type: list
  elements: dict
  contains:
    namespace:
      description: Where the right is needed; empty for the whole cluster.
      returned: always
      type: str
    api_group:
      description: API group of the resource; empty for the core group.
      returned: always
      type: str
    resource:
      description: Resource and subresource, as a Role names them.
      returned: always
      type: str
    verb:
      description: Verb, as a Role names it.
      returned: always
      type: str
    purpose:
      description:
        - What it is for. V(snapshot) reads the cluster, V(exec) probes from containers, V(ephemeral_container) and
          V(debug_pod) are for what O(debug_image) creates.
      returned: always
      type: str
    allowed:
      description: Whether the API server allows it (C(SelfSubjectAccessReview)).
      returned: always
      type: bool
  sample:
    - {namespace: shop, api_group: "", resource: pods/exec, verb: create, purpose: exec, allowed: true}
role:
  description:
    - YAML of the smallest Roles and ClusterRoles that grant the rights that are not allowed, each with the command that
      binds it as a comment. Empty where all are allowed.
  returned: in check mode
  type: str
creates:
  description: What the run may create, one entry for each kind, namespace and level.
  returned: in check mode
  type: list
  elements: dict
  contains:
    kind:
      description: V(EphemeralContainer) or V(Pod).
      returned: always
      type: str
    namespace:
      description: Where.
      returned: always
      type: str
    level:
      description: The level of O(debug_levels) that it is for, V(node) for the Pods that nodes ask from as well.
      returned: always
      type: str
    most:
      description: How many there are at most.
      returned: always
      type: int
    always:
      description: Whether all of them are created, as for nodes, or only those that a container cannot do without.
      returned: always
      type: bool
    allowed:
      description: Whether the rights to create them are there.
      returned: always
      type: bool
    nodes:
      description: On which nodes, where there is one for each.
      returned: for level V(node)
      type: list
      elements: str
    manifest:
      description: One of them, as it would be sent, without the values of environment variables.
      returned: when it is allowed, for the first twenty entries
      type: dict
    refusal:
      description: Why the API server would not take it, such as Pod Security.
      returned: when it would refuse
      type: str
    remedy:
      description: The smallest change that would help.
      returned: when it would refuse
      type: str
text:
  description:
    - Plan, rights and what would be created for people to read, in 80 columns. It is shown on the terminal.
  returned: in check mode
  type: str
left:
  description:
    - The ephemeral containers of ours in the Pods that O(debug_image) was for, and C(until) when they run. Pods for
      nodes are only in it where they could not be removed; the cluster ends them.
  returned: success
  type: list
  elements: dict
  sample:
    - kind: EphemeralContainer
      namespace: shop
      name: api-7d9c/kubewire-0f3c1a2b
      state: running
      until: "2026-11-21T12:30:00Z"
      reason: ends by itself; the API has no way to stop or remove it
requests:
  description: How many C(api) requests and C(exec) streams the run took, the snapshot's included.
  returned: success
  type: dict
  sample: {"api": 10, "exec": 6}
reason:
  description: One word for what went wrong, such as V(forbidden), V(unreachable) or V(bad_input).
  returned: failure
  type: str
remedy:
  description: The smallest change that would help.
  returned: failure
  type: str
"""

import json
import sys
import typing as t

if sys.version_info < (3, 9):  # noqa: UP036 - what follows cannot even be imported
    _WHY = f"net_probe needs Python 3.9 or newer; {sys.executable} is Python {sys.version.split()[0]}"
    sys.stdout.write(json.dumps({"failed": True, "msg": _WHY, "reason": "python", "remedy": "", "changed": False}))
    raise SystemExit(1)


from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.auth import AUTH_SPEC
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.ladder import Partial, interrupted, reported
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.module import Module
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.task import open_api
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample import MODES as SAMPLES
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import folder_lock
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.net_probe import SELECTION, ProbeRun
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.probe_check import Check
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.probe_options import INNER_NAMES
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.vantage_points import LEVELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.ephemeral_containers import PROFILES


def _strings(default: t.Sequence[str] = (), choices: t.Sequence[str] | None = None) -> dict[str, t.Any]:
    spec: dict[str, t.Any] = {"type": "list", "elements": "str", "default": list(default)}
    return {**spec, "choices": list(choices)} if choices else spec


def argument_spec() -> dict[str, t.Any]:
    text: dict[str, t.Any] = {"type": "str"}
    ends = {"namespace": text, "pod": text, "owner": text, "label_selector": text, "on_node": text}
    pods = {**ends, "query": text}
    host = {
        "host": text,
        "port": {"type": "int"},
        "protocol": {"type": "str", "choices": list(_words.PROTOCOLS)},
        "path": {"type": "str", "default": "/"},
    }
    outside = {"outside": {"type": "bool", "default": False}, "outside_host": text}
    named = ("service", "ingress", "node", "host", "pod")
    return {
        **AUTH_SPEC,
        "snapshot": {"type": "path"},
        "replay": {"type": "path"},
        **{name: _strings() for name in SELECTION},
        "from": text,
        "to": text,
        "sources": {
            "type": "list",
            "elements": "dict",
            "options": {**pods, "container": text, "node": text, **outside},
        },
        "targets": {
            "type": "list",
            "elements": "dict",
            "options": {**pods, **host, "service": text, "ingress": text, "node": text},
            "mutually_exclusive": [named],
            "required_one_of": [(*named, "owner", "label_selector", "on_node", "namespace")],
        },
        "outside": {
            "type": "list",
            "elements": "dict",
            "default": [{"name": "controller"}],
            "options": {"name": {"type": "str", "required": True}, "answers": {"type": "path"}, "error": text},
            "mutually_exclusive": [("answers", "error")],
        },
        "internet": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {**host, "host": {"type": "str", "required": True}},
        },
        "models": _strings(tuple(_words.MODELS), tuple(_words.MODELS)),
        "protocols": _strings(_words.PROTOCOLS, _words.PROTOCOLS),
        "families": _strings(_words.FAMILIES, _words.FAMILIES),
        "cluster_domain": {"type": "str", "default": "cluster.local"},
        "probe_timeout": {"type": "float", "default": 4.0},
        "expectations": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "expect": {"type": "str", "choices": ["allow", "deny"], "required": True},
                "from": {"type": "dict", "options": {**ends, "node": text, **outside}},
                "to": {
                    "type": "dict",
                    "options": {
                        **ends,
                        **dict.fromkeys(("service", "ingress", "node", "host"), text),
                        "port": host["port"],
                        "protocol": host["protocol"],
                    },
                },
                "models": _strings(),
                "reason": text,
            },
        },
        "sample": {
            "type": "dict",
            "default": {},
            "apply_defaults": True,
            "options": {
                "mode": {"type": "str", "choices": list(SAMPLES), "default": SAMPLES[0]},
                "neighbours": {"type": "int", "default": 3},
                "seed": {"type": "str", "default": "kubewire"},
            },
        },
        "limit": {"type": "int", "default": 0},
        "rerun_failed": {"type": "path"},
        "tries": {"type": "int", "default": 1},
        "deadline": {"type": "float", "default": 120.0},
        "concurrency": {"type": "int", "default": 32},
        "debug_image": {"type": "str"},
        "debug_profile": {"type": "str", "choices": list(PROFILES), "default": PROFILES[0]},
        "debug_levels": {"type": "list", "elements": "str", "choices": list(LEVELS), "default": list(LEVELS)},
        "debug_namespace": {"type": "str", "default": "default"},
        "progress": {"type": "path"},
        "dest": {"type": "path"},
    }


def check(module: Module, run: ProbeRun, partial: Partial) -> t.NoReturn:
    checked = Check(run)
    checked.make_plan()
    checked.authorise()
    checked.forecast()
    partial.result = checked.result
    checked.assert_asks()
    module.exit_json(**checked.result(module._diff))


def main() -> None:
    module = Module(
        argument_spec=argument_spec(),
        inner_names=INNER_NAMES,
        required_by={"replay": ("snapshot",)},
        supports_check_mode=True,
    )
    with reported(module) as partial:
        run = ProbeRun(module.params, module.ansible_version)
        if run.needs_api:
            run.api = open_api(module)
        if module.check_mode:
            check(module, run, partial)
        with folder_lock.held(module.params["dest"]):
            run.make_plan()
            run.probe()
            result = run.keep()
    if run.interrupted:
        interrupted(module, run.interrupted, {**run.result(), **result})
    module.exit_json(**run.result(), **result)


if __name__ == "__main__":
    main()
