# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The manifest of a bundle: its files with their checksums, and what was not collected, and why."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import logs
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kinds_workloads import ALL
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Snapshot

from .packed import Packed

SCHEMA_ID = "kubewire.io/bundle/v1"
NAME = "manifest.json"

#: What no run reads or keeps, so that no bundle has it.
NEVER = (
    "kubeconfigs, tokens, passwords and client certificates of who ran it",
    "values of Secrets and ConfigMaps, except the Corefile of CoreDNS and the configuration of kube-proxy",
    "values of environment variables and arguments of containers, except hosts with ports",
    "annotations, except those that decide where traffic goes",
    f"logs of containers that run, and more than the last {logs.MAX_LINES} lines of {logs.MAX_LOGS} others",
    "payload of connections",
)
Plain = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class BundledFile(Record):
    """A file of the bundle."""

    name: str
    sha256: str
    size: int  #: in bytes
    what: str


@dataclasses.dataclass(frozen=True)
class NotCollected(Record):
    """Something that a reader may look for in vain."""

    what: str
    reason: str
    remedy: str = ""
    number: int = 1  #: of things, where several have the same reason


@dataclasses.dataclass(frozen=True)
class Manifest(Record):
    """C(manifest.json)."""

    KEEP: t.ClassVar[frozenset[str]] = frozenset({"files", "not_collected", "redacted", "pseudonyms"})

    schema: str
    run: str  #: its ID; empty for a snapshot alone
    taken: str  #: when the snapshot was, RFC 3339, UTC
    server: str
    version: str  #: of Kubernetes
    files: tuple[BundledFile, ...] = ()
    not_collected: tuple[NotCollected, ...] = ()
    never_collected: tuple[str, ...] = NEVER
    redacted: dict[str, int] = dataclasses.field(default_factory=dict)  #: file -> texts with a secret that was replaced
    pseudonyms: dict[str, int] = dataclasses.field(default_factory=dict)  #: kind -> names that were replaced
    kept_names: tuple[str, ...] = ()  #: that have no pseudonym, because the formats of the files use them as words
    findings: tuple[str, ...] = ()  #: C(CODE Kind namespace/name field)
    #: whether the rules find the same in the bundle as in the run; the release or a pseudonym may change that
    same_findings: bool = True

    def dumps(self) -> bytes:
        """The text of the file."""
        return (json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n").encode()


def file_of(name: str, body: bytes | Packed, what: str) -> BundledFile:
    """The entry of a file."""
    if isinstance(body, Packed):
        return BundledFile(name, body.sha256, body.size, what)
    return BundledFile(name, hashlib.sha256(body).hexdigest(), len(body), what)


def damaged(manifest: Plain, files: t.Mapping[str, bytes]) -> str:
    """The name of a file that is not what the manifest says, or is not there; empty where there is none."""
    listed = {each["name"]: each["sha256"] for each in manifest.get("files") or ()}
    for name, sha256 in listed.items():
        if name not in files or hashlib.sha256(files[name]).hexdigest() != sha256:
            return str(name)
    return next((name for name in files if name not in listed and name != NAME), "")


def not_collected(snapshot: Snapshot, report: Plain, findings: Plain, left: t.Iterable[str]) -> list[NotCollected]:
    """What was refused, not known, left out, or not asked for.

    Args:
        snapshot: of the run.
        report: of the run; empty where nothing was probed.
        findings: of the run; empty where none were looked for.
        left: the names of other files of its folder.
    """
    found = [NotCollected(each.subject, each.reason, each.remedy) for each in snapshot.missing]
    if snapshot.selected:
        reason = f"the run was limited to namespaces: {', '.join(snapshot.selected)}"
        found.append(NotCollected("objects of other namespaces, except what a verdict needs", reason))
    found += _of_workloads(snapshot)
    found += _of_report(report)
    for each in findings.get("unknown_rules") or ():
        found.append(NotCollected(f"fault {each['code']}: {each['title']}", f"{each['fact']}: {each['reason']}"))
    found += [NotCollected(f"file {name}", "it is no file of a run") for name in left]
    return _folded(found)


def _of_workloads(snapshot: Snapshot) -> t.Iterator[NotCollected]:
    workloads = snapshot.workloads
    if workloads is None:
        remedy = "pack a run of the role diagnose"
        yield NotCollected("what keeps Pods from running", "the snapshot was taken with depth: traffic", remedy)
        return
    for fact, reason in workloads.unknown.items():
        yield NotCollected(fact.replace("_", " "), reason)
    if workloads.pods_without_details:
        number = workloads.pods_without_details
        yield NotCollected("details of Pods", "there are too many Pods, and these are well", number=number)
    if workloads.depth != ALL:
        reason = f"the snapshot was taken with depth: {workloads.depth}"
        yield NotCollected("Jobs, CronJobs, autoscalers, RBAC objects", reason, "diagnose_depth=all reads them")


def _of_report(report: Plain) -> t.Iterator[NotCollected]:
    if not report:
        yield NotCollected("answers of probes", "nothing was probed")
    for each in report.get("not_tested") or ():
        if not each.get("not_applicable"):
            yield NotCollected(f"probes: {each['what']}", each["reason"], each.get("remedy", ""))
    for source in (report.get("sources") or {}).values():
        if source.get("error"):
            yield NotCollected(f"answers of {source['id']}", source["error"], source.get("remedy", ""))
    sampled = report.get("coverage") or {}
    if sampled:
        asked, of = sampled.get("cells") or (0, 1)
        reason = sampled.get("confidence") or f"a sample was probed: {sampled['mode']}"
        yield NotCollected("checks that are not in the sample", reason, number=max(of - asked, 1))
    for each in sampled.get("left_out") or ():
        yield NotCollected(each["what"], "left out of the plan", number=each["count"])


def _folded(every: t.Iterable[NotCollected]) -> list[NotCollected]:
    """Those with the same reason together, as the first of them: a large cluster has thousands."""
    found: dict[tuple[str, str], NotCollected] = {}
    for each in every:
        key = each.reason, each.remedy
        before = found.get(key)
        found[key] = dataclasses.replace(before, number=before.number + each.number) if before else each
    return list(found.values())
