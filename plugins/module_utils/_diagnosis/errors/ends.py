# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Where errors name whom they asked, and the objects that they are about.

Rows of C(TARGETS) capture C(host), C(port), C(scheme), C(path), C(transport), or a Service by C(namespace) and C(name);
those of C(OBJECTS) a C(kind), C(name) and C(namespace). The first row that captures what is wanted decides: what a tool
itself calls its target stands before an address that is quoted, and an address before any URL.
"""

from __future__ import annotations

import re

_HOST = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})"
_ADDRESS = r"\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]{2,45}\]"
_BARE = r"[0-9A-Fa-f:.]{2,45}"
_NAMED = rf"(?P<host>{_HOST})"
_END = rf"(?P<host>{_ADDRESS}|{_HOST}):(?P<port>\d{{1,5}})\b"
_NUMERIC = rf"(?P<host>{_ADDRESS}):(?P<port>\d{{1,5}})\b"
_NAME = r"[a-z0-9](?:[a-z0-9.-]{0,252})"
_NAMESPACE = r"(?P<namespace>[a-z0-9](?:[a-z0-9-]{0,62}))"
_QUOTE = r"[\"'`]?"
_USER = r"(?:[^\s/@\"'<>]{1,256}@)?"
_PLACE = rf"(?P<host>{_ADDRESS}|{_HOST})(?::(?P<port>\d{{1,5}}))?"
_WEB = rf"(?P<scheme>https?)://{_USER}{_PLACE}(?P<path>/[^\s\"'<>?#,)]{{0,512}})?"


def _patterns(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE | re.ASCII) for pattern in patterns)


TARGETS = _patterns(
    # Proxies: the upstream, not the request that they were asked.
    rf"Service \"{_NAMESPACE}/(?P<name>{_NAME})\" does not have any active",
    rf"service {_NAMESPACE}/(?P<name>{_NAME}) does not have any active",
    rf"no endpoints available for service \"(?P<name>{_NAME})\"",
    rf"upstream: \"{_WEB}",
    rf"upstream: \"[a-z0-9+.-]{{1,24}}://{_PLACE}",
    rf"connect\(\) to {_NUMERIC} failed",
    rf"host not found in upstream \"{_PLACE}",
    # Databases
    rf"server at \"(?P<host>{_HOST}|{_BARE})\"(?: \({_BARE}\))?, port (?P<port>\d{{1,5}})",
    rf"running on host \"(?P<host>{_HOST}|{_BARE})\".{{0,120}}?port (?P<port>\d{{1,5}})",
    rf"could not translate host name \"(?P<host>{_HOST})\"",
    rf"`?host=(?P<host>{_HOST}) (?:port=(?P<port>\d{{1,5}}))?",
    rf"MySQL server on '{_PLACE}'",
    rf"Unknown (?:MySQL )?(?:server )?host '(?P<host>{_HOST})'",
    rf"Connection to {_END} refused",
    rf"\bPING {_NAMED} \(",
    rf"Redis at {_END}",
    rf"Error -?\d{{1,3}} connecting to {_END}",
    # Web clients
    rf"Failed to connect to (?P<host>{_ADDRESS}|{_HOST}|[0-9A-Fa-f:]{{2,39}}) (?:at )?port (?P<port>\d{{1,5}})",
    rf"SSL_connect: .{{1,80}}? in connection to {_END}",
    rf"\"(?P<host>{_HOST})\" port (?P<port>\d{{1,5}})",
    rf"target host name '(?P<host>{_HOST})'",
    rf"(?:Get|Post|Put|Delete|Head|Patch|GET|POST|PUT|DELETE|HEAD|PATCH|Fetching|fetch) {_QUOTE}{_WEB}",
    rf"(?:GET|POST|PUT|DELETE|HEAD|PATCH) request for \"{_WEB}",
    rf"HTTP(?P<secure>S)?ConnectionPool\(host='(?P<host>{_HOST})', port=(?P<port>\d{{1,5}})\)",
    rf"Cannot connect to host {_END}",
    rf"Connection to {_NAMED} timed out",
    rf"for url:? {_QUOTE}{_WEB}",
    rf"Connect to {_END} \[",
    rf"Connecting to (?P<host>{_HOST})(?::(?P<port>\d{{1,5}}))? \({_ADDRESS}",
    rf"Connecting to (?P<host>{_HOST}) \([^)\s]{{1,253}}\)\|[^|\s]{{1,64}}\|:(?P<port>\d{{1,5}})",
    rf"connection to the server {_PLACE} was refused",
    # Names
    rf"status: [A-Z]{{6,9}}, id: .{{1,512}}; ?;(?P<host>{_HOST}) IN ",
    rf"lookup (?P<host>{_HOST})(?: on [^\s]{{1,64}})?: ",
    rf"(?:n[o']t|unable to|failed to|failure) resolv(?:e|ing)(?: host ?(?:name|address)?)?:? \W{{0,4}}{_NAMED}",
    rf"bad address '(?P<host>{_HOST})'",
    rf"server can't find (?P<host>{_HOST})",
    rf"Host (?P<host>{_HOST}) not found",
    rf"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) {_PLACE}",
    rf"\bquery[A-Za-z]{{1,8}} E[A-Z]{{3,12}} (?P<host>{_HOST})",
    rf"UnknownHostException: (?P<host>{_HOST})(?::|\s|$)",
    rf"(?:not known|is known\.?) \({_PLACE}\)",
    rf"\b[a-z]{{2,12}}: (?P<host>{_HOST}): (?:Name|Temporary|No address|Unknown|Try)",
    rf"(?P<host>{_HOST}) could not be resolved",
    rf"resolve host \"(?P<host>{_HOST})\"",
    # Addresses, with what was done to them
    rf"->{_NUMERIC}",
    rf"dial (?P<transport>tcp|udp)[46]? {_END}",
    rf"E(?:CONN[A-Z]{{3,9}}|TIMEDOUT|HOSTUNREACH|NETUNREACH) {_END}",
    rf"(?P<host>{_HOST})/(?:{_ADDRESS}|<unresolved>):(?P<port>\d{{1,5}})\b",
    rf"connect to (?:remote host|host|address) \(?(?P<host>{_ADDRESS}|{_HOST})\)?(?: port (?P<port>\d{{1,5}}))?",
    rf"ipv[46]:{_NUMERIC}",
    rf"\({_END}\)",
    rf"\((?:UNKNOWN\) \[)?(?P<host>{_ADDRESS})\] (?P<port>\d{{1,5}}) \(",
    rf"(?:connect(?:ing|ion|ed)?|address|endpoint|server|broker|node|peer|host)\W{{1,3}}(?:to |at )?\W{{0,2}}{_END}",
    rf"{_WEB}",
    rf"\b(?P<scheme>[a-z][a-z0-9+]{{1,15}})(?<!http)(?<!https)://{_USER}{_PLACE}",
    _NUMERIC,
    r"\b(?P<host>(?:[a-z0-9-]{1,63}\.){0,8}[a-z][a-z0-9-]{1,62}):(?P<port>\d{2,5})(?=\W|$)(?!:\d)",
    r"\b(?P<host>[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}\.svc(?:\.[a-z0-9.-]{1,200})?)\b",
)

#: Ports of URLs that are not of the web.
PORTS = {
    "postgres": "5432",
    "postgresql": "5432",
    "mysql": "3306",
    "mariadb": "3306",
    "redis": "6379",
    "rediss": "6379",
    "amqp": "5672",
    "amqps": "5671",
    "mongodb": "27017",
    "nats": "4222",
    "ldap": "389",
    "ldaps": "636",
}

_KINDS = "pod|service|deployment|statefulset|daemonset|replicaset|job|cronjob|persistentvolumeclaim|ingress|node"
OBJECTS = _patterns(
    rf"in pod (?P<name>{_NAME})_{_NAMESPACE}\(",
    rf"\bpod[\"']? ?[:=]? ?{_QUOTE}(?P<name>{_NAME})_{_NAMESPACE}[\"(]",
    rf"\bpod[\"']? ?[:=]? ?{_QUOTE}{_NAMESPACE}/(?P<name>{_NAME})\b",
    rf"Kind:\"(?P<kind>{_KINDS})\", Namespace:\"{_NAMESPACE}\", Name:\"(?P<name>{_NAME})\"",
    rf"\b(?P<kind>{_KINDS})s?(?:\.[a-z.]{{2,40}})? \"(?P<name>{_NAME})\"",
    rf"(?:^|[\s\"'(,])(?P<kind>{_KINDS})s?(?:\.[a-z.]{{2,40}})?/(?P<name>{_NAME})\b",
    rf"in pod {_QUOTE}(?P<name>{_NAME})\b",
)
NAMESPACES = _patterns(
    rf"\bnamespace[:=]? ?[\"'`]?{_NAMESPACE}\b",
    rf" (?:-n|--namespace)[ =]{_NAMESPACE}\b",
    rf"service account {_NAMESPACE}/",
    rf"Successfully assigned {_NAMESPACE}/",
    rf"object \"{_NAMESPACE}\"/\"",
)
NODES = _patterns(rf"\bkubelet, (?P<node>{_NAME})", rf"\bnode[ /=]\"?(?P<node>{_NAME})\"? (?:is )?not ready")
