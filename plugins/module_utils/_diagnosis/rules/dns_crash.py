# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer DNS: CoreDNS ends when it starts, because of its Corefile or of whom that forwards to."""

from __future__ import annotations

import difflib
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod

from ..case import Case
from ..finding import Evidence, Fix, ObjectRef, Scope
from ..rule import Candidate, Rule, nothing
from . import corefile, dns_view
from .dns_view import ClusterDns

#: What CoreDNS prints before it ends, or when it keeps its old Corefile because the new one is wrong.
_WRONG = re.compile(r"Corefile:(?P<line>\d+) - Error during parsing: (?P<what>.*)|^plugin/[a-z_]+: (?P<setup>.*)")
_UNKNOWN = re.compile(r"[Uu]nknown (?:directive|property) '?\"?(?P<word>[\w-]+)")
_RELOAD = re.compile(r"[Rr]estart failed|plugin/reload.*(?:fail|error)", re.IGNORECASE)
_LOOP = re.compile(r"plugin/loop: Loop \((?P<way>[^)]*)\) detected for zone \"(?P<zone>[^\"]*)\"")
_PLUGINS = (
    *("errors", "log", "health", "ready", "kubernetes", "prometheus", "forward", "cache", "loop", "reload", "hosts"),
    *("loadbalance", "template", "rewrite", "file", "auto", "etcd", "bind", "debug", "autopath", "import", "dns64"),
    *("acl", "any", "bufsize", "cancel", "chaos", "dnssec", "erratic", "grpc", "header", "k8s_external", "local"),
    *("metadata", "minimal", "nsid", "pprof", "root", "route53", "secondary", "tls", "trace", "transfer", "whoami"),
)


def _wrong_corefile(case: Case) -> t.Iterator[Candidate]:
    """DNS-02: CoreDNS cannot read its Corefile."""
    dns = dns_view.of(case)
    found: dict[str, list[Pod]] = {}
    match: re.Match[str] | None = None
    for pod, line in dns.log():
        said = _WRONG.search(line)
        if said and (not pod.ready or _RELOAD.search(line)):
            match = match or said
            found.setdefault(line, []).append(pod)
    if match is None or (dns.configuration is None and not found):
        return
    line, pods = next(iter(found.items()))
    crash = any(not pod.ready for pod in pods)
    what = match["what"] or match["setup"] or ""
    place = f", line {match['line']}" if match["line"] else ""
    ref = dns.map_ref
    whole = not any(pod.ready for pod in dns.pods)
    unknown = _UNKNOWN.search(what)
    word, right = (unknown["word"], _nearest(unknown["word"])) if unknown else ("", "")
    leads = "CoreDNS ends when it starts" if crash else "CoreDNS keeps the old one until it starts again"
    yield Candidate(
        ref,
        f"{ref}: data.Corefile{place}: {what.rstrip('.')}; {leads}",
        severity="critical" if whole else "error" if crash else "warning",
        field="data.Corefile",
        value=word,
        wanted=right,
        mechanism="CoreDNS does not start with a Corefile that it cannot read, and without it no name resolves",
        victims=(dns.workload, *dns.pod_refs, dns.service_ref),
        explains=dns.is_asked if crash else nothing,
        predicts=dns.is_answered if whole else nothing,
        stands_alone=True,
        scope=Scope(len({pod.id for pod in pods}), len(dns.pods), "Pods"),
        evidence=(
            Evidence("log", f"Pod {pods[0].id}", line, key=True),
            Evidence("api", f"Pod {pods[0].id}", pods[0].status),
        ),
        fix=_respelled(dns, word, right),
    )


def _nearest(word: str) -> str:
    return next(iter(difflib.get_close_matches(word, _PLUGINS, 1)), "")


def _respelled(dns: ClusterDns, word: str, right: str) -> Fix:
    text = "Restore the Corefile, and start the Pods again"
    if not right or dns.configuration is None:
        return Fix(text)
    new = re.sub(rf"(?m)^(\s*){re.escape(word)}\b", rf"\g<1>{right}", dns.configuration.text)
    return dns.rewritten(f"Write {right} for {word}, and start the Pods again", new)


def _loop(case: Case) -> t.Iterator[Candidate]:
    """DNS-03: what CoreDNS forwards to comes back to it."""
    dns = dns_view.of(case)
    found = [(pod, line, match) for pod, line in dns.log() if not pod.ready and (match := _LOOP.search(line))]
    if not found:
        return
    pod, line, _match = found[0]
    named = corefile.upstreams(dns.blocks)
    own = [one for one in named if _is_own(dns, one)]
    looping = {one.id: one for one, _line, _said in found}
    nodes = tuple(dict.fromkeys(one.node for one in looping.values() if one.node))
    whole = not any(one.ready for one in dns.pods)
    common: dict[str, t.Any] = {
        "severity": "critical" if whole else "error",
        "mechanism": "CoreDNS asks itself for names outside the cluster until it notices, and ends",
        "victims": (dns.workload, *dns.pod_refs, dns.service_ref),
        "explains": dns.is_asked,
        "predicts": dns.is_answered if whole else nothing,
        "stands_alone": True,
        "scope": Scope(len(looping), len(dns.pods), "Pods", nodes),
    }
    log = Evidence("log", f"Pod {pod.id}", line, key=True)
    if own:
        ref = dns.map_ref
        text = dns.configuration.text if dns.configuration else ""
        new = re.sub(rf"(?m)^(\s*forward\s+\S+\s+).*?{re.escape(own[0])}", r"\g<1>/etc/resolv.conf", text)
        yield Candidate(
            ref,
            f"{ref}: data.Corefile forwards to {own[0]}, which is CoreDNS itself: a loop, at which it ends",
            field="data.Corefile",
            value=f"forward . {' '.join(named)}",
            wanted="forward . /etc/resolv.conf",
            evidence=(log, Evidence("api", str(ref), f"forward . {' '.join(named)}")),
            fix=dns.rewritten("Forward to the name servers of the node", new),
            **common,
        )
        return
    node = ObjectRef("Node", nodes[0] if nodes else "")
    where = ", ".join(nodes)
    yield Candidate(
        node,
        f"{node}: the resolv.conf that its kubelet gives to Pods leads CoreDNS back to itself, and it ends at the loop",
        field="resolvConf",
        value="a name server that is CoreDNS itself, or on loopback",
        wanted="a file with the name servers outside",
        evidence=(
            log,
            Evidence("api", str(dns.map_ref), f"forward . {' '.join(named) or '/etc/resolv.conf'}: the node's file"),
        ),
        fix=Fix(
            f"Let resolvConf of the kubelet on {where} name a file with the real name servers (with systemd-resolved: "
            f"/run/systemd/resolve/resolv.conf), start the kubelet again and delete the Pods of the DNS there; which "
            "file it is now needs node state"
        ),
        **common,
    )


def _is_own(dns: ClusterDns, upstream: str) -> bool:
    host = upstream.rpartition("://")[2].strip("[]")
    host = host.rpartition(":")[0] if host.count(":") == 1 else host
    return host.startswith("127.") or host in ("::1", "localhost") or host in dns.servers


RULES = (
    Rule("DNS-02", "CoreDNS cannot read its Corefile", ("logs",), _wrong_corefile),
    Rule("DNS-03", "CoreDNS forwards to itself", ("logs",), _loop),
)
