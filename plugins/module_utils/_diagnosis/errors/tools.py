# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who words an error so: the tool, library or component that says it; the first row that matches."""

from __future__ import annotations

from .wordings.table import rows

TOOLS = rows(
    (
        "kubectl",
        "did you specify the right host or port|Error from server|Unable to connect to the server|kubectl",
    ),
    (
        "an event",
        "FailedScheduling|nodes are available|Failed to pull|Back-off |FailedMount|MountVolume|probe failed"
        "|FailedCreate|FailedAttach|kubelet|Evicted|Unhealthy|ImagePull|CrashLoop",
    ),
    ("curl", r"\bcurl\b"),
    ("wget", r"\bwget\b|bad address '|unable to resolve host address"),
    ("nslookup", r"server can't find|no servers could be reached|nslookup|\bNXDOMAIN\b|\bdig\b"),
    (
        "nginx",
        r"upstream, client:|\[(?:error|crit|warn)\] \d+#\d+|live upstreams|ingress-nginx|any active endpoint"
        "|host not found in upstream",
    ),
    ("Envoy", "upstream connect error|no healthy upstream|upstream request timeout|envoy"),
    ("Ruby", r"\bErrno::E|Faraday::|\bNet::(?:Open|Read)Timeout|SocketError|\bPG::"),
    ("PHP", r"PDOException|mysqli_|PHP (?:Fatal|Warning)|cURL error"),
    (
        "PostgreSQL's client",
        r"psql|psycopg|connection to server at|postgres|PSQLException|pg_hba|Npgsql|SQLSTATE|pgx",
    ),
    ("MySQL's client", r"MySQL|pymysql|ERROR 20\d\d|mariadb"),
    ("the client of Redis", r"\bredis\b|WRONGPASS|NOAUTH|jedis|lettuce"),
    (
        "Java",
        r"\bjava[x.]|Exception in thread|javax\.net|UnknownHostException|Caused by: (?:java|org|com|io)\."
        r"|PKIX|org\.apache|feign\.|io\.netty",
    ),
    (
        "Python",
        r"urllib3|requests\.exceptions|httpx|aiohttp|\[Errno |Traceback|ConnectionPool\(|socket\.gaierror"
        r"|ConnectionRefusedError|httpcore|\[SSL:",
    ),
    (
        "Node.js",
        r"\bE(?:CONN(?:REFUSED|RESET|ABORTED)|TIMEDOUT|NOTFOUND|AI_AGAIN|HOSTUNREACH|NETUNREACH|PIPE|SOCKETTIMEDOUT)\b"
        "|socket hang up|UND_ERR|AxiosError|node:|FetchError|FST_|MongoNetworkError",
    ),
    (
        ".NET",
        r"System\.(?:Net|IO|Threading)|HttpRequestException|SocketException \(|(?<!\w)\.NET\b|TaskCanceledException"
        "|RpcException",
    ),
    (
        "Go",
        r"dial (?:tcp|udp)|lookup \S{1,253} on |net/http|x509:|context deadline exceeded|i/o timeout"
        "|server misbehaving|tls: |read (?:tcp|udp) ",
    ),
)
