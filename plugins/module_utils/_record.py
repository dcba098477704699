# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""One way to turn every dataclass that crosses a stage into JSON and back."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing as t

R = t.TypeVar("R", bound="Record")
#: Hosts that probe may have Python 3.9, which knows neither C(X | Y) nor a name for the class of None.
_UNIONS = (t.Union, getattr(types, "UnionType", t.Union))
_NONE = type(None)


class Record:
    """Base of the dataclasses that cross a stage: plain data in, plain data out."""

    def to_dict(self) -> dict[str, t.Any]:
        """Return JSON-ready data; fields that hold None or nothing are left out unless they are named in C(KEEP)."""
        keep: frozenset[str] = getattr(self, "KEEP", frozenset())
        data: dict[str, t.Any] = {}
        for name in _names(t.cast(t.Hashable, type(self))):
            value = getattr(self, name)
            if name in keep or value not in (None, "", (), [], {}):
                data[name] = value if isinstance(value, (str, int)) else _plain(value)
        return data

    @classmethod
    def from_dict(cls: type[R], data: t.Mapping[str, t.Any]) -> R:
        """Build the record from C(to_dict) data.

        Raises:
            ValueError: a key is not a field of this record, or a required one is missing.
        """
        hints = _hints(t.cast(t.Hashable, cls))
        unknown = sorted(set(data) - set(hints))
        if unknown:
            raise ValueError(f"{cls.__name__}: unknown key {unknown[0]!r}; allowed are {', '.join(sorted(hints))}")
        try:
            return cls(**{name: _typed(hints[name], value) for name, value in data.items()})
        except TypeError as error:
            raise ValueError(f"{cls.__name__}: {error}") from None


@functools.lru_cache(maxsize=None)  # noqa: UP033 - hosts may have Python 3.8, which has no cache
def _names(cls: t.Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


@functools.lru_cache(maxsize=None)  # noqa: UP033 - as above
def _hints(cls: t.Any) -> dict[str, t.Any]:
    hints = t.get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def _plain(value: t.Any) -> t.Any:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _typed(hint: t.Any, value: t.Any) -> t.Any:
    """Rebuild nested records and tuples by the field's annotation; anything else passes as it is."""
    origin, args = t.get_origin(hint), t.get_args(hint)
    if value is None:
        return None
    if origin in _UNIONS:
        return _typed(next(arg for arg in args if arg is not _NONE), value)
    if origin is tuple:
        return tuple(_typed(args[0], item) for item in value)
    if origin is dict:
        return {key: _typed(args[1], item) for key, item in value.items()}
    if isinstance(hint, type) and issubclass(hint, Record):
        return hint.from_dict(value)
    return value
