# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What is left where no known wording is in a text: words of a subject near words of a failure.

Clients that nobody has listed word their errors so, too. These rows come last, since they say less than a known
wording.
"""

from __future__ import annotations

from .table import rows

_FAILS = (
    r"\b(?:fail\w{0,4}|errors?|unable|none|(?:could|can|did|does|is|was|will|would) ?n(?:o|')t|can't|cannot|not|never|no|i"
    r"nvalid|bad|wrong"
    r"|denied|rejected|refused|unsupported|unknown|mismatch\w{0,2}|incorrect|unexpected|impossible|problem|lost|down|"
    r"dead|giving up)\b"
)
_NEAR = r"(?:[^.;]|\.\S){0,60}?"


def _near(subject: str) -> str:
    """A subject beside a word of a failure, in one sentence."""
    return rf"\b(?:{subject}){_NEAR}{_FAILS}|{_FAILS}{_NEAR}\b(?:{subject})"


OF_SUBJECTS = rows(
    ("api_server", "Error from server: |error dialing backend"),
    (
        "overloaded",
        r"\b(?:pool|connections?|queue|limit)\b[^.;]{0,40}\b(?:exhausted|full|exceeded|too many)|pool ?timed? ?-?out",
        r"PoolTime\w{0,6}",
    ),
    (
        "closed",
        r"\b(?:connection|stream|channel|session)\b[^.;]{0,40}\b(?:closed|closing|lost|dropped|broken|terminated|gone|interrupted|ended)\b",
        r"(?:disconnected|hung up)\b|\bconn\w{0,7} is in (?:a |an )?\w{3,12} state",
        r"\b(?:lost|broken|dropped|closed|dead|stale) (?:\w{1,16} )?(?:connection|socket|channel|stream)",
    ),
    ("application", r"\b(?:system|service|database|cluster|node) (?:is )?(?:temporarily |currently )?(?:unavailable|not available)"),
    ("closed", r"\brej\w{3,6} (?:the|our|your|this) connection", r"\b(?:read|writ|recv|receiv|send|packet)\w{0,4} (?:fail(?:ed|ure)|error)\b|\bfail(?:ed|ure) to (?:read|write|send|receive)\b"),
    ("name_unresolved", _near(r"resolv(?:e[ds]?|ing|able|er)\b|look ?up|DNS\b|host ?names?")),
    ("tls_untrusted", _near("(?:server|remote|peer) certificate|issuer|CA bundle|trust")),
    ("tls_handshake", _near("certificates?|x509|SSL|TLS|handshake")),
    (
        "authentication",
        _near("authenticat\\w{1,5}|authoriz\\w{1,5}|log ?in|passwords?|credentials?|api[ -]?key|user ?name"),
        r"(?:permission|access)[ _]denied|access_denied|AccessDenied|not authorized|unauthenticated|\bexpired token",
    ),
    ("no_connection", _near(r"connect\w{0,4}|reach\w{0,4}|contact|dial\w{0,4}|brokers?|upstreams?|bootstrap|sockets?|transport")),
    (
        "no_connection",
        r"\b(?:server|host|node|peer|backend|endpoint|replica|member|master|leader|coordinator)s?\b[^.;]{0,40}"
        r"\b(?:unavailable|down|offline|gone|dead|not (?:available|respond\w{0,3}|reachable|running|answer\w{0,3}))\b",
    ),
    (
        "no_connection",
        r"\bno (?:\w{1,12} )?(?:available|living?|usable|reachable) \w{0,12} ?(?:connection|server|host|broker|node)",
        r"NoConnection\w{0,24}|\bno (?:servers?|connections?|brokers?|hosts?) (?:available|reachable|found)",
    ),
    (
        "no_connection",
        r"\bI/O (?:error|exception)|\bIOException|ResourceAccessException|\bsocket error",
        r"network (?:error|problem|issue)",
    ),
)
