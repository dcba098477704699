# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list whose token expires between two pages goes on, and no object comes twice."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api


def page(*names, token=""):
    items = [{"metadata": {"name": name, "namespace": "shop"}} for name in names]
    return 200, {"metadata": {"continue": token} if token else {}, "items": items}


def expired(token=""):
    message = "The provided continue parameter is too old to display a consistent list result."
    meta = {"continue": token} if token else {}
    return 410, {"kind": "Status", "status": "Failure", "reason": "Expired", "message": message, "metadata": meta}


def listed(bad_server, *answers):
    """The names that came, and the tokens that were asked for."""
    server = bad_server(*(lambda peer, each=each: peer.answer(*each, "Connection: close") for each in answers))
    names = []
    try:
        for item in Api(server.connection(), 20).list("/api/v1/services", page_size=2):
            names.append(item["metadata"]["name"])
    finally:
        asked = [peer.request.split()[1].rpartition("continue=")[2] for peer in server.peers]
    return names, ["" if "?" in token else token for token in asked]


def test_it_goes_on_with_the_token_of_the_status(bad_server):
    names, tokens = listed(bad_server, page("a", "b", token="old"), expired("fresh"), page("c", "d"))
    assert (names, tokens) == (["a", "b", "c", "d"], ["", "old", "fresh"])


def test_it_begins_anew_where_there_is_no_token(bad_server):
    answers = page("a", "b", token="old"), expired(), page("a", "b", token="new"), page("c")
    assert listed(bad_server, *answers) == (["a", "b", "c"], ["", "old", "", "new"])


def test_it_does_not_begin_anew_for_ever(bad_server):
    answers = [page("a", token="t0")]
    for number in range(1, 9):
        answers += [expired(), page("a", token=f"t{number}")]
    with pytest.raises(ClusterError, match="too old") as caught:
        listed(bad_server, *answers)
    assert (caught.value.reason, caught.value.status) == ("expired", 410)


def test_a_first_page_that_is_refused_so_is_an_error(bad_server):
    with pytest.raises(ClusterError, match="too old"):
        listed(bad_server, expired("fresh"))


def test_the_rows_of_a_table_are_objects_with_their_cells(bad_server):
    columns = [{"name": "Name"}, {"name": "Data"}]
    rows = [{"cells": ["db", 2], "object": {"kind": "PartialObjectMetadata", "metadata": {"name": "db"}}}]
    table = {"kind": "Table", "metadata": {}, "columnDefinitions": columns, "rows": rows}
    server = bad_server(lambda peer: peer.answer(200, table, "Connection: close"))
    (found,) = Api(server.connection(), 20).list("/api/v1/secrets", is_checked=False)
    assert (found["metadata"], found["cells"]) == ({"name": "db"}, {"name": "db", "data": 2})


@pytest.mark.parametrize("rows", [5, [5], [{"cells": ["db"]}], [{"object": {}, "cells": "db"}]])
def test_a_table_that_is_none_holds_no_objects(bad_server, rows):
    table = {"kind": "Table", "metadata": {}, "columnDefinitions": [{"name": "Name"}], "rows": rows}
    server = bad_server(lambda peer: peer.answer(200, table, "Connection: close"))
    with pytest.raises(ClusterError, match="no list of objects"):
        list(Api(server.connection(), 20).list("/api/v1/secrets", is_checked=False))
