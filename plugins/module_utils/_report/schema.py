# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""JSON Schema (draft 2020-12) of report.json; docs/report.schema.json is printed from it.

It is a Python dict because AnsiballZ ships Python files only. A keyword that check.py does not know is added there too.
"""

from __future__ import annotations

import json

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words as words

from .findings_schema import DIAGNOSIS, FINDING, OBJECT
from .schema_parts import COUNT, NAME, TEXT, TEXTS, Schema, closed, list_of, map_of

SCHEMA_ID = "kubewire.io/report/v1"

_WORD: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}
_MS: Schema = {"type": ["number", "null"], "minimum": 0}
_TIME: Schema = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z$",
    "description": "UTC, RFC 3339; fractions of a second give the duration its precision",
}
_MODEL: Schema = {"enum": list(words.MODELS)}
_COUNTS: Schema = {"cells": COUNT, **dict.fromkeys(words.VERDICTS, COUNT)}

_RUN = closed(
    {
        "id": NAME,
        "start": _TIME,
        "end": _TIME,
        "versions": map_of(TEXT),
        "cluster": closed({"server": TEXT, "version": TEXT, "nodes": COUNT}, "server version nodes"),
        "options": {"type": "object", "description": "what the user chose; never a secret"},
        "replayed": {"type": "boolean", "description": "replayed from recorded facts; nothing was sent"},
    },
    "id start end versions cluster options replayed",
)

_SUMMARY = closed(
    {
        **_COUNTS,
        "application_errors": {
            **COUNT,
            "description": "cells that pass (the network path is open) but whose application answered 5xx",
        },
        "passed_later": {**COUNT, "description": "cells that pass, but only when they were probed again"},
        "network": {**COUNT, "description": "cells that fail because of the network"},
        "application": {**COUNT, "description": "cells that fail because of the application that was probed"},
        "notes": {**COUNT, "description": "different notes on applications whose cells pass"},
        "by_model": map_of(closed(_COUNTS, " ".join(_COUNTS)), propertyNames=_MODEL),
    },
    " ".join(_COUNTS) + " application_errors by_model",
)

_LEVEL: Schema = {"enum": list(words.LEVELS)}
_WORKLOAD: Schema = {**TEXT, "description": "what its Pod belongs to, without what changes at a rollout: Kind/name"}

_SOURCE = closed(
    {
        "id": {**NAME, "description": "namespace/pod/container, node/NAME or outside/NAME"},
        "kind": {"enum": ["pod", "node", "outside"]},
        "namespace": TEXT,
        "pod": TEXT,
        "container": TEXT,
        "node": TEXT,
        "workload": _WORKLOAD,
        "addresses": TEXTS,
        "image": TEXT,
        "level": {**_LEVEL, "description": "where it was probed from"},
        "through": {**TEXT, "description": "the container that it was probed from, if that is not its own"},
        "runner": TEXT,
        "tools": TEXTS,
        "routes": TEXTS,
        "listens": {**TEXTS, "description": "ADDRESS#PORT of TCP sockets that listen in its network"},
        "listens_udp": {**TEXTS, "description": "ADDRESS#PORT of UDP sockets without a peer in its network"},
        "resolv_conf": TEXTS,
        "error": {**TEXT, "description": "why answers of this source are missing"},
        "remedy": TEXT,
        "duration_ms": _MS,
    },
    "id",
)

_TARGET = closed(
    {
        "id": {**NAME, "description": "pod/NS/NAME:PORT, svc/NS/NAME:PORT, node/NAME:PORT or host/NAME:PORT"},
        "kind": _WORD,
        "name": TEXT,
        "namespace": TEXT,
        "port": {"type": "integer", "minimum": 0, "maximum": 65535},
        "port_name": TEXT,
        "node": TEXT,
        "workload": _WORKLOAD,
    },
    "id kind name",
)

_EVIDENCE = closed(
    {
        "address": {**TEXT, "description": "the address that was probed, after name resolution"},
        "answers": TEXTS,
        "more": {"type": "boolean", "description": "whether DNS gave, or may have given, more answers than these"},
        "expected_addresses": {**TEXTS, "description": "the DNS answers that were expected"},
        "name": TEXT,
        "server": TEXT,
        "tool": TEXT,
        "error": {**TEXT, "description": "the system's own words"},
        "phases": map_of(
            {"type": "number", "minimum": 0},
            description="milliseconds of dns, connect, tls, first_byte",
            propertyNames=_WORD,
        ),
        "sent": {**COUNT, "description": "tries that were sent, where there were several"},
        "received": {**COUNT, "description": "tries that were answered"},
        "percentiles": map_of(
            {"type": "number", "minimum": 0},
            description="milliseconds of min, p50, p90, p99, max",
            propertyNames=_WORD,
        ),
        "askings": {
            "type": "array",
            "items": map_of(COUNT, propertyNames=_WORD),
            "description": "how often its tries ended how, each time that it was probed",
        },
        "lost": {
            "type": "array",
            "items": {"type": "array", "items": COUNT},
            "description": "the first of some tries in a row without an answer, and how many they are",
        },
        "resent": {**COUNT, "description": "tries that were answered, but whose connection took a second SYN"},
        "mtu": {**COUNT, "description": "bytes of the largest IP packet that passed"},
        "tls": {"type": "object", "description": "what the handshake and the certificate say"},
        "level": {**_LEVEL, "description": "where it was probed from, if that is not what its source says"},
        "through": {**TEXT, "description": "the container that it was probed from then"},
        "control": {**COUNT, "description": "the cell that proves that the target answers an allowed source"},
        "alive": {**TEXT, "description": "what the cluster says that shows that the target is alive"},
        "path": {**TEXT, "description": "the object that receives the traffic, if that is not the target"},
        "relied_on": {**TEXT, "description": "what uses the port of an application that fails"},
        "refusal": {"enum": ["rst", "icmp"], "description": "what refused the connection, if that could be seen"},
        "request": {
            "enum": ["taken", "lost"],
            "description": "what became of a request without an answer, on a connection that was accepted",
        },
        "error_from": {**TEXT, "description": "the address that an ICMP error came from"},
        "headers": map_of(TEXT, description="headers of an HTTP answer that tell who sent it"),
        "body": {**TEXT, "description": "the first bytes of an HTTP answer that is an error"},
    }
)

_CELL = closed(
    {
        "id": COUNT,
        "source": {**NAME, "description": "a key of sources"},
        "target": {**NAME, "description": "a key of targets"},
        "model": _MODEL,
        "protocol": {"enum": list(words.PROTOCOLS)},
        "family": {"enum": list(words.FAMILIES)},
        "via": {
            **TEXT,
            "description": "how the target was named: address, short name, fqdn, address 198.18.1.11",
        },
        "asked": {**TEXT, "description": "host:port as it was probed"},
        "outcome": {"type": "string", "pattern": words.OUTCOME_PATTERN},
        "expectation": {"enum": list(words.EXPECTATIONS)},
        "expectation_reason": {**TEXT, "description": "why that is expected"},
        "decided_by": {**TEXT, "description": "the object that decided the expectation: Kind namespace/name"},
        "verdict": {"enum": list(words.VERDICTS)},
        "reason": {**TEXT, "description": "why the verdict is not pass"},
        "defect": {**TEXT, "description": "the defect on the path as the cluster reports it, if that is the cause"},
        "author": {"enum": list(words.AUTHORS), "description": "who answered"},
        "application": {
            "enum": list(words.APPLICATION_FAULTS),
            "description": "what is wrong with the application that answered, if anything",
        },
        "whose": {"enum": list(words.WHOSE), "description": "of a failure: what is broken"},
        "note": {**TEXT, "description": "what is to be said of the target although it is no failure"},
        "latency_ms": _MS,
        "evidence": _EVIDENCE,
    },
    "id source target model protocol family outcome expectation verdict reason latency_ms evidence",
)

_FOLLOW_UP = closed(
    {
        "question": closed(
            {
                "kind": _WORD,
                "object": {**OBJECT, "description": "that the answer is about"},
                "protocol": {"enum": list(words.PROTOCOLS)},
                "host": NAME,
                "port": {"type": "integer", "minimum": 0, "maximum": 65535},
                **dict.fromkeys(("path", "server_name", "transport", "dns_server", "family"), TEXT),
                "tries": COUNT,
                "timeout_ms": COUNT,
                "field": {**TEXT, "description": "of the object, which it is about"},
                "value": {**TEXT, "description": "that the field would have"},
                "codes": {**TEXTS, "description": "of the causes that it tells apart"},
                "askers": {**TEXTS, "description": "who may ask, the best first"},
            },
            "kind object protocol host",
        ),
        "source": {**NAME, "description": "namespace/pod/container or node/NAME"},
        "asked": {**TEXT, "description": "host:port as it was probed"},
        "outcome": {"type": "string", "pattern": words.OUTCOME_PATTERN},
        "level": _LEVEL,
        "author": {"enum": list(words.AUTHORS), "description": "who answered"},
        "reason": {**TEXT, "description": "what happened, if it was not answered"},
        "latency_ms": _MS,
        "sent": COUNT,
        "received": COUNT,
        "answers": {**TEXTS, "description": "addresses that DNS gave"},
        "listens": {**TEXTS, "description": "ADDRESS#PORT of TCP sockets that listen in the Pod"},
        "listens_udp": {**TEXTS, "description": "ADDRESS#PORT of UDP sockets of the Pod"},
    },
    "question source asked outcome",
    description="what was asked further to tell causes apart; it is no cell",
)

_NOT_TESTED = closed(
    {
        "what": NAME,
        "reason": NAME,
        "remedy": TEXT,
        "model": {**_MODEL, "description": "the traffic model that has no check for this reason"},
        "not_applicable": {"type": "boolean", "description": "there was nothing to test: nothing is missing"},
    },
    "what reason",
)

_LEFT = closed(
    {"kind": NAME, "namespace": TEXT, "name": NAME, "state": TEXT, "until": TEXT, "reason": TEXT},
    "kind name",
    description="an object of the run that stays in the cluster after it",
)

#: (part of it that is there, all of it)
_PART: Schema = {"type": "array", "items": COUNT, "minItems": 2, "maxItems": 2}

_COVERAGE = closed(
    {
        "mode": {"enum": ["all", "auto", "fewer_on_node", "ring", "random"]},
        "sources": {**_PART, "description": "tested, all"},
        "targets": {**_PART, "description": "tested, all"},
        "pairs": {**_PART, "description": "pairs of nodes, tested, all"},
        "nodes_in": {**_PART, "description": "nodes with a tested target, all"},
        "nodes_out": {**_PART, "description": "nodes with a source, all"},
        "services": {**_PART, "description": "tested from inside the cluster, all"},
        "hosts": {**_PART, "description": "hosts of Ingresses and routes tested from inside the cluster, all"},
        "workloads_in": {**_PART, "description": "workloads with a tested Pod, all"},
        "workloads_out": {**_PART, "description": "workloads with a source, all"},
        "cells": {**_PART, "description": "tested, about how many there are; if the run chose the sample itself"},
        "confidence": {**TEXT, "description": "what such a sample finds, in one sentence"},
        "upper_bound": {
            "type": "number",
            "minimum": 0,
            "maximum": 1,
            "description": "of the 95 % confidence interval for broken pairs of nodes, if no tested pair is broken",
        },
        "left_out": list_of(closed({"what": NAME, "count": COUNT}, "what count")),
    },
    "mode",
    description="what part of everything was tested; without it, all of it",
)

REPORT_SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": f"https://{SCHEMA_ID}",
    "title": "Kubewire report.json",
    **closed(
        {
            "schema": {"const": SCHEMA_ID},
            "run": _RUN,
            "summary": _SUMMARY,
            "sources": map_of(_SOURCE),
            "targets": map_of(_TARGET),
            "cells": list_of(_CELL),
            "follow_ups": list_of(_FOLLOW_UP),
            "findings": list_of(FINDING),
            "diagnosis": DIAGNOSIS,
            "not_tested": list_of(_NOT_TESTED),
            "left": list_of(_LEFT),
            "coverage": _COVERAGE,
            "requests": map_of(COUNT, propertyNames=_WORD),
        },
        "schema run summary sources targets cells findings not_tested requests",
    ),
}


def as_json() -> str:
    """Return the text of docs/report.schema.json."""
    return json.dumps(REPORT_SCHEMA, indent=2) + "\n"
