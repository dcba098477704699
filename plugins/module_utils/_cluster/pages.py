# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The pages of a list call: C(limit) and C(continue), to the end, or to an error in time.

A token of C(continue) is good for as long as etcd keeps the revision of the list (5 minutes by default); after that the
API server answers 410 C(Expired). It gives a token then that goes on at the next key with the objects as they are now
(kubernetes/kubernetes, C(apiserver/pkg/storage/etcd3/errors.go)); where it gives none, the list begins anew.
"""

from __future__ import annotations

import time
import typing as t

from .errors import ClusterError

_RESTARTS = 3  #: of one list; each would have to expire, too

Query = dict[str, t.Any]


def objects(
    fetch: t.Callable[[Query], dict[str, t.Any]], query: t.Mapping[str, t.Any], what: str, seconds: float
) -> t.Iterator[t.Any]:
    """Yield what the pages hold, each object once.

    Args:
        fetch: gets one page.
        query: of the first page.
        what: in words, for errors.
        seconds: after which no other page is asked for.

    Raises:
        ClusterError: as C(fetch) does, or the list has no end.
    """
    until = time.monotonic() + seconds
    tokens: set[str] = set()
    seen: set[tuple[t.Any, t.Any]] = set()
    restarts = 0
    token: t.Any = ""
    while True:
        try:
            page = fetch({**query, "continue": token} if token else dict(query))
        except ClusterError as error:
            if error.status != 410 or not token or restarts == _RESTARTS:
                raise
            token = error.said.get("metadata", {}).get("continue", "")
            restarts += 1
        else:
            items = _of_table(page) if page.get("kind") == "Table" else page.get("items", False)
            meta = page.get("metadata")
            if not isinstance(items, (list, type(None))):
                raise ClusterError("not_a_list", f"cannot {what}: the answer holds no list of objects")
            yield from _new(items or [], seen, restarts > 0)
            token = meta.get("continue") if isinstance(meta, dict) else None
            if not token:
                return
        if not isinstance(token, str) or token in tokens:
            raise ClusterError("endless_list", f"cannot {what}: the server returned the same continue token twice")
        if time.monotonic() > until:
            words = f"the list has not ended after {len(tokens) + 1} pages and {seconds:g} s"
            raise ClusterError(
                "endless_list", f"cannot {what}: {words}", "increase request_timeout if the list is that large"
            )
        if token:
            tokens.add(token)


def _of_table(page: dict[str, t.Any]) -> t.Any:
    """The objects of a C(meta.k8s.io/v1/Table), each with its C(cells) by the names of the columns in lower case."""
    columns, rows = page.get("columnDefinitions"), page.get("rows")
    if not isinstance(columns, list) or not isinstance(rows, (list, type(None))):
        return False
    names = [str(column.get("name", "")).lower() if isinstance(column, dict) else "" for column in columns]
    found = []
    for row in rows or []:
        own, cells = (row.get("object"), row.get("cells")) if isinstance(row, dict) else (None, None)
        if not isinstance(own, dict) or not isinstance(cells, list):
            return False
        found.append({**own, "cells": dict(zip(names, cells, strict=False))})
    return found


def _new(items: list[t.Any], seen: set[tuple[t.Any, t.Any]], again: bool) -> t.Iterator[t.Any]:
    """Yield the objects of a page, after a list began anew without those that came before."""
    for item in items:
        meta = item.get("metadata") if isinstance(item, dict) else None
        key = (meta.get("namespace"), meta.get("name")) if isinstance(meta, dict) else None
        if key and all(isinstance(part, (str, type(None))) for part in key) and key[1]:
            if again and key in seen:
                continue
            seen.add(key)
        yield item
