# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What is left where no known wording is in a text: words of a subject near words of a failure.

Clients that nobody has listed word their errors so, too. These rows come last, since they say less than a known
wording.
"""

from __future__ import annotations

from .names import NO_HOST
from .table import rows

_FAILS = (
    r"\b(?:fail\w{0,4}|errors?|unable|none|(?:could|can|did|does|is|was|will|would) ?n(?:o|')t|can't|cannot|not|never"
    r"|no|invalid|bad|wrong|denied|rejected|refused|unsupported|unknown|mismatch\w{0,2}|incorrect|unexpected|impossible"
    r"|problem|lost|down|dead|giving up)\b"
)
_NEAR = r"(?:[^.;]|\.\S){0,60}?"


def _near(subject: str) -> str:
    """A subject beside a word of a failure, in one sentence."""
    return rf"\b(?:{subject}){_NEAR}{_FAILS}|{_FAILS}{_NEAR}\b(?:{subject})"


_ENDS = "server|peer|remote|host|broker|node|endpoint|other (?:side|end)|far end|partner|client"

OF_SUBJECTS = rows(
    ("api_server", "Error from server|error dialing backend"),
    ("dns_timeout", r"\b(?:DNS|name ?server|resolver)\b[^.;]{0,60}(?:no (?:response|answer|reply)|time ?out|too long)"),
    (
        "name_unresolved",
        _near(rf"resolv(?:e[ds]?|ing|able|er)\b(?! {NO_HOST})|look ?up|DNS\b|host ?names?"),
        r"\b(?:host|server|address|domain)\b[^.;:]{0,40}\b(?:could )?(?:not|n't) (?:be )?found|\bunknown (?:address"
        r"|domain|node name)",
        r"\bno address(?:es)? (?:found )?for\b|\b(?:find|determine) (?:the )?(?:host|address|ip)\b",
    ),
    ("tls_untrusted", _near("(?:server|remote|peer) certificate|issuer|CA bundle|trust")),
    ("tls_handshake", _near("certificates?|x509|SSL|TLS")),
    (
        "authentication",
        _near(
            "authenticat\\w{1,5}|authoriz\\w{1,5}|log ?in|passwords?|credentials?|api[ -]?key|user ?name"
            "|(?:access )?token"
        ),
        r"(?:permission|access)[ _]denied|access_denied|AccessDenied|not authorized|unauthenticated|\bexpired token",
        r"\bunauthori[sz]ed\b|insufficient (?:privileges?|permissions?|scopes?|rights)",
    ),
    (
        "overloaded",
        r"\b(?:pool|connections?|queue|limit|quota|rate)\b(?:[^.;]|\.\S){0,60}?\b(?:exhausted|full|exceeded|too many"
        r"|reached|empty)",
        r"pool ?timed? ?-?out|PoolTime\w{0,6}|\bthrottl\w{2,4}|too (?:busy"
        r"|many(?! (?:errors|failures|retries|attempts)))|over(?:load|whelm)ed|at capacity|back-?pressure",
        r"\bno (?:free|idle|spare|more) (?:connection|slot|worker|thread)s?",
    ),
    (
        "application",
        r"\b(?:system|service|database|cluster|node|region|shard|partition) (?:is )?(?:temporarily |currently )?(?:un"
        r"available|not available)",
        r"\b(?:starting up|shutting down|initiali[sz]ing|in recovery|recovering|maintenance|read-?only|sealed|standby"
        r")\b",
        r"\b(?:not (?:the )?|no |lost )(?:leader|master|primary|quorum)\b|\b(?:table|relation|database|index|topic|qu"
        r"eue|bucket)\b"
        r"[^.;]{0,60}(?:not|n't) (?:exist|found)",
    ),
    (
        "closed",
        r"\b(?:connection|stream|channel|session|socket|link|tunnel)\b[^.;]{0,40}"
        r"\b(?:closed|closing|lost|loss|dropped|broken|terminated|gone|interrupted|ended|aborted|disconnect\w{0,3}|sh"
        r"ut ?down|expired)",
        r"(?:disconnected|hung up)\b|\bconn\w{0,7} is in (?:a |an )?\w{3,12} state",
        r"\b(?:lost|broken|dropped|closed|dead|stale) (?:\w{1,16} )?(?:connection|socket|channel|stream)",
        rf"\b(?:{_ENDS})\b[^.;]{{0,30}}\b(?:closed|hung up|disconnected|went away|terminated|dropped|shut ?down)\b",
        r"\brej\w{3,6} (?:the|our|your|this) connection|unexpected(?:ly)? (?:disconnect|clos|terminat|end)\w{0,5}",
        r"\b(?:read|writ|recv|receiv|send|packet)\w{0,4} (?:fail(?:ed|ure)|error)\b|\bfail(?:ed|ure) to (?:read|write"
        r"|send|receive)\b",
    ),
    (
        "timeout",
        rf"\b(?:{_ENDS}|service)\b[^.;]{{0,30}}\b(?:did|does|has|is) ?n(?:o|')t (?:yet )?(?:respond|repl|answer)"
        rf"\w{{0,4}}",
        r"\b(?:no|without) (?:reply|answer|response)\b|took too long|\belapsed\b|gave up (?:waiting|after)"
        r"|not respond\w{0,3}|\btime ?limit\b.{0,40}\b(?:exceeded|reached)|\bexceed\w{2} (?:\w{1,8} )?time ?limit",
    ),
    ("refused", r"\brefus(?:ed|al)\b"),
    ("tls_handshake", _near("handshake")),
    (
        "no_connection",
        _near(
            r"connect\w{0,4}|reach\w{0,4}|contact|dial\w{0,4}|talk\w{0,4} to|communicat\w{2,4}|brokers?|upstreams?"
            r"|bootstrap|sockets?|transport|access(?:ible)?"
        ),
    ),
    (
        "no_connection",
        rf"\b(?:{_ENDS}|service|backend|replica|member|master|leader|coordinator|database)s?\b[^.;]{{0,40}}"
        r"\b(?:unavailable|unreachable|inaccessible|down|offline|gone|dead|not (?:available|reachable|running))\b",
        r"\b(?:un|not )reachable|inaccessible|\bretries exhausted",
        r"(?:could not|cannot|failed to|unable to) \w{3,12}\b[^;]{0,40} to [\w.-]{1,253}:\d{2,5}\b",
        r"(?:giving up|failed)\b[^.;]{0,60} after \d{1,4} (?:re)?(?:tr|attempt)\w{1,4}",
    ),
    (
        "no_connection",
        r"\bnone of the (?:\w{1,16} )?(?:connections?|servers?|hosts?|brokers?|nodes?|endpoints?)\b",
        r"\bno (?:\w{1,12} )?(?:available|living?|usable|reachable) \w{0,12} ?(?:connection|server|host|broker|node)",
        r"NoConnection\w{0,24}|\bno (?:servers?|connections?|brokers?|hosts?) (?:available|reachable|found)",
    ),
    (
        "no_connection",
        r"\bI/O (?:error|exception)|\bIO ?Exception|Resource ?Access ?Exception|\bsocket (?:error|exception)",
        r"network (?:error|problem|issue|failure|exception)",
    ),
)
