# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The zoo: legal, odd objects of every kind that a snapshot holds. They are in zoo/, a table for each kind.

In a table, C($IMAGE) is an image with Python that listens at 8080, C($SILENT) one that listens there, too, and has
nothing to probe with, and C($LONG) a word of 1,500 characters.

A table has the C(kind) and C(apiVersion) of its objects, their C(namespace), C(defaults) of their spec, and the
C(definition) of a kind that the lab does not serve. Each object says C(why) it is here, and may have these marks:

- C(runs): a Pod to wait for.
- C(leaves): is deleted, and kept by a finalizer.
- C(goes): the cluster removes it by itself within a minute.
- C(unreadable): has a field of another type, so that it is no object of its kind.
- C(everybody): a policy that may select whatever is in the cluster.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import functools
import json
import pathlib
import string
import tempfile
import typing as t

import yaml

from .conftest import PATIENCE, image, kubectl

FOLDER = pathlib.Path(__file__).with_name("zoo")
MARKS = ("runs", "leaves", "goes", "unreadable", "everybody")
#: Of these, the status is a thing apart, which takes a request of its own.
WITH_STATUS = ("Pod", "Service", "Node", "Ingress", "Gateway", "HTTPRoute", "GRPCRoute")
Json = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Odd:
    """An object of the zoo."""

    manifest: Json
    marks: frozenset[str]

    @property
    def kind(self) -> str:
        return str(self.manifest["kind"])

    @property
    def group(self) -> str:
        return str(self.manifest["apiVersion"].rpartition("/")[0])

    @property
    def namespace(self) -> str:
        return str(self.manifest["metadata"].get("namespace", ""))

    @property
    def name(self) -> str:
        return str(self.manifest["metadata"]["name"])

    @property
    def id(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@functools.cache
def tables() -> tuple[Json, ...]:
    texts = string.Template("---\n".join(path.read_text() for path in sorted(FOLDER.glob("*.yaml"))))
    text = texts.safe_substitute(IMAGE=image("frontend"), SILENT=image("api"), LONG=1500 * "x")
    return tuple(yaml.safe_load_all(text))


@functools.cache
def objects() -> tuple[Odd, ...]:
    return tuple(_odd(table, name, body) for table in tables() for name, body in table["objects"].items())


def _odd(table: Json, name: str, body: Json) -> Odd:
    rest = {key: value for key, value in body.items() if key not in (*MARKS, "why", "metadata")}
    if "defaults" in table:
        rest["spec"] = {**table["defaults"], **rest.get("spec", {})}
    metadata = {"name": name, **({"namespace": table["namespace"]} if "namespace" in table else {})}
    metadata.update(body.get("metadata", {}))
    metadata["annotations"] = {**metadata.get("annotations", {}), "kubewire.io/odd": body["why"]}
    manifest = {"apiVersion": table["apiVersion"], "kind": table["kind"], "metadata": metadata, **rest}
    return Odd(manifest, frozenset(mark for mark in MARKS if body.get(mark)))


def definitions() -> list[Json]:
    return [_definition(table) for table in tables() if "definition" in table]


def _definition(table: Json) -> Json:
    """As loose as a definition can be: every field may hold anything, and there is no status apart."""
    group, _slash, version = table["apiVersion"].partition("/")
    plural, kind = table["definition"]["plural"], table["kind"]
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    # The group policy.networking.k8s.io is the Kubernetes project's own (KEP-1111).
    approval = {"api-approved.kubernetes.io": "unapproved, for a test"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "annotations": approval},
        "spec": {
            "group": group,
            "scope": table["definition"]["scope"],
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
            "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
        },
    }


class Zoo:
    """Puts the objects into the cluster, and takes everything away again."""

    def __init__(self) -> None:
        every = objects()
        # What a namespace holds goes with it, and objects of a kind with its definition.
        self._bases = [odd.manifest for odd in every if odd.kind in ("Namespace", "Node", "IngressClass")]
        loose = {(table["apiVersion"], table["kind"]) for table in tables() if "definition" in table}
        others = [odd.manifest for odd in every if odd.manifest not in self._bases]
        self._strict = [each for each in others if (each["apiVersion"], each["kind"]) not in loose]
        self._loose = [each for each in others if each not in self._strict]
        self._strays = [odd.manifest for odd in every if odd.namespace == "kube-system"]
        self._statuses = [odd.manifest for odd in every if odd.kind in WITH_STATUS and "status" in odd.manifest]
        self._leaving = [odd.manifest for odd in every if "leaves" in odd.marks]
        self._running = [odd.name for odd in every if "runs" in odd.marks]
        self._spaces = [odd.name for odd in every if odd.kind == "Namespace"]

    def put(self) -> None:
        if kubectl("get", "namespace", *self._spaces, "--ignore-not-found", "-o", "name"):
            self.remove()  # what a run left that was killed
        self._send("create", [*definitions(), *self._bases])
        names = [f"crd/{definition['metadata']['name']}" for definition in definitions()]
        kubectl("wait", *names, "--for=condition=Established", f"--timeout={PATIENCE}s")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(self._wait_for_account, self._spaces))
            list(pool.map(lambda some: self._send("create", some), (self._strict[part::3] for part in range(3))))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            steps = [
                pool.submit(self._send, "create", self._loose, "--validate=false"),  # kubectl knows no null
                pool.submit(self._send, "replace", self._statuses, "--subresource=status"),
                pool.submit(self._send, "delete", self._leaving, "--wait=false"),
                pool.submit(self._wait_for_pods),
            ]
        for step in steps:
            step.result()

    @staticmethod
    def _wait_for_account(space: str) -> None:
        kubectl("wait", "-n", space, "serviceaccount/default", "--for=create", f"--timeout={PATIENCE}s")

    def _wait_for_pods(self) -> None:
        names = [f"pod/{name}" for name in self._running]
        kubectl("wait", "-n", "zoo", *names, "--for=condition=Ready", f"--timeout={PATIENCE}s")

    def remove(self) -> None:
        """Remove everything; what is not there is no loss."""
        pods = [manifest for manifest in self._leaving if manifest["kind"] == "Pod"]
        self._send("patch", pods, "--type=merge", '-p={"metadata":{"finalizers":null}}', check=False)
        removed = [*self._bases, *self._strays, *definitions()]
        self._send("delete", removed, "--wait=false", "--ignore-not-found")
        self._send("wait", removed, "--for=delete", f"--timeout={PATIENCE}s")
        self._remove_pods_of_daemonsets()

    def _remove_pods_of_daemonsets(self) -> None:
        """Remove those that were meant for nodes of the zoo; their controllers would, when they next have a reason."""
        nodes = {manifest["metadata"]["name"] for manifest in self._bases if manifest["kind"] == "Node"}
        waiting = json.loads(kubectl("get", "pods", "-A", "--field-selector=spec.nodeName=", "-o", "json"))["items"]
        self._send("delete", [pod for pod in waiting if nodes & set(_bound(pod))], "--ignore-not-found")

    @staticmethod
    def _send(verb: str, manifests: list[Json], *words: str, check: bool = True) -> None:
        """One kubectl for all, which remembers nothing of kinds that will not be served any more."""
        if not manifests:
            return
        everything = {"apiVersion": "v1", "kind": "List", "items": manifests}
        with tempfile.TemporaryDirectory() as cache:
            kubectl(f"--cache-dir={cache}", verb, "-f", "-", *words, stdin=everything, check=check)


def _bound(pod: Json) -> t.Iterator[str]:
    """The names of the nodes that a Pod of a DaemonSet may go to."""
    affinity = pod["spec"].get("affinity", {}).get("nodeAffinity", {})
    for term in affinity.get("requiredDuringSchedulingIgnoredDuringExecution", {}).get("nodeSelectorTerms", ()):
        for field in term.get("matchFields", ()):
            yield from field["values"]
