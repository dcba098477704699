# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How servers and proxies word an answer of their own: it refuses the client, or says what failed behind it.

Proxies have words of their own beside a status code: the response flags of Envoy
(https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage) and the states of a session
of HAProxy (https://docs.haproxy.org/3.0/configuration.html#8.5).
"""

from __future__ import annotations

from .table import rows


def _flag(*flags: str) -> str:
    """Response flags of Envoy, in its default access log or in one of JSON."""
    before = r"(?:\b(?:0|[1-5]\d\d) |response_flags\W{1,5})(?:[A-Z]{2,6},){0,3}"
    return rf"(?-i:{before}(?:{'|'.join(flags)})(?=[,\s\x22]|$))"


def _state(*states: str) -> str:
    """States of a session in a log line of HAProxy, between two columns of other figures."""
    return rf"(?-i:(?<= )(?:{'|'.join(states)})[-NIVODEU]{{2}} \d{{1,6}}/\d)"


def _before_response(*details: str) -> str:
    return rf"(?:reset reason: |before_response_started\{{(?:remote_)?)(?:{'|'.join(details)})"


OF_ANSWERS = rows(
    # What Envoy says that it saw itself, before what it made of that
    ("no_endpoint", "<NOSRV>"),
    ("refused", r"delayed[_ ]connect[_ ]error:[_ ]{0,2}(?:111|Connection[_ ]refused)", _state("SC")),
    ("unreachable", r"delayed[_ ]connect[_ ]error:[_ ]{0,2}(?:113|No[_ ]route)"),
    ("no_route", r"delayed[_ ]connect[_ ]error:[_ ]{0,2}(?:101|Network[_ ]is)"),
    (
        "no_endpoint",
        "does not have any active endpoint|no endpoints available for service|no[_ ]healthy[_ ]upstream",
        "NoHealthyUpstream",
        "no live upstreams|no available server|No server is available to handle|has no server available",
        "cluster_not_found",
        "(?:service|subset|endpoints?) not found for |Error obtaining Endpoints for|kubernetes service not found",
        "<NOSRV>",
        "Load balancer does(?: not|n't) (?:have|contain) available server|No (?:instances|servers) available for",
        "NoClusterFound",
        r"the service \W{1,3}[^\x22\s]{1,120}@\w{1,24}\W{1,3}does not exist|"
        "ring-balancer|no upstreams available|all backends are down|none of the (?:servers|backends) .{0,40}healthy",
        _flag("UH", "NC"),
    ),
    (
        "authentication",
        "password authentication failed|Access denied for user|WRONGPASS|NOAUTH|NOPERM\\b",
        "Client sent AUTH, but no password",
        "invalid (?:username|password|credential|login)|Login failed for user|no pg_hba\\.conf entry",
        "InvalidCredentials",
        "ACCESS_REFUSED|login refused|Login was refused|Authentication (?:failed|failure|required|rejected)",
        "authentication_failure",
        'role "[^"]{1,64}" does not exist|is not allowed to connect to this|SASL[ _]?(?:authentication|auth)',
        "SaslAuthentication",
        r"bad[_ ]?auth|invalid_grant|Permission denied \(publickey|Too many authentication failures",
        r"unable to authenticate user",
        r"ER_(?:ACCESS_DENIED_ERROR|NOT_SUPPORTED_AUTH_MODE|HOST_NOT_PRIVILEGED)|28P01|28000\b|ORA-01017|ORA-28000",
        r"error code 49\b",
        r"Invalid credentials|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidClientTokenId",
        r"RequestTimeTooSkewed",
        r"Unable to (?:locate|load|find) (?:\w{1,12} )?credentials|NoCredential\w{1,12}|no valid providers in chain|"
        r"\b535[ -]\d",
        r"Authentication credentials invalid|code = Unauthenticated|StatusCode=\W?Unauthenticated",
        "Authentication plugin '|Strong\\(er\\) authentication required|AuthenticationFailure|AuthenticationException",
        "auth failed",
        "CREDENTIALS_REJECTED|AuthenticationError|incorrect password|could not authenticate",
    ),
    (
        "overloaded",
        "too many (?:connections|clients|requests in progress)|remaining connection slots|max number of clients",
        "connection pool (?:is |has been )?(?:exhausted|timeout|full)|reset reason: overflow",
        "Timeout acquiring a connection",
        "QueuePool limit|Connection is not available, request timed out|prior to obtaining a connection from the pool",
        "waiting for (?:a )?connection from (?:the )?pool|ConnectionRequestTimeout|PoolAcquire\\w{0,24}",
        "Acquire operation took longer",
        "no more connections allowed|ER_CON_COUNT_ERROR|53300|ORA-12516|ORA-12519|ORA-12520|code = ResourceExhausted",
        "RESOURCE_EXHAUSTED",
        "checkout_timeout|UpstreamOverflow|SlowDown\\b|query_wait_timeout",
        "Timed out fetching a new connection from the connection pool|\\bPoolTimeout|(?:obtain|get|acquire|check ?out"
        ")\\w{0,3} a connection from the pool",
        "pooled connections were in use|obtaining a connection from the pool",
        "Pool ?Timed ?Out|pool timed out|ResourceRequest timed out|pool is (?:full|busy|draining)|BusyPool",
        "connection limit exceeded|queue.{0,20} is full|dropped from (?:the )?queue",
        _flag("UO"),
    ),
    (
        "application",
        "the database system is (?:starting up|shutting down|in recovery|not yet)|LOADING Redis|MISCONF|57P03",
        r"READONLY You can't|database \W?[\w.=-]{1,64}\W? does not exist|Unknown database|CLUSTERDOWN|MASTERDOWN",
        r"MOVED \d",
        "blocked because of many connection errors|in protected mode|OOM command not allowed|Cannot open database",
        "LEADER_NOT_AVAILABLE|UNKNOWN_TOPIC_OR_PART|NOT_LEADER|COORDINATOR_NOT_AVAILABLE|NOT_ENOUGH_REPLICAS",
        "INVALID_REPLICATION",
        "NotWritablePrimary|not (?:primary|master)\\b|No primary (?:\\w{3,8} )?(?:found|available)|master_not_discove"
        "red",
        "cluster_?block_?exception|NoSuchBucket",
        r"NOT_ALLOWED - |PRECONDITION_FAILED|NOT_FOUND - no |RESOURCE_LOCKED|vhost \S{1,64} (?:not found|is down)",
        r"code = (?:Unimplemented|NotFound|InvalidArgument)(?!.{0,600}(?:code = Unavailable|connection error|dial tcp"
        r"))",
        "ORA-12514|ORA-12505|Vault is sealed|Relay access denied|relay not permitted|\\b55[0-4][ -]5\\.",
        "No such object \\(32\\)",
        "no responders (?:are )?available|No (?:known )?(?:\\w{3,9} )?leader\\b|active cluster node not found|UNIMPLE"
        "MENTED\\b|unknown service \\S{1,120}$|all shards failed",
    ),
    (
        "cancelled",
        "context canceled|client (?:prematurely )?(?:dis|closed )connect(?:ed|ion)|downstream_remote_disconnect|499 ",
        "client disconnected|DownstreamConnectionTermination|code = Canceled|StatusCode\\.CANCELLED",
        "operation was canceled",
        "recv\\(\\) failed .{0,80}while (?:reading client|waiting for) request|The user aborted a request|AbortError",
        "ERR_CANCELED",
        _flag("DC"),
        _state("C[DCRH]", "c[DRH]"),
    ),
    (
        "reset",
        _before_response("remote[_ ]reset", "remote[_ ]refused", "local[_ ]reset", "protocol[_ ]error"),
        "stream error received|Stream refused|REFUSED_STREAM|UpstreamRemoteReset|stream error: stream ID|RST_STREAM|H"
        "TTP/2 stream \\d{1,6} was(?: not closed| reset)",
        _flag("UR", "LR"),
    ),
    (
        "timeout",
        _before_response("connection[_ ]timeout"),
        "L4TOUT|Layer ?4 timeout|Layer ?6 timeout",
        _state("sC"),
    ),
    (
        "closed",
        _before_response("connection[_ ]termination"),
        "UpstreamConnectionTermination|upstream prematurely closed",
        _flag("UC"),
        _state("S[HD]"),
    ),
    (
        "answer_timeout",
        "upstream request timeout|response_timeout|per_try_timeout|stream_idle_timeout|Layer ?7 timeout|L7TOUT",
        "UpstreamRequestTimeout",
        _flag("UT", "SI", "DT", "UMSDR"),
        _state("sH", "sD"),
    ),
    ("wrong_protocol", "Layer ?[67] invalid response|L[67]RSP", _flag("DPE", "UPE"), _state("PH")),
    (
        "no_connection",
        _before_response("(?:remote[_ ])?connection[_ ]failure"),
        "UpstreamConnectionFailure",
        _flag("UF"),
    ),
    (
        "http_4xx",
        "RBAC: access denied|rbac_access_denied|route_not_found|NoRouteFound",
        _flag("NR", "RL", "UAEX", "RLSE"),
    ),
    (
        "dropped",
        "Policy denied|policy-verdict:.{0,40}(?:DENIED|none)|(?-i:\\bDROPPED\\b)",
        "drop \\(|UFW BLOCK|calico-packet: |REJECT(?:ED)? by (?:policy|firewall)",
        r"\bIN=\S{0,32} OUT=\S{0,32}.{0,80} SRC=",
    ),
    (
        "proxy",
        "proxy after CONNECT|CONNECT tunnel failed|Tunnel connection failed|proxyconnect tcp|ProxyError|resolve proxy",
        "Proxy Authentication Required|Unable to connect to proxy|Unable to tunnel through proxy",
        "Proxy CONNECT aborted|proxy tunnel",
        "Proxy (?:connection|server) (?:failed|is refusing)|tunneling socket could not be established",
        "curl: \\((?:5|97)\\)|cURL error (?:5|97)\\b",
    ),
    (
        "redirects",
        "Too ?many ?redirects|Maximum \\(\\d{1,4}\\) redirects|stopped after \\d{1,3} redirects",
        "redirect(?:ed you)? (?:loop|too many)|cURL error 47\\b",
    ),
)
