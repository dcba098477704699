# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fault files: `lab/faults/CODE.yaml` or `lab/faults/CODE-variant.yaml` (lab/README.md describes their form)."""

from __future__ import annotations

import base64
import copy
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from kubelab.proc import LabError
from kubelab.settings import LAB, STATE

FOLDER = LAB / "faults"
FILE = re.compile(r"([A-Z]+-\d+)(?:-([a-z0-9-]+))?\.yaml")
KEYS = {
    *("breaks", "scope", "base", "change", "objects", "keeps", "then", "symptom", "control", "recover"),
    *("expect", "diagnose", "certificates", "healed"),
}
WORD = re.compile(r"\$(NS|PORT|CA)\b")
SCOPES = ("namespace", "node", "cluster")
LABEL = "fault.kubewire.lab"

Object = dict[str, Any]


@dataclass(frozen=True)
class Expected:
    """What a diagnosis must name; where several objects or fields are right, one of them."""

    code: str
    objects: tuple[tuple[str, str, str], ...]  # kind, namespace, name
    fields: tuple[str, ...]

    def __str__(self) -> str:
        where = " or ".join("/".join(part for part in place if part) for place in self.objects)
        return f"{self.code} {where} {' or '.join(field for field in self.fields if field)}".rstrip()

    def fits(self, finding: dict[str, Any]) -> bool:
        """Whether this finding names the code, the object and the field."""
        found = finding.get("object") or {}
        place = (found.get("kind"), found.get("namespace") or "", found.get("name"))
        named = place in self.objects and (finding.get("field") or "") in self.fields
        return named and finding.get("code") == self.code


class Fault:
    """One file; `$NS` in it is the fault's own namespace, `$PORT` a node port of its own, `$CA` the lab's authority."""

    def __init__(self, path: Path) -> None:
        match = FILE.fullmatch(path.name)
        if not match:
            raise LabError(f"{path}: a fault file is called CODE.yaml or CODE-variant.yaml")
        self.path = path
        self.code, self.variant = match[1], match[2] or ""

    @property
    def name(self) -> str:
        """How commands call it."""
        return f"{self.code}/{self.variant}" if self.variant else self.code

    @property
    def namespace(self) -> str:
        return "fault-" + self.path.stem.lower()

    @property
    def port(self) -> int:
        """Other than those of the lab itself; a test holds them apart."""
        return 30100 + zlib.crc32(self.path.stem.encode()) % 300

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            values = {"NS": self.namespace, "PORT": str(self.port), "CA": authority()}
            found = yaml.safe_load(WORD.sub(lambda match: values[match[1]], path.read_text()))
        except (OSError, yaml.YAMLError) as error:
            raise LabError(f"{path}: {error}") from error
        if not isinstance(found, dict):
            raise LabError(f"{path}: is no mapping")
        return found

    @cached_property
    def spec(self) -> dict[str, Any]:
        spec = self._read(self.path)
        if unknown := spec.keys() - KEYS:
            raise LabError(f"{self.path}: unknown {', '.join(sorted(unknown))}")
        if lacks := {"breaks", "symptom", "expect"} - spec.keys():
            raise LabError(f"{self.path}: lacks {', '.join(sorted(lacks))}")
        if spec.get("scope", "namespace") not in SCOPES:
            raise LabError(f"{self.path}: scope is one of {', '.join(SCOPES)}")
        return spec

    @property
    def breaks(self) -> str:
        return str(self.spec["breaks"])

    @property
    def scope(self) -> str:
        """How far it reaches: faults of scope `namespace` do not disturb each other."""
        return str(self.spec.get("scope", "namespace"))

    @cached_property
    def base(self) -> dict[str, Any]:
        """The healthy objects that it changes."""
        names = self.spec.get("base", "web") or []
        parts = [
            self._read(FOLDER / "base" / f"{name}.yaml") for name in ([names] if isinstance(names, str) else names)
        ]
        objects = [item for part in parts for item in part["objects"]]
        controls = [part["control"] for part in parts if "control" in part]
        return {"objects": objects, "control": controls[-1] if controls else []}

    @property
    def objects(self) -> list[Object]:
        """What is applied: its namespace, the base as changed, and its own objects."""
        own = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
        found = [own, *copy.deepcopy(self.base["objects"])]
        found = changed(found, self.spec.get("change", {}), self.path)
        found += copy.deepcopy(self.spec.get("objects", []))
        for item in found:
            labels = item.setdefault("metadata", {}).setdefault("labels", {})
            labels[LABEL] = self.path.stem
        return sorted(found, key=lambda item: bool(item["kind"] != "Namespace"))

    @property
    def controls(self) -> list[dict[str, Any]]:
        """What must go on working: the base's own, unless the fault says otherwise."""
        return list(self.spec.get("control", self.base["control"]))

    def checks(self, part: str) -> list[dict[str, Any]]:
        """The steps or checks of one part, in order."""
        return list(self.spec.get(part, []))

    @property
    def expected(self) -> Expected:
        spec = self.spec["expect"]
        objects = tuple(self._place(name) for name in _several(spec["object"]))
        return Expected(spec.get("code", self.code), objects, tuple(_several(spec.get("field", ""))))

    def _place(self, name: str) -> tuple[str, str, str]:
        kind, *place = name.split("/")
        return (kind, place[0], place[1]) if len(place) == 2 else (kind, self.namespace, place[0])


def _several(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [str(value)]


def discover(only: Sequence[str] = ()) -> list[Fault]:
    """All of them, or those whose names begin so, by code and variant."""
    found = sorted((Fault(path) for path in FOLDER.glob("*.yaml")), key=lambda fault: fault.path.stem)
    return [fault for fault in found if not only or fault.name.startswith(tuple(only))]


def find(name: str) -> Fault:
    """The fault that a user calls so."""
    path = FOLDER / f"{name.replace('/', '-', 1)}.yaml"
    if not path.exists():
        raise LabError(f"there is no fault {name}; `lab/fault list` lists them")
    return Fault(path)


def changed(objects: list[Object], changes: dict[str, Any], path: Path) -> list[Object]:
    """The objects with these changes, each by `Kind/name`; null takes one out."""
    found = {f"{item['kind']}/{item['metadata']['name']}": item for item in objects}
    for name, change in changes.items():
        if name not in found:
            raise LabError(f"{path}: changes {name}, which is not among its objects: {', '.join(found)}")
        if change is None:
            del found[name]
        else:
            found[name] = merged(found[name], change)
    return list(found.values())


def authority() -> str:
    """The certificate of the lab's authority as a caBundle has it; nothing where there is no lab."""
    file = STATE / "pki" / "ca.crt"
    return base64.b64encode(file.read_bytes()).decode() if file.exists() else ""


def merged(old: Any, new: Any) -> Any:
    """As `kubectl apply` merges: maps by key, lists of named things by name; null removes; all else is replaced."""
    if isinstance(old, dict) and isinstance(new, dict):
        both = {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}
        return {key: value for key, value in both.items() if value is not None}
    if _named(old) and _named(new):
        by_name = {item["name"]: item for item in old}
        for item in new:
            by_name[item["name"]] = merged(by_name.get(item["name"], {}), item)
        return list(by_name.values())
    return new


def _named(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and "name" in item for item in value)
