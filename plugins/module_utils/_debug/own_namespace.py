# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A Namespace of a run that the cluster itself removes at the end, even when we are dead.

The Job of C(lifetime) cannot own a Namespace: the owner of a cluster-scoped object must be cluster-scoped
(C(metadata.ownerReferences)). So the Namespace belongs to a PersistentVolume that is already being deleted, and that is
held by a claim of the Namespace (C(kubernetes.io/pv-protection), storage object in use protection) which the Job owns.
When the Job ends, the garbage collector removes the claim, with it goes the volume, and with that the Namespace. No
storage is involved: nothing mounts the volume, and its driver does not exist.
"""

from __future__ import annotations

import datetime
import time
import typing as t
from urllib.parse import quote

from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from . import admission, lifetime
from .types import END, Left

Json = dict[str, t.Any]

VOLUMES, NAMESPACES = "/api/v1/persistentvolumes", "/api/v1/namespaces"
_HELD = "kubernetes.io/pv-protection"
_BOUND_S = 15.0  #: seconds in which the claim is bound; it takes a tenth of one
_GONE_S = 45.0  #: seconds in which the Namespace is gone once it is deleted
_LOOK_S = 0.2
_SIZE, _MODES = "1Ki", ["ReadOnlyMany"]

RIGHTS: tuple[admission.Right, ...] = (
    *((verb, "namespaces", "", "") for verb in ("get", "create", "delete")),
    *((verb, "persistentvolumes", "", "") for verb in ("get", "create", "delete")),
    ("create", "persistentvolumeclaims", "", ""),
    *((verb, "jobs", "", "batch") for verb in ("create", "delete")),
)


class OwnNamespace:
    """A Namespace, and what ends it.

    Attributes:
        name: of the Namespace, and of all that ends it.
        end: RFC 3339 time at which the cluster removes it.
    """

    def __init__(self, api: Api, run: str, seconds: int, profile: str) -> None:
        """Prepare; nothing is sent.

        Args:
            api: the API server.
            run: the identity of the run.
            seconds: that it lives at most.
            profile: the Pod Security level that it enforces.
        """
        self.api, self.run, self.seconds, self.profile = api, run, seconds, profile
        self.name = f"kubewire-{run}"
        self.end = lifetime.stamp(lifetime.now() + datetime.timedelta(seconds=seconds))
        self._volume: Json | None = None
        self._namespace: Json | None = None

    @property
    def manifest(self) -> Json:
        """The Namespace, without its owner."""
        enforce = {"pod-security.kubernetes.io/enforce": self.profile}
        metadata = {**self._metadata(), "labels": {**lifetime.labels(self.run), **enforce}}
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}

    def _metadata(self) -> Json:
        return {"name": self.name, "labels": lifetime.labels(self.run), "annotations": {END: self.end}}

    @property
    def volume(self) -> Json:
        """The PersistentVolume that owns it."""
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": self.name, "name": self.name}
        spec = {
            "capacity": {"storage": _SIZE},
            "accessModes": _MODES,
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "claimRef": claim,
            "csi": {"driver": "none.kubewire.io", "volumeHandle": self.name, "readOnly": True},
        }
        metadata = {**self._metadata(), "finalizers": [_HELD]}
        return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}

    def _claim_manifest(self, job: Json) -> Json:
        spec = {
            "accessModes": _MODES,
            "resources": {"requests": {"storage": _SIZE}},
            "storageClassName": "",
            "volumeName": self.name,
        }
        metadata = {**self._metadata(), "namespace": self.name, "ownerReferences": lifetime.owned(job)}
        return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}

    def forecast(self) -> None:
        """Ask the API server what it would say to the Namespace; nothing is written.

        Raises:
            Refused: it would refuse.
        """
        what = f"Namespace {self.name}"
        admission.forecast(what, lambda params: self.api.post(NAMESPACES, self.manifest, f"create {what}", params))

    def make(self) -> None:
        """Create it with what ends it.

        Raises:
            ClusterError: that is not possible; what was made of it is removed again.
        """
        try:
            self._volume = volume = self._post(VOLUMES, self.volume)
            owner = {"apiVersion": "v1", "kind": "PersistentVolume", "name": self.name, "uid": _uid(volume)}
            body = self.manifest
            self._namespace = self._post(
                NAMESPACES, {**body, "metadata": {**body["metadata"], "ownerReferences": [owner]}}
            )
            job = lifetime.owner(self.run, self.name, self.seconds)
            made = admission.write(f"Job {self.name}", lambda params: lifetime.make(self.api, job, params))
            self._post(f"{self._path(self.name)}/persistentvolumeclaims", self._claim_manifest(made))
            self._wait_bound()
            self._delete(VOLUMES, volume)
        except BaseException as error:
            left = self.remove(0.0)
            if isinstance(error, ClusterError) and left:
                error.data = {**error.data, "left": [item.to_dict() for item in left]}
            raise

    def _post(self, path: str, body: Json) -> Json:
        what = f"{body['kind']} {self.name}"
        return admission.write(what, lambda params: self.api.post(path, body, f"create {what}", params))

    def _wait_bound(self) -> None:
        until = time.monotonic() + _BOUND_S
        while self._read(VOLUMES).get("status", {}).get("phase") != "Bound":
            if time.monotonic() > until:
                raise ClusterError(
                    "no_end",
                    f"the cluster would not remove Namespace {self.name} by itself: its PersistentVolume was not bound "
                    f"within {_BOUND_S:.0f} s",
                    "check the controller persistentvolume-binder of kube-controller-manager",
                )
            time.sleep(_LOOK_S)

    def remove(self, seconds: float = _GONE_S) -> list[Left]:
        """Delete it with all that is in it; return what is not gone in time, and why.

        Args:
            seconds: to wait until it is gone.
        """
        there = [(path, item) for path, item in ((NAMESPACES, self._namespace), (VOLUMES, self._volume)) if item]
        reasons: dict[str, str] = {}
        for path, item in there:
            try:
                self._delete(path, item)
            except ClusterError as error:
                reasons[path] = f"could not be removed: {error}"
        until = time.monotonic() + seconds
        left = []
        for path, item in there:
            reason = reasons.get(path) or self._wait_gone(path, _uid(item), until)
            if reason:
                left.append(Left(item["kind"], "", self.name, "unknown", self.end, reason))
        self._namespace = self._volume = None
        return left

    def _delete(self, path: str, item: Json) -> None:
        options = {"propagationPolicy": "Background", "preconditions": {"uid": _uid(item)}}
        self.api.delete(f"{path}/{quote(self.name, safe='')}", options, f"delete {item['kind']} {self.name}")

    def _wait_gone(self, path: str, uid: str, until: float) -> str:
        """Wait until an object is gone; return why it is not."""
        while True:
            try:
                found = self._read(path)
            except ClusterError as error:
                return "" if error.status == 404 else f"it was not seen to be gone: {error}"
            if _uid(found) != uid:
                return ""
            if time.monotonic() > until:
                return f"it is being deleted{_hindrance(found)}"
            time.sleep(_LOOK_S)

    def _read(self, path: str) -> Json:
        return self.api.get(f"{path}/{quote(self.name, safe='')}", what=f"read {path.rpartition('/')[2]} {self.name}")

    @staticmethod
    def _path(name: str) -> str:
        return f"{NAMESPACES}/{quote(name, safe='')}"


def _uid(item: t.Mapping[str, t.Any]) -> str:
    return str(item["metadata"].get("uid", ""))


def _hindrance(found: Json) -> str:
    """What a Namespace says keeps it (C(NamespaceContentRemaining) and its like)."""
    said = [
        str(each.get("message") or "")
        for each in (found.get("status") or {}).get("conditions") or ()
        if each.get("status") == "True"
    ]
    return f": {'; '.join(filter(None, said))}" if any(said) else ""
