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
  - Sends probes from running containers and compares each outcome with the expectation derived from the cluster's
    objects.
  - All probes of one container are sent in B(one) exec and run in parallel inside it, in many containers at once.
  - The runner is Python if the container has it, otherwise POSIX sh with the tools of the image. Nothing is installed
    and no object is created, unless O(debug_image) is set.
  - Each cell of the resulting matrix has an outcome, an expectation, a verdict and a reason. What could not be
    observed is V(unknown) with its reason, never V(pass).
  - What fails is probed again. What loses more than the rest of the run is measured with at most 800 packets or 50
    connections, and has the verdict V(fail) and its rate if that was no chance.
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
      - Takes the snapshot, makes the plan, and checks every right that the run needs (SelfSubjectAccessReview). Of the
        objects that O(debug_image) would create, one for each namespace and level is sent as a server-side dry run.
        With O(echo), the namespace is, and the plan is made as if the Pods and Services were there.
      - Opens no exec and writes nothing. Fails if the run could send no probe.
      - Returns C(changed) if the run may create an object.
  diff_mode:
    support: partial
    details:
      - In check mode, shows one Pod or ephemeral container of those that may be created for each namespace and level.
  idempotent:
    support: full
    details:
      - Modifies no state, unless O(debug_image) is set. Ephemeral containers of an earlier run are then reused.
options:
  snapshot:
    description:
      - File that M(kubewire.netdebug.net_info) wrote. If not set, the module takes a snapshot first.
    type: path
  replay:
    description:
      - File C(answers.json) of an earlier run. Its answers are judged again; no request is sent to the cluster.
      - Requires O(snapshot) of the same run.
    type: path
  namespaces:
    description:
      - Namespaces to include in the snapshot. If empty, all namespaces are included. An O(snapshot) of other
        namespaces is an error.
    type: list
    elements: str
    default: []
  label_selectors:
    description:
      - Label selectors of the Pods to include in the snapshot, in the syntax of C(kubectl -l).
    type: list
    elements: str
    default: []
  field_selectors:
    description:
      - Field selectors of the Pods to include in the snapshot, such as V(spec.nodeName=w1).
    type: list
    elements: str
    default: []
  from:
    description:
      - Source of the probes as one word, in place of O(sources). If O(to) is set as well, only this connection is
        probed, in every possible way, and only the objects that are needed for it are read.
      - V(shop/frontend) is the Pod V(frontend) in the namespace V(shop). If there is no such Pod, it is up to eight
        Pods of the workload V(frontend), on as many nodes as possible.
      - V(deployment/frontend) and V(pod/web-0) include the kind, V(shop/deployment/frontend) also the namespace. The
        kinds are V(pod), V(deployment), V(statefulset), V(daemonset), V(replicaset), V(replicationcontroller) and
        V(job), and their short names in C(kubectl). Without a namespace, the name is looked up in O(namespaces) if it
        has exactly one entry, otherwise in the namespace of O(context), otherwise in V(default).
      - V(node/worker1) is a node, V(outside) all entries of O(outside), V(outside/office) one of them.
      - A name that matches nothing is an error that lists similar names. A name that workloads of two kinds share is
        an error that lists both.
      - Mutually exclusive with O(sources).
    type: str
  to:
    description:
      - Target of the probes as one word, in place of O(targets), optionally with C(:PORT), C(:PORT/udp) or the name of
        a port, as in V(ledger.shop:7000). Without a port, each port of the target is probed.
      - V(shop/ledger), V(ledger.shop), V(svc/ledger) and V(ledger.shop.svc.cluster.local) are a Service. It is probed
        by each form of its name, by its addresses, by its node ports on up to eight nodes, by its load balancer
        addresses, and at the addresses of up to eight endpoints. Sources outside the cluster also use the Ingresses
        that route to it. V(db-0.db.shop) is one endpoint of a headless Service.
      - V(shop/web-0), V(shop/web), V(shop/deployment/web) are a Pod or the Pods of a workload, named as in O(from).
        If a Service has the same name, C(NAMESPACE/NAME) is the Service.
      - V(node/worker1) is a node. V(ingress/web), V(httproute/web) and V(route/web) are all hosts and paths of that
        object.
      - V(www.shop.example) is a host of an Ingress, HTTPRoute or Route, or any other DNS name.
      - V(10.96.0.1:443) and V([fd00::1]:80) are addresses. The expectation is derived from the object that has the
        address.
      - V(https://www.shop.example/cart) is one path of a host.
      - Mutually exclusive with O(targets) and O(internet).
    type: str
  sources:
    description:
      - Pods to probe from. If not set, every running Pod of the snapshot.
      - A Pod must match all keys of an entry. An entry that matches no Pod is an error.
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
          - Container to probe from. Defaults to the one that the annotation
            C(kubectl.kubernetes.io/default-container) names, otherwise to the first.
        type: str
      label_selector:
        description: Label selector of the Pods, in the syntax of C(kubectl -l).
        type: str
      owner:
        description:
          - Owner of the Pods, as C(kind/name), such as V(deployment/web), V(statefulset/db) or V(daemonset/agent).
        type: str
      on_node:
        description: Node of the Pods.
        type: str
      query:
        description:
          - JMESPath expression over the snapshot that returns Pods, such as V(pods[?restarts > `3`]). Requires the
            Python package C(jmespath).
        type: str
      node:
        description: Name of a node to probe from, or V(*) for all nodes.
        type: str
      outside:
        description: Whether to probe from outside the cluster, from all entries of O(outside).
        type: bool
        default: false
      outside_host:
        description: Name of the entry of O(outside) to probe from, or V(*) for all entries.
        type: str
  targets:
    description:
      - Targets to probe. If not set, every Pod, Service, Ingress and node of the snapshot.
      - Each entry selects a O(targets[].service), a O(targets[].ingress), a O(targets[].node), a O(targets[].host), or
        Pods by O(targets[].pod), O(targets[].owner), O(targets[].label_selector) or O(targets[].on_node).
    type: list
    elements: dict
    suboptions:
      namespace:
        description:
          - Namespace of the Pods, the Service or the Ingress.
          - Without it, a Service or an Ingress is looked up in O(namespaces) if it has exactly one entry, otherwise in
            the namespace of the kubeconfig's context, otherwise in V(default). If it is not there, the only object of
            that name in the snapshot is used; several are an error.
        type: str
      pod:
        description: Name of one Pod.
        type: str
      label_selector:
        description: Label selector of the Pods, in the syntax of C(kubectl -l).
        type: str
      owner:
        description: Owner of the Pods, as in O(sources[].owner).
        type: str
      on_node:
        description: Node of the Pods.
        type: str
      query:
        description:
          - JMESPath expression over the snapshot that returns Pods, such as V(pods[?restarts > `3`]). Requires the
            Python package C(jmespath).
        type: str
      service:
        description: Name of a Service.
        type: str
      ingress:
        description: Name of an Ingress, an HTTPRoute or a Route. All its hosts and paths are probed.
        type: str
      node:
        description: Name of a node, or V(*) for all nodes.
        type: str
      host:
        description: Address or DNS name to probe from every source.
        type: str
      port:
        description: Port of O(targets[].host). Without it, the host is probed by ICMP.
        type: int
      protocol:
        description: Protocol for O(targets[].host). Defaults to V(tcp) with a port and to V(icmp) without.
        type: str
        choices: [icmp, tcp, udp, sctp, http, https, tls, dns, mtu]
      path:
        description: Path of an HTTP request to O(targets[].host).
        type: str
        default: /
  outside:
    description:
      - Machines outside the cluster that are the sources of the models V(outside_to_nodeport),
        V(outside_to_loadbalancer) and V(outside_to_ingress).
      - An entry with neither O(outside[].answers) nor O(outside[].error) is the machine that the module runs on. With
        an empty list, nothing is probed from outside the cluster.
      - To probe from another host, copy the file of O(snapshot) to it and run the module there, with this host as the
        only entry of O(outside), and O(sources[].outside) as the only entry of O(sources). The host requires only
        Python 3.9, unless O(targets[].query) is set. It sends no request to the API server and needs no kubeconfig.
        Set O(outside[].answers) to the C(answers.json) that it writes to O(dest). The role
        P(kubewire.netdebug.connectivity#role) does all of this.
      - A host that has the address of a node is not outside the cluster, and is reported as not tested.
      - Ignored with O(replay), since the answers contain the sources outside the cluster.
    type: list
    elements: dict
    default: [{name: controller}]
    suboptions:
      name:
        description: Name of the machine, such as its inventory name. The source in the report is C(outside/NAME).
        type: str
        required: true
      answers:
        description:
          - File C(answers.json) of a run on that host, under this name. Its probes are not sent again. Probes that it
            does not contain are V(unknown).
        type: path
      error:
        description: Reason why the host could not send probes, for the report.
        type: str
  internet:
    description:
      - Addresses and names on the Internet that V(pod_to_internet) probes. V(pod_to_dns) also looks up the first name.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: Address or name.
        type: str
        required: true
      port:
        description: Port of the host. Without it, the host is probed by ICMP.
        type: int
      protocol:
        description: Protocol of the probe. Defaults to V(tcp) with a port and to V(icmp) without.
        type: str
        choices: [icmp, tcp, udp, sctp, http, https, tls, dns, mtu]
      path:
        description: Path of an HTTP request.
        type: str
        default: /
  models:
    description:
      - Traffic models to probe. The models C(node_to_*) require O(debug_image), or Pods with C(hostNetwork) in the
        snapshot.
      - V(container_to_container) probes the ports of the other containers of the same Pod over loopback.
      - V(pod_to_pod_same_node) and V(pod_to_pod_cross_node) probe Pods by address.
      - V(pod_to_service) probes Services by each form of their name and by address.
      - V(pod_to_self_service) probes the Services that select the Pod, repeated until the Pod reaches itself.
      - V(pod_to_headless) compares the DNS answer for a headless Service with its endpoints, and probes each endpoint.
      - V(pod_to_nodeport) probes every node port on every node.
      - V(pod_to_loadbalancer) probes the load balancer addresses of Services.
      - V(pod_to_ingress) probes every host and path of every Ingress, HTTPRoute and OpenShift Route, by name and by
        address. Of GRPCRoutes, and of entries whose Service port says C(grpc), it calls the method; an answer by gRPC
        proves the path, whatever its status. Of TLSRoutes, TCPRoutes and UDPRoutes it probes the connection
        alone.
      - V(pod_to_internet) probes the entries of O(internet).
      - V(pod_to_apiserver) probes the API server by name, by address, and each of its instances.
      - V(pod_to_dns) queries each name server of the Pod's C(resolv.conf) over UDP and over TCP. Pods whose
        C(dnsPolicy) does not use the cluster's DNS are not probed for names of Services in any model; of their name
        servers any answer counts.
      - V(node_to_pod), V(node_to_service) and V(node_to_node) send probes from the network of the nodes.
      - V(outside_to_nodeport), V(outside_to_loadbalancer) and V(outside_to_ingress) send probes from the entries of
        O(outside).
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
      - Protocols to probe with. A port that is HTTP by its C(appProtocol), its name or its health checks is probed with
        V(http) or V(https) if selected here, otherwise with V(tcp). A DNS port is probed with V(dns).
      - V(udp) sends datagrams with a nonce. No answer is V(unknown), unless another source received an echo from the
        target.
      - V(tls) reads the certificate of a host of an Ingress, Route or HTTPRoute, and checks its dates and its names.
      - V(mtu) finds the largest packet that passes without fragmentation.
      - V(sctp) is used if a port declares it and the kernel has loaded it already.
    type: list
    elements: str
    choices: [icmp, tcp, udp, sctp, http, https, tls, dns, mtu]
    default: [icmp, tcp, udp, sctp, http, https, tls, dns, mtu]
  families:
    description:
      - IP families to probe. Each family that source and target share has its own cells.
    type: list
    elements: str
    choices: [IPv4, IPv6]
    default: [IPv4, IPv6]
  cluster_domain:
    description:
      - DNS domain of the cluster. Where the search list in the C(resolv.conf) of a source has another one, names are
        probed in that domain from there.
    type: str
    default: cluster.local
  probe_timeout:
    description:
      - Timeout of one probe in seconds. Below V(3.1), an unresolved neighbour (V(unreachable_arp)) cannot be
        distinguished from V(timeout). Probes that are expected to be denied time out after at most two seconds.
    type: float
    default: 4.0
  expectations:
    description:
      - Expectations that override those derived from the cluster's objects. If several entries match a probe, the last
        one is used.
      - A V(deny) is V(pass) only if another source reached the target in the same run.
    type: list
    elements: dict
    default: []
    suboptions:
      expect:
        description: The expectation.
        type: str
        choices: [allow, deny]
        required: true
      from:
        description: Source of the probe, which must match all keys. If not set, every source matches.
        type: dict
        suboptions:
          namespace:
            description: Namespace of the Pods.
            type: str
          pod:
            description: Name of one Pod.
            type: str
          owner:
            description: Owner of the Pods, as in O(sources[].owner).
            type: str
          label_selector:
            description: Label selector of the Pods, in the syntax of C(kubectl -l).
            type: str
          on_node:
            description: Node of the Pods.
            type: str
          node:
            description: Name of a node, or V(*) for all nodes.
            type: str
          outside:
            description: Whether the source is outside the cluster, any entry of O(outside).
            type: bool
            default: false
          outside_host:
            description: Name of an entry of O(outside), or V(*) for all entries.
            type: str
      to:
        description: Target of the probe, which must match all keys. If not set, every target matches.
        type: dict
        suboptions:
          namespace:
            description: Namespace of the target.
            type: str
          pod:
            description: Name of one Pod.
            type: str
          owner:
            description: Owner of the Pods, as in O(sources[].owner).
            type: str
          label_selector:
            description: Label selector of the Pods, in the syntax of C(kubectl -l).
            type: str
          on_node:
            description: Node of the Pods.
            type: str
          service:
            description: Name of a Service, or V(*) for all Services.
            type: str
          ingress:
            description: Name of an Ingress, HTTPRoute or Route, or V(*) for all of them.
            type: str
          node:
            description: Name of a node, or V(*) for all nodes.
            type: str
          host:
            description: Address or DNS name, or V(*) for all hosts.
            type: str
          port:
            description: Port of the target.
            type: int
          protocol:
            description: Protocol of the probe.
            type: str
            choices: [icmp, tcp, udp, sctp, http, https, tls, dns, mtu]
      models:
        description: Traffic models that the entry applies to. If empty, all models.
        type: list
        elements: str
        default: []
      reason:
        description: Reason for the expectation, for the report.
        type: str
  sample:
    description:
      - Which part of a large cluster is probed. The report shows the coverage and the resulting confidence.
    type: dict
    default: {}
    suboptions:
      mode:
        description:
          - V(auto) is V(all) up to O(sample.max_cells) and O(sample.max_execs), which are counted before the plan is
            made. Above that, each object is probed once, in this order until a limit is met - every node is a source
            and a target, every Service, every host of an Ingress or route, every workload is a source and a target.
            These are one probe for each target and model first, then all probes of the same targets, then more pairs of
            sources and targets.
          - With V(auto), the run is also limited to what its sources can probe in O(deadline), as far as that can be
            estimated in advance, so that a longer O(deadline) allows more. Check mode shows the estimate.
          - With V(auto), a machine outside the cluster probes at most a tenth of O(sample.max_cells). If more than 18
            Pods on a node probe each other, each probes only some Pods on its own node, since every pair takes two
            entries of the node's neighbour table, which often holds 1,024.
          - With V(auto), the first line of the report shows the share that was probed, and the upper bound of the 95 %
            confidence interval for broken pairs of nodes. If both O(from) and O(to) are set, V(auto) is V(all).
          - V(all) probes every target from every source, without a limit on the cells and at the same rate. Many Pods
            on one node need a longer O(deadline), about 7 minutes for 50 Pods.
          - V(ring) arranges the nodes in a ring. A Pod of each node probes one Pod of its own node and of each of the
            next O(sample.neighbours) nodes, so that every node is a source and a target. Services and Ingresses are
            distributed among the nodes.
          - V(random) selects O(sample.neighbours) random nodes instead of the next ones.
        type: str
        choices: [auto, all, ring, random]
        default: auto
      neighbours:
        description: Number of other nodes that each node probes in the modes V(ring) and V(random).
        type: int
        default: 3
      seed:
        description: Seed of the sample. The same seed selects the same probes.
        type: str
        default: kubewire
      max_cells:
        description: Maximum number of cells in the mode V(auto).
        type: int
        default: 25000
      max_execs:
        description:
          - Maximum number of sources in the mode V(auto), with one exec each.
          - If not set, it is 500, or the number of nodes with a source plus 100 if that is more.
        type: int
  limit:
    description:
      - Maximum number of cells of a run, or V(0) for no limit. Each source then sends the same share of its probes, and
        the report counts those that were left out. Each source sends at least one, unless there are more sources than
        O(limit); then some of the sources send one each.
    type: int
    default: 0
  rerun_failed:
    description:
      - File C(report.json) of an earlier run. Only its cells that were V(fail), V(unexpected_open) or V(unknown), and
        their positive controls, are probed again.
    type: path
  follow_up:
    description:
      - Whether to ask further where a probe fails or a Pod is not ready, so that M(kubewire.netdebug.net_diagnose) can
        tell possible causes apart. The answers are the C(follow_ups) of the report, and no cells of the matrix.
      - Each endpoint of a Service at its own address and target port, the sockets that listen in a Pod, the probes of
        the kubelet (as they are, and with one part changed), each name server of a Pod alone, each domain of its search
        list, the backend of an Ingress, a port that answers only some tries, and what another Pod on the same node
        gets.
      - At most 32 questions in two rounds of 6 seconds together. Each is asked from where the source was probed; the
        sockets of a Pod need C(create pods/exec) in its namespace.
    type: bool
    default: false
    version_added: 1.0.0
  depth:
    description:
      - What of the workloads the snapshot that the module takes contains, as in
        O(kubewire.netdebug.net_info#module:depth). Not used with O(snapshot).
      - With another value than V(traffic), C(snapshot.json) is written to O(dest) before anything is probed, even if
        the cluster cannot be read, and C(report.json) of an earlier run is removed.
        M(kubewire.netdebug.net_diagnose) then tells why nothing can be probed.
    type: str
    choices: [traffic, workloads, all]
    default: traffic
    version_added: 1.0.0
  probe_missing:
    description:
      - Whether to probe a Service of O(to) that does not exist, or does not have the port, by its name as its clients
        do, so that M(kubewire.netdebug.net_diagnose) can say what is missing. If V(false), the task fails.
    type: bool
    default: false
    version_added: 1.0.0
  echo:
    description:
      - Whether to create something to probe, for a cluster that has no workloads yet. One Pod on each node answers
        HTTP, TCP and UDP, and is selected by a Service of each kind (ClusterIP, headless, NodePort, LoadBalancer), an
        C(ExternalName) Service and an Ingress of each IngressClass.
      - They are in a namespace of the run's own, V(kubewire-RUN_ID), which enforces the Pod Security level of
        O(debug_profile). Only this namespace is probed, and O(namespaces) if it is not empty.
      - The namespace is removed at the end with everything in it. If the module is killed, the cluster removes it
        four minutes after O(deadline). For that, it belongs to a PersistentVolume without storage, which is
        removed as well.
      - A load balancer or an Ingress that has no address after 20 seconds is removed again and reported as not tested.
        On a cloud, a Service of the type C(LoadBalancer) may create a load balancer that has a price.
      - At most 200 Pods are created, on nodes that are distributed evenly. SCTP, and TLS to the Pods, are not covered.
      - Requires O(debug_image), with a shell and with Python or BusyBox, which does not answer over UDP.
      - Mutually exclusive with O(snapshot), O(replay), O(rerun_failed), O(from), O(to), O(label_selectors) and
        O(field_selectors).
    type: bool
    default: false
    version_added: 1.0.0
  tries:
    description:
      - Number of tries of each probe, V(1) to V(100). With more than one, the evidence of a cell contains the tries
        C(sent) and C(received), and the C(percentiles) of the latency.
      - Some probes between nodes and of Services with several endpoints are always sent more often, so that faults that
        come and go are found.
    type: int
    default: 1
  deadline:
    description:
      - Deadline of all probes together in seconds. Probes without an answer by then are V(unknown).
      - In a large cluster, it also limits what is probed, see O(sample.mode).
    type: float
    default: 120.0
  concurrency:
    description:
      - Number of containers to probe from at the same time, V(1) to V(32).
    type: int
    default: 32
  debug_image:
    description:
      - Image with a shell or Python, for containers whose own image has neither, or lacks the tool for a probe. Their
        probes are sent from the first of O(debug_levels) that is possible. If not set, the cells of such containers are
        V(unknown).
      - A container that has a shell but no Python is bypassed when it would have to send more than 100 probes, since a
        shell starts several processes for each probe.
      - For the models C(node_to_*), a Pod of this image is created on each node, in O(debug_namespace), and removed at
        the end.
    type: str
  debug_levels:
    description:
      - Levels to probe from in place of a container that cannot send probes itself, tried in this order. If all fail,
        the reason is in its cells. The report shows the level of each source, and of each cell with a different level.
      - V(pod) is an ephemeral container, which shares the Pod's network. It requires the rights to C(list) and
        C(watch) C(pods) and to C(patch) C(pods/ephemeralcontainers), which the built-in roles C(edit) and C(admin) do
        not have. It ends after ten minutes or more, and is reused while it runs. Kubernetes can neither stop nor remove
        it, so it is listed in RV(left). If the Pod has a memory limit, it also sees the processes of the container
        (C(targetContainerName)), and uses only the memory that they leave.
      - V(namespace) is a Pod in the same namespace on the same node, with only the labels of the source that
        policies select, and its DNS settings. It never becomes ready, so that no Service sends traffic to it,
        and it is removed at the end. It has its own address, so it cannot probe from a Pod to itself. It is not used if
        policies could not be read or are of kinds that are not evaluated, if a DaemonSet or a ReplicaSet without
        Deployment could adopt it, or if a Service publishes addresses that are not ready.
      - V(node) is a privileged Pod in O(debug_namespace) on the source's node, which enters the network namespace of
        the source (C(nsenter)) with its C(resolv.conf) and C(hosts). The image requires a shell, C(nsenter) and
        C(unshare). The Pod is removed at the end.
    type: list
    elements: str
    choices: [pod, namespace, node]
    default: [pod, namespace, node]
  debug_profile:
    description:
      - Security profile of the containers of the levels V(pod) and V(namespace), as in C(kubectl debug --profile).
      - With V(restricted), the image must run as a numeric user other than root.
    type: str
    choices: [restricted, baseline]
    default: restricted
  debug_namespace:
    description:
      - Namespace of the Pods on nodes. It must admit C(hostNetwork), so the Pod Security level that it enforces must be
        C(privileged).
    type: str
    default: default
  progress:
    description:
      - File to append a line to for each source that is finished, and V(done) at the end. A new file has mode C(0600).
      - If not set, these lines are shown while the task runs, also with C(async) and C(poll), if the module runs on the
        controller.
    type: path
  dest:
    description:
      - Folder for C(report.json) and C(answers.json), with mode C(0600), and for C(snapshot.json) if the module takes
        the snapshot itself.
      - The task fails while another playbook or task writes to the folder.
      - If not set, the cells are returned in RV(cells).
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

- name: Probe one connection, in every possible way
  kubewire.netdebug.net_probe:
    from: shop/frontend
    to: ledger.shop:7000
  register: probe

- name: Probe one Service from the Pods of one Deployment, and the way out of the cluster
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

- name: Probe a cluster that has no workloads yet
  kubewire.netdebug.net_probe:
    echo: true
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

- name: Probe from that host
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
snapshot:
  description: Path of the snapshot that was written before the task failed.
  returned: when the task fails after it wrote C(snapshot.json) because of O(depth)
  type: str
  sample: /var/tmp/kubewire/shop/snapshot.json
failure:
  description: Why the cluster could not be read (C(reason), C(message), C(remedy)).
  returned: when the task fails because of that, and O(depth) is not V(traffic)
  type: dict
summary:
  description:
    - Number of cells by verdict, in total and by traffic model.
    - Of the failures, C(network) and C(application) count what is broken. C(notes) counts the different notes on
      applications whose cells passed, C(passed_later) the cells that passed only when they were probed again.
  returned: success
  type: dict
  sample: {"cells": 120, "pass": 118, "fail": 1, "unexpected_open": 0, "unknown": 1, "skipped": 0, "network": 1,
    "application": 0, "notes": 3,
    "passed_later": 0}
tally:
  description: The counts of the run in one clause, as in the first lines of the report.
  returned: when check mode is off
  type: str
  sample: "1 of 120 checks failed: 1 network; 1 unknown; 2 models not tested; 3 notes"
not_tested:
  description: Number of things that could have been tested and were not. The report lists them in C(not_tested).
  returned: success
  type: int
  sample: 2
failures:
  description: One line for each cell with the verdict V(fail) or V(unexpected_open), at most 50.
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
    - Number of C(sources), C(targets), C(cells) and C(execs) of the run.
    - C(all_cells) is the approximate number of cells with O(sample.mode=all), if O(sample.mode=auto) probes fewer.
    - C(seconds) is the estimated duration of the probes in check mode, without the start of debug Pods.
  returned: success
  type: dict
  sample: {"sources": 6, "targets": 14, "cells": 120, "execs": 6}
authorisation:
  description:
    - Every right that the run needs, and whether the API server allows it. If a right of the purpose V(exec) is not
      allowed, no probe can be sent from the namespace. If another is not, a part of the run is V(unknown) or not
      tested.
  returned: in check mode
  type: list
  elements: dict
  contains:
    namespace:
      description: Namespace of the right; empty for the whole cluster.
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
        - Purpose of the right. V(snapshot) reads the cluster, V(exec) probes from containers, V(ephemeral_container)
          and V(debug_pod) create the objects of O(debug_image), V(echo) those of O(echo).
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
      binds it as a comment. Empty if all are allowed.
  returned: in check mode
  type: str
creates:
  description: What the run may create, one entry for each kind, namespace and level.
  returned: in check mode
  type: list
  elements: dict
  contains:
    kind:
      description:
        - V(EphemeralContainer) or V(Pod), and with O(echo) also V(Namespace), V(PersistentVolume), V(Service) and
          V(Ingress).
      returned: always
      type: str
    namespace:
      description: Namespace of the object.
      returned: always
      type: str
    level:
      description: Level of O(debug_levels) that uses it. The Pods of the models C(node_to_*) also have V(node).
      returned: always
      type: str
    privileged:
      description: Whether it may do anything on its node, as the Pods of O(debug_levels) V(node) may.
      returned: always
      type: bool
    most:
      description: Maximum number of them.
      returned: always
      type: int
    always:
      description: Whether all of them are created, as for nodes, or only those that containers turn out to need.
      returned: always
      type: bool
    allowed:
      description: Whether the rights to create them are granted.
      returned: always
      type: bool
    nodes:
      description: Names of the nodes, one object for each.
      returned: for level V(node)
      type: list
      elements: str
    manifest:
      description: Manifest of one of them, without the values of environment variables.
      returned: when it is allowed, for the first 20 entries
      type: dict
    refusal:
      description: Reason why the API server would reject it, such as Pod Security.
      returned: when it would be rejected
      type: str
    remedy:
      description: The smallest change that would help.
      returned: when it would be rejected
      type: str
text:
  description:
    - Plan, rights and objects to create as text in 80 columns, as shown on the terminal.
  returned: in check mode
  type: str
left:
  description:
    - The ephemeral containers that were added because of O(debug_image), and the time when each ends (C(until)). Pods
      are listed only if they could not be removed; the cluster removes them later.
  returned: success
  type: list
  elements: dict
  sample:
    - kind: EphemeralContainer
      namespace: shop
      name: api-7d9c/kubewire-0f3c1a2b
      state: running
      until: "2026-11-21T12:30:00Z"
      reason: ends by itself; the API cannot stop or remove it
requests:
  description: Number of C(api) requests and C(exec) streams of the run, including the snapshot.
  returned: success
  type: dict
  sample: {"api": 10, "exec": 6}
reason:
  description: Reason of the failure in one word, such as V(forbidden), V(unreachable) or V(bad_input).
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
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample_size import MAX_CELLS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.sample_size import MODES as SAMPLES
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import folder_lock, probe_echo
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.net_probe import SELECTION, ProbeRun
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.probe_check import Check
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.probe_options import INNER_NAMES
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.vantage_points import LEVELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.gather_workloads import DEPTHS, TRAFFIC
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.vantage_point import PROFILES


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
                "max_cells": {"type": "int", "default": MAX_CELLS},
                "max_execs": {"type": "int"},
            },
        },
        "limit": {"type": "int", "default": 0},
        "rerun_failed": {"type": "path"},
        "follow_up": {"type": "bool", "default": False},
        "probe_missing": {"type": "bool", "default": False},
        "depth": {"type": "str", "choices": list(DEPTHS), "default": TRAFFIC},
        "echo": {"type": "bool", "default": False},
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
            run.writes = False
            check(module, run, partial)
        partial.result = lambda: {**run.taken, **({"left": run.left} if run.left else {})}
        with folder_lock.held(module.params["dest"]):
            with probe_echo.made(run):
                run.make_plan()
                run.probe()
            result = run.keep()
    if run.interrupted:
        interrupted(module, run.interrupted, {**run.result(), **result})
    module.exit_json(**run.result(), **result)


if __name__ == "__main__":
    main()
