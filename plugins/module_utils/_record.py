# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""One way to turn every dataclass that crosses a stage into JSON and back."""

from __future__ import annotations

import dataclasses
import functools
import sys
import types
import typing as t

R = t.TypeVar("R", bound="Record")
#: Hosts that probe may have Python 3.9, which knows neither C(X | Y) nor a name for the class of None.
_UNIONS = (t.Union, getattr(types, "UnionType", t.Union))
_NONE = type(None)
_Items = t.Callable[[t.List[t.Any]], t.Iterable[t.Any]]  # noqa: UP006 - evaluated, as above
_Reader = t.Callable[[t.Any, _Items], t.Any]


class Record:
    """Base of the dataclasses that cross a stage: plain data in, plain data out, and `from_dict(r.to_dict()) == r`."""

    def to_dict(self) -> dict[str, t.Any]:
        """Return JSON-ready data.

        What is empty and is so by default is left out, unless it is named in `KEEP`.
        """
        keep: frozenset[str] = getattr(self, "KEEP", frozenset())
        data: dict[str, t.Any] = {}
        for name, default in _defaults(t.cast(t.Hashable, type(self))).items():
            value = getattr(self, name)
            if name in keep or value != default or value not in _EMPTY:
                data[name] = value if isinstance(value, (str, int)) else _plain(value)
        return data

    @classmethod
    def from_dict(cls: type[R], data: t.Any) -> R:
        """Build the record from `to_dict` data.

        Raises:
            ValueError: the data is no object, a key is not a field of this record, a required one is missing, or a
                value is of another type than its field.
        """
        return cls._from(data, list)

    @classmethod
    def from_consumed(cls: type[R], data: t.Any) -> R:
        """Build the record as `from_dict` does, and empty its lists meanwhile: large data is not there twice."""
        return cls._from(data, _drained)

    @classmethod
    def _from(cls: type[R], data: t.Any, items: _Items) -> R:
        if not isinstance(data, t.Mapping):
            raise ValueError(f"{cls.__name__}: {type_of(data)} where an object is expected")
        readers = _readers(t.cast(t.Hashable, cls))
        if not data.keys() <= readers.keys():
            unknown = sorted(set(map(str, data)) - set(readers))
            raise ValueError(f"{cls.__name__}: unknown key {unknown[0]!r}; allowed are {', '.join(sorted(readers))}")
        fields = {}
        for name, value in data.items():
            try:
                fields[name] = readers[name](value, items)
            except ValueError as error:
                raise ValueError(f"{cls.__name__}.{name}: {error}") from None
        try:
            return cls(**fields)
        except TypeError as error:
            raise ValueError(f"{cls.__name__}: {error}") from None


_EMPTY: tuple[t.Any, ...] = (None, "", (), [], {})


@functools.lru_cache(maxsize=None)  # noqa: UP033 - hosts may have Python 3.8, which has no cache
def _defaults(cls: t.Any) -> dict[str, t.Any]:
    """Each field with its default; a required one has `MISSING`, which no value equals."""
    found = {}
    for field in dataclasses.fields(cls):
        factory = field.default_factory
        found[field.name] = field.default if factory is dataclasses.MISSING else factory()
    return found


@functools.lru_cache(maxsize=None)  # noqa: UP033 - as above
def _readers(cls: t.Any) -> dict[str, _Reader]:
    hints = t.get_type_hints(cls)
    return {field.name: _reader(hints[field.name]) for field in dataclasses.fields(cls)}


def _plain(value: t.Any) -> t.Any:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _drained(items: list[t.Any]) -> t.Iterator[t.Any]:
    items.reverse()
    while items:
        yield items.pop()


def _reader(hint: t.Any) -> _Reader:
    """What rebuilds nested records and tuples by a field's annotation, and holds the value to it.

    It takes plain data, and what gives the items of a list of the record itself and of the records that are its fields.
    A snapshot has millions of values and some hundred annotations: so these are looked at once.
    """
    origin, args = t.get_origin(hint), t.get_args(hint)
    if origin in _UNIONS:
        inner = _reader(next(arg for arg in args if arg is not _NONE))
        return lambda value, items: None if value is None else inner(value, items)
    if origin is tuple:
        of_item = _reader(args[0])
        return lambda value, items: tuple([of_item(item, list) for item in items(_of(list, value))])
    if origin is list:
        of_item = _reader(args[0])
        return lambda value, _items: [of_item(item, list) for item in _of(list, value)]
    if origin is dict:
        of_value = _reader(args[1])
        return lambda value, _items: {key: of_value(item, list) for key, item in _of(dict, value).items()}
    if isinstance(hint, type) and issubclass(hint, Record):
        return hint._from
    if hint is str:  # names, labels and images are there thousands of times
        return lambda value, _items: sys.intern(value) if type(value) is str else _of(str, value)
    return lambda value, _items: value if hint is t.Any else _of(hint, value)


def _of(wanted: t.Any, value: t.Any) -> t.Any:
    accepted = (int, float) if wanted is float else wanted
    if not isinstance(value, accepted) or (isinstance(value, bool) and wanted is not bool):
        raise ValueError(f"{type_of(value)} where {TYPES[wanted]} is expected")
    if wanted is float and not abs(value) <= sys.float_info.max:
        raise ValueError(f"a number that is too large, or none, where {TYPES[wanted]} is expected")
    return value


#: What JSON calls its types.
TYPES: dict[t.Any, str] = {str: "a string", bool: "a boolean", int: "a whole number", float: "a number"}
TYPES.update({list: "a list", dict: "an object", _NONE: "null"})


def type_of(value: t.Any) -> str:
    """The type of a value, in the words of C(TYPES)."""
    return TYPES.get(type(value), type(value).__name__)


T = t.TypeVar("T")


def changed(record: T, **changes: t.Any) -> T:
    """Return a frozen record with some fields changed, as C(dataclasses.replace) does.

    It takes a fifth of the time, since a plan changes tens of thousands of them: nothing is checked, and C(record) must
    have neither slots nor cached properties.
    """
    made: T = object.__new__(record.__class__)
    made.__dict__.update(record.__dict__)
    made.__dict__.update(changes)
    return made
