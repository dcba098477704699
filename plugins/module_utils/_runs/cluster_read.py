# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which part of a cluster a snapshot is of: a selection, or what a question is about."""

from __future__ import annotations

import typing as t

from .._bad_input import BadInput
from .._cluster.rest import Api
from .._probe.question import read as question_read
from .._probe.question.plan import DirectQuestion
from .._snapshot.gather import Scope, gather
from .._snapshot.model import Snapshot

CLUSTER_DOMAIN = "cluster.local"


def read(api: Api, params: t.Mapping[str, t.Any]) -> Snapshot:
    """Take the snapshot that the options of M(kubewire.netdebug.net_info) ask for.

    Raises:
        BadInput: options are not allowed, or not together.
        ClusterError: as C(gather) does.
    """
    scope = Scope(*(tuple(params[name]) for name in ("namespaces", "label_selectors", "field_selectors")))
    ends = [name for name in ("from", "to") if params[name]]
    if not ends:
        return gather(api, scope, params["page_size"], params["depth"])
    if scope.label_selectors or scope.field_selectors:
        raise BadInput(f"{ends[0]}: it cannot be given with label_selectors or field_selectors; leave one of them out")
    question = DirectQuestion(params["from"], params["to"], CLUSTER_DOMAIN)
    question.look_up_in(scope.namespaces, api.connection.namespace or "default")
    is_whole = len(ends) == 1 and not scope.namespaces
    if is_whole:
        return gather(api, scope, params["page_size"], params["depth"])
    beside = scope.namespaces if len(ends) == 1 else ()
    return question_read.read(api, question, CLUSTER_DOMAIN, True, params["depth"], beside)
