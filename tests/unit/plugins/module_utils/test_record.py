# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every record of the collection through JSON and back: each field absent, empty, full and other than its default."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import json
import pathlib
import types
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins import module_utils
from ansible_collections.kubewire.netdebug.plugins.module_utils import _record
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe
from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record, changed
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import ForeignPolicy, Pod, Service

NONE = type(None)
ROOT = pathlib.Path(_record.__file__).parent
#: A value of each plain type that is empty, and one that no field has by default.
EMPTY: dict[t.Any, t.Any] = {str: "", int: 0, float: 0.0, bool: False, t.Any: None}
FULL: dict[t.Any, t.Any] = {
    str: "/grün \u202e {{ x }}",
    int: 65_537,
    float: 2.5,
    bool: True,
    t.Any: {"deep": [None, "x"]},
}


def records() -> list[type[Record]]:
    """All of them, in whatever file they are, but for options, which check their values and are never read."""
    for file in sorted(ROOT.rglob("*.py")):
        if "Record" in file.read_text(encoding="utf-8"):
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            importlib.import_module(f"{module_utils.__name__}.{name}")
    found, waiting = [], [Record]
    while waiting:
        below = waiting.pop().__subclasses__()
        found += below
        waiting += below
    found = [cls for cls in found if not hasattr(cls, "__post_init__")]
    return sorted(found, key=lambda cls: (cls.__module__, cls.__name__))


def empty(hint: t.Any) -> t.Any:
    """The emptiest value that a field may have."""
    origin = t.get_origin(hint)
    if origin in (t.Union, types.UnionType):
        return None
    if origin in (tuple, list, dict):
        return origin()
    return build(hint, empty) if is_record(hint) else EMPTY[hint]


def full(hint: t.Any, within: frozenset[t.Any] = frozenset()) -> t.Any:
    """A value that says something in each of its parts; a record among its own parts has no further ones."""
    origin, args = t.get_origin(hint), t.get_args(hint)
    if origin in (t.Union, types.UnionType):
        return full(next(arg for arg in args if arg is not NONE), within)
    if origin in (tuple, list):
        return origin([] if args[0] in within else [full(args[0], within), full(args[0], within)])
    if origin is dict:
        return {"a.b/c": full(args[1], within), "": full(args[1], within)}
    return build(hint, functools.partial(full, within=within | {hint})) if is_record(hint) else FULL[hint]


def is_record(hint: t.Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Record)


def build(cls: type[Record], value: t.Callable[[t.Any], t.Any], only: t.Container[str] | None = None) -> Record:
    hints = t.get_type_hints(cls)
    return cls(
        **{
            field.name: value(hints[field.name])
            for field in dataclasses.fields(cls)
            if field.init and (only is None or field.name in only)
        }
    )


def required(cls: type[Record]) -> set[str]:
    return {
        field.name
        for field in dataclasses.fields(cls)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }


def there_and_back(record: Record) -> Record:
    return type(record).from_dict(json.loads(json.dumps(record.to_dict())))


def test_the_records_of_every_room_are_found():
    assert {Pod, Service, ForeignPolicy} < set(records())
    assert len(records()) > 40


@pytest.mark.parametrize("cls", records(), ids=lambda cls: f"{cls.__module__.split('.')[-2]}.{cls.__name__}")
def test_a_record_comes_back_as_it_was(cls):
    hints = t.get_type_hints(cls)
    bare = build(cls, full, required(cls))
    for record in (build(cls, full), build(cls, empty), bare, build(cls, empty, required(cls))):
        assert there_and_back(record) == record
    for field in dataclasses.fields(cls):
        for value in (empty(hints[field.name]), full(hints[field.name])):
            record = dataclasses.replace(bare, **{field.name: value})
            assert there_and_back(record) == record, field.name
        if t.get_origin(hints[field.name]) in (t.Union, types.UnionType):
            inner = next(arg for arg in t.get_args(hints[field.name]) if arg is not NONE)
            record = dataclasses.replace(bare, **{field.name: empty(inner)})
            assert there_and_back(record) == record, field.name


@pytest.mark.parametrize("cls", records(), ids=lambda cls: f"{cls.__module__.split('.')[-2]}.{cls.__name__}")
def test_a_field_of_another_type_is_named(cls):
    good = json.loads(json.dumps(build(cls, full).to_dict()))
    hints = t.get_type_hints(cls)
    for name, hint in hints.items():
        if hint is t.Any or t.get_origin(hint) is t.ClassVar:
            continue
        odd = "x" if not isinstance(good[name], str) else 7
        with pytest.raises(ValueError, match=rf"^{cls.__name__}\.{name}: .* where "):
            cls.from_dict({**good, name: odd})
    for odd in (None, [], "x", 7):
        with pytest.raises(ValueError, match=rf"^{cls.__name__}: .* where an object is expected"):
            cls.from_dict(odd)


def test_what_is_missing_or_unknown_is_named():
    with pytest.raises(ValueError, match=r"Pod: .* missing 1 required positional argument: 'name'"):
        Pod.from_dict({"namespace": "shop"})
    with pytest.raises(ValueError, match="Pod: unknown key 'kind'; allowed are annotations, containers"):
        Pod.from_dict({"namespace": "shop", "name": "web", "kind": "Pod"})
    pod = {"namespace": "shop", "name": "web", "containers": [{"name": "app", "ports": [{"port": None}]}]}
    with pytest.raises(ValueError, match=r"Pod\.containers: Container\.ports: ContainerPort\.port: null where a whole"):
        Pod.from_dict(pod)


def test_what_is_empty_by_default_is_left_out():
    assert ForeignPolicy("GlobalNetworkPolicy", "", "all").to_dict() == {
        "kind": "GlobalNetworkPolicy",
        "namespace": "",
        "name": "all",
    }
    assert Service("shop", "web").to_dict() == {
        "namespace": "shop",
        "name": "web",
        "type": "ClusterIP",
        "external_traffic_policy": "Cluster",
        "internal_traffic_policy": "Cluster",
        "session_affinity": "None",
        "publish_not_ready_addresses": False,
        "health_check_node_port": 0,
        "allocate_load_balancer_node_ports": True,
    }
    assert Service("shop", "web", type="").to_dict()["type"] == ""


@pytest.mark.parametrize("cls", records(), ids=lambda cls: cls.__name__)
def test_a_record_that_consumes_its_data_is_the_same(cls: type[Record]):
    whole = build(cls, full)
    assert cls.from_consumed(json.loads(json.dumps(whole.to_dict()))) == whole


def test_lists_are_emptied_meanwhile():
    data = Service("shop", "web", cluster_ips=("10.96.0.1",)).to_dict()
    assert Service.from_consumed(data).cluster_ips == ("10.96.0.1",)
    assert data["cluster_ips"] == []
    assert Service.from_dict(data).cluster_ips == ()


def test_a_changed_record_is_what_replace_gives_and_leaves_the_first_as_it_was():
    first = Probe(1, "a", "b", "pod_to_pod_same_node", "tcp", "IPv4", "10.0.0.1")
    assert changed(first, port=80, via="name") == dataclasses.replace(first, port=80, via="name")
    assert first.port == 0
