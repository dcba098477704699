# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer control plane: how components, nodes and Pods are let in.

Addresses, certificates, keys and versions.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Node
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_components import Component
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import Lease

from ..about import About
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef, RuledOut, Scope
from ..rule import Candidate, Rule
from . import api_failures
from .cluster_state import (
    BAD_CERTIFICATE,
    NEEDS_NODE,
    component_log,
    component_ref,
    components,
    is_reached,
    kubelet_answer,
    refused_certificates,
    to_node,
    unready,
    victims_of,
)
from .control_plane import leads_not

_SERVER = "kube-apiserver"
_COMMAND = "spec.containers[0].command"
_KUBERNETES = ObjectRef("Service", "kubernetes", "default")
_ENDPOINTS = (ObjectRef("EndpointSlice", "kubernetes", "default"), ObjectRef("Endpoints", "kubernetes", "default"))
#: A signature that none of the API server's keys made; a token of a Pod that is gone says other things.
_BAD_TOKEN = re.compile(
    r"invalid bearer token.*(?:cryptographic primitive|verification error|no keys found|unknown key)"
)
_VERSION = re.compile(r"v?(\d+)\.(\d+)")
_SOME = 2  #: lines of a log that may be by chance
_OLDEST = 3  #: minor versions that a kubelet may be older than the API server (version skew policy)


def _advertised(case: Case) -> t.Iterator[Candidate]:
    """CP-04: the endpoint of Service default/kubernetes is an address that is no API server's."""
    there = components(case, _SERVER)
    addresses = {address for one in there for address in one.addresses}
    addresses |= {address for node in case.snapshot.nodes for address in (*node.internal_ips, *node.external_ips)}
    for one in case.snapshot.api_endpoints:
        if not there or one.address in addresses:
            continue
        owner = next((each for each in there if each.flags.get("advertise-address") == one.address), there[0])
        ref, wanted = component_ref(owner), owner.advertised.rpartition(":")[0] or next(iter(owner.addresses), "")
        yield Candidate(
            ref,
            f"{ref}: {_COMMAND} has --advertise-address={one.address}, which is no address of a node; Service "
            "default/kubernetes leads there",
            severity="critical",
            field=_COMMAND,
            value=f"--advertise-address={one.address}",
            wanted=f"--advertise-address={wanted}" if wanted else "",
            mechanism="The API server writes the address that it advertises into the endpoints of Service "
            "default/kubernetes, by which every Pod reaches it",
            victims=(_KUBERNETES, *_ENDPOINTS),
            explains=_asks_server,
            predicts=_asks_server if len(case.snapshot.api_endpoints) == 1 else lambda _about: False,
            evidence=(
                Evidence("api", "EndpointSlice of default/kubernetes", f"{one.address}:{one.port}", key=True),
                Evidence("api", str(ref), f"runs on {owner.node}, which has {', '.join(owner.addresses)}"),
            ),
            ruled_out=(RuledOut("CP-06", "the API server itself runs and answers"),),
            fix=Fix(f"On {owner.node}, correct --advertise-address in the manifest of kube-apiserver"),
        )


def _asks_server(about: About) -> bool:
    return about.asked == _KUBERNETES and not about.is_lookup


def _certificates(case: Case) -> t.Iterator[Candidate]:
    """CP-05: a certificate of the control plane or of a kubelet has expired, or is of another authority."""
    yield from _for_kubelets(case)
    case.need("component_logs")  # which kubelets do not give where they refuse the API server
    said = refused_certificates(case)
    if not said:
        return
    why = _why(said[-1])
    log = Evidence("log", f"{_SERVER} ({len(said)} lines in two minutes)", said[-1][:300], key=True)
    found = [
        _of_component(one, lease, log, why)
        for lease in filter(None, (leads_not(case, name) for name in ("kube-scheduler", "kube-controller-manager")))
        for one in components(case, lease.name)
    ]
    for node, _detail, ready in unready(case):
        answer = kubelet_answer(case, node.name)
        if ready.status == "Unknown" and answer and is_reached(answer):
            found.append(_of_kubelet(case, node, log, why))
    yield from found
    if not found and len(said) > _SOME:
        yield _of_clients(case, log, f"{len(said)} times in two minutes): {why}")


def _of_component(one: Component, lease: Lease, log: Evidence, why: str) -> Candidate:
    ref = component_ref(one)
    kubeconfig = one.flags.get("kubeconfig", "")
    return Candidate(
        ref,
        f"{ref}: the API server does not accept its client certificate, so that {one.name} leads nothing: {why}",
        certainty="strong",
        severity="critical",
        field=_COMMAND,
        value=f"--kubeconfig={kubeconfig}" if kubeconfig else "",
        mechanism="A component logs in by the certificate of its kubeconfig; without a login it renews no Lease",
        victims=(ref, ObjectRef("Lease", one.name, "kube-system")),
        stands_alone=True,
        evidence=(log, Evidence("api", f"Lease kube-system/{one.name}", f"renewTime is {lease.renewed}")),
        fix=Fix(f"On {one.node}: kubeadm certs check-expiration, kubeadm certs renew all, then restart the Pod"),
    )


def _of_clients(case: Case, log: Evidence, why: str) -> Candidate:
    there = components(case, _SERVER)
    ref = component_ref(there[0]) if there else _KUBERNETES
    return Candidate(
        ref,
        f"{ref}: refuses clients because of their certificates ({why}",
        certainty="strong",
        severity="info",
        evidence=(log,),
        mechanism="A client whose certificate is not valid is not let in",
        fix=Fix("Renew the client's certificate; kubeadm certs check-expiration lists those of the control plane"),
    )


def _why(line: str) -> str:
    match = re.search(r"x509: [^\"\]]*|[^\"\[]*not (?:yet )?valid[^\"\]]*", line)
    return (match[0] if match else line)[:160]


def _of_kubelet(case: Case, node: Node, log: Evidence, why: str) -> Candidate:
    ref = ObjectRef("Node", node.name)
    return Candidate(
        ref,
        f"{ref}: condition Ready is Unknown, because the API server does not accept the client certificate of "
        "its kubelet: "
        f"{why}",
        certainty="strong",
        severity="critical",
        field="status.conditions",
        value="Ready=Unknown",
        wanted="Ready=True",
        mechanism="The kubelet logs in by its client certificate; without a login it posts no status",
        victims=victims_of(case, node.name),
        explains=to_node(case, node.name),
        stands_alone=True,
        scope=Scope(1, len(case.snapshot.nodes), "nodes", (node.name,)),
        evidence=(log, Evidence("probe", f"API server to the kubelet of {node.name}", "/healthz is answered")),
        fix=Fix(f"On {node.name}, see the dates of /var/lib/kubelet/pki/kubelet-client-current.pem ({NEEDS_NODE})"),
    )


def _for_kubelets(case: Case) -> t.Iterator[Candidate]:
    """The certificates between the API server and kubelets, in both directions."""
    answers = case.workloads.node_answers
    refusing = [one for one in answers if one.status == 401]
    there = components(case, _SERVER)
    if refusing and len(refusing) == sum(is_reached(one) for one in answers):
        one = there[0] if there else None
        ref = component_ref(one) if one else ObjectRef("Service", "kubernetes", "default")
        path = one.flags.get("kubelet-client-certificate", "") if one else ""
        nodes = tuple(each.node for each in refusing)
        yield Candidate(
            ref,
            f"{ref}: {_COMMAND} has --kubelet-client-certificate={path or '?'}, which the kubelets do not accept: "
            f"{', '.join(nodes[:3])} answer 401 Unauthorized",
            field=_COMMAND if one else "",
            value=f"--kubelet-client-certificate={path}" if path else "",
            mechanism="The API server shows kubelets a client certificate of their authority; where it has "
            "expired or is of "
            "another one, logs, exec, port-forward and metrics fail",
            victims=tuple(ObjectRef("Node", name) for name in nodes),
            stands_alone=True,
            scope=Scope(len(nodes), len(case.snapshot.nodes), "nodes", nodes),
            evidence=(Evidence("probe", "API server to kubelets", f"/healthz: 401 {refusing[0].says}", key=True),),
            ruled_out=(RuledOut("NODE-06", "the kubelets are reached, and answer"),),
            fix=Fix("On the control plane: kubeadm certs renew apiserver-kubelet-client, then restart kube-apiserver"),
        )
    for answer in answers:
        if BAD_CERTIFICATE.search(answer.says):
            ref = ObjectRef("Node", answer.node)
            yield Candidate(
                ref,
                f"{ref}: the API server does not accept the serving certificate of its kubelet: {answer.says[:160]}",
                field="",
                value=answer.says[:120],
                mechanism="The API server verifies the kubelet's certificate before logs, exec and metrics",
                stands_alone=True,
                scope=Scope(1, len(case.snapshot.nodes), "nodes", (answer.node,)),
                evidence=(Evidence("probe", f"API server to the kubelet of {answer.node}", answer.says, key=True),),
                fix=Fix(
                    f"Approve the kubelet's pending certificate request, or renew its certificate on {answer.node}"
                ),
            )


def _tokens(case: Case) -> t.Iterator[Candidate]:
    """CP-07: the API server does not accept the tokens of ServiceAccounts."""
    lines = [(one, line) for one, line in component_log(case, _SERVER) if _BAD_TOKEN.search(line)]
    if len(lines) < 2:
        return
    one = lines[-1][0]
    ref, key = component_ref(one), one.flags.get("service-account-key-file", "")
    refused = {f"{tail.namespace}/{tail.pod}" for tail in case.workloads.logs if _unauthorized(tail.lines)}
    there = {pod.id: pod for pod in (*case.snapshot.dns_pods, *case.snapshot.pods)}
    pods = [pod for pod in there.values() if pod.id in refused]
    yield Candidate(
        ref,
        f"{ref}: {_COMMAND} has --service-account-key-file={key or '?'}, which does not verify the tokens of "
        f"ServiceAccounts ({len(lines)} refused in two minutes)",
        severity="critical",
        field=_COMMAND,
        value=f"--service-account-key-file={key}" if key else "",
        mechanism="The API server verifies a token of a ServiceAccount with this key; one that another key has "
        "signed is "
        "refused with 401, whatever rights the account has",
        victims=(*(ref_of(pod) for pod in pods), *dict.fromkeys(case.owner(pod) for pod in pods)),
        explains=_asks_server,  # kube-proxy, too, learns no endpoints without its token
        stands_alone=True,
        evidence=(Evidence("log", str(ref), lines[-1][1][:300], key=True),),
        ruled_out=(RuledOut("CP-10", "the answer is 401, and not 403: nobody was asked for rights"),),
        fix=Fix(
            f"On {one.node}, give kube-apiserver and kube-controller-manager keys of one pair "
            "(--service-account-key-file, --service-account-private-key-file), then restart Pods"
        ),
    )


def _unauthorized(lines: t.Iterable[str]) -> bool:
    return any(re.search(r"Unauthorized|\b401\b", line) for line in lines)


def _versions(case: Case) -> t.Iterator[Candidate]:
    """CP-13: a kubelet is newer than the API server, or too old for it."""
    server = _VERSION.match(case.snapshot.version)
    for node in case.snapshot.nodes:
        own = _VERSION.match(node.version)
        if not server or not own or own[1] != server[1]:
            continue
        behind = int(server[2]) - int(own[2])
        if 0 <= behind <= _OLDEST:
            continue
        ref = ObjectRef("Node", node.name)
        way = f"{behind} minor versions older than" if behind > 0 else "newer than"
        yield Candidate(
            ref,
            f"{ref}: status.nodeInfo.kubeletVersion is {node.version}, {way} the API server's {case.snapshot.version}",
            severity="warning",
            field="status.nodeInfo.kubeletVersion",
            value=node.version,
            wanted=case.snapshot.version,
            mechanism="A kubelet may be up to three minor versions older than the API server, and never newer; "
            "beyond that "
            "fields and APIs that one of them uses are not known to the other",
            stands_alone=True,
            scope=Scope(1, len(case.snapshot.nodes), "nodes", (node.name,)),
            evidence=(
                Evidence("api", str(ref), f"kubelet {node.version}, API server {case.snapshot.version}", key=True),
            ),
            fix=Fix(f"Upgrade the {'kubelet of ' + node.name if behind > 0 else 'control plane'}"),
        )


RULES = (
    Rule("CP-04", "The API server advertises an address that is not its own", ("nodes",), _advertised),
    Rule(
        "CP-05",
        "A certificate of the control plane or of a kubelet is not accepted",
        ("nodes", "node_details", "node_answers"),
        _certificates,
        api_failures.of_certificate,
    ),
    Rule("CP-07", "The API server refuses the tokens of ServiceAccounts", ("component_logs",), _tokens),
    Rule("CP-13", "A kubelet is newer than the API server, or too old for it", ("nodes",), _versions),
)
