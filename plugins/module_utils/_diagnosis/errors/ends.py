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
_ADDRESS = r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]{2,45}\])"
_BARE = r"[0-9A-Fa-f:.]{2,45}"
_NAMED = rf"(?P<host>{_HOST})"
_END = rf"(?P<host>{_ADDRESS}|{_HOST}):(?P<port>\d{{2,5}})\b"
_NUMERIC = rf"(?P<host>{_ADDRESS}):(?P<port>\d{{1,5}})\b"
_NAME = r"(?-i:[a-z0-9](?:[a-z0-9.-]{0,252}))"
_NAMESPACE = r"(?P<namespace>(?-i:[a-z0-9](?:[a-z0-9-]{0,62})))"
_QUOTE = r"[\"'`]?"
_USER = r"(?:[^\s/@\"'<>]{1,256}@)?"
_PLACE = rf"(?P<host>{_ADDRESS}|{_HOST})(?::(?P<port>\d{{1,5}}))?"
_WEB = rf"(?P<scheme>https?)://{_USER}{_PLACE}(?P<path>/[^\s\"'<>?#,)\[\]|]{{0,512}})?"


def _patterns(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE | re.ASCII) for pattern in patterns)


#: A name is no word of prose: no other word follows it, unless one that leads to something else.
_NO_PROSE = (
    r"(?![\w.-]| (?!(?:on|port|for|via|after|from|in|by|due|because|with|using|to|and|at|is|was|as|into?)\b)[A-Za-z])"
)
_SEPARATED = r"[\"']?\)?[,;]? ?\(?,? ?[:\"']?port[\"']?(?: ?[=:]>? ?|,? )[\"']?(?P<port>\d{1,5})\b"

#: What names a host that is looked up; of an error about a name, before all others.
_LOOKED_UP = (
    rf"status: [A-Z]{{6,9}}, id: .{{1,512}}; ?;(?P<host>{_HOST}) IN ",
    rf"lookup (?P<host>{_HOST})(?: on [^\s]{{1,64}})?: ",
    rf"(?:lookup|resolution|resolving)(?: has)? (?:failed|failure|error)(?: for| of)?:? \W{{0,2}}{_PLACE}{_NO_PROSE}",
    rf"(?:n[o']t|unable to|failed to|failure) resolv(?:e|ing)(?! proxy)(?: (?:host ?(?:name|address)?|address|name|se"
    rf"rver))?:? \W{{0,2}}{_PLACE}{_NO_PROSE}",
    rf"(?:fail\w{{2,4}}|error)(?: in| of)?(?: \w{{1,8}})? lookup(?: for| of)?:? \W{{0,2}}{_PLACE}{_NO_PROSE}",
    rf"could not translate host ?name \"(?P<host>{_HOST})\"",
    rf"bad address '(?P<host>{_HOST})'",
    rf"[Cc]an't find (?P<host>{_HOST})",
    rf"Host (?P<host>{_HOST}) not found",
    rf"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) {_PLACE}",
    rf"getaddrinfo for (?:host )?\W?(?P<host>{_HOST})\W?(?: port (?P<port>\d{{1,5}}))?",
    rf"(?:getaddrinfo|gethostbyname|dns\.\w{{4,8}})\((?:host ?= ?)?[\"'](?P<host>{_HOST})[\"']",
    rf"no (?:record|address(?:es)?|data|answer)s? (?:was |were )?found for (?:name|host|query|domain)?\W{{0,3}}(?P<ho"
    rf"st>{_HOST})",
    rf"Name service error for name=(?P<host>{_HOST})",
    rf"dns[_-]?name\W{{1,4}}(?P<host>{_HOST})",
    rf"\bquery[A-Za-z]{{1,8}} E[A-Z]{{3,12}} (?P<host>{_HOST})",
    rf"UnknownHostException: (?P<host>{_HOST})(?::|\s|$)",
    rf"(?:not known|is known\.?) \({_PLACE}\)",
    rf"\b[a-z]{{2,12}}: (?P<host>{_HOST}): (?:Name|Temporary|No address|Unknown|Try|forward)",
    rf"(?P<host>{_HOST}) could not be resolved",
    rf"resolve host \"(?P<host>{_HOST})\"",
    rf"resolve call failed: '(?P<host>{_HOST})'",
    rf"[$#] (?:nslookup|dig|host|ping|getent (?:hosts|ahosts\w{{0,2}}))(?: [-+]\S{{1,24}}){{0,6}} (?P<host>{_HOST})",
    rf"locate the server named \W{{1,6}}(?:em>)?(?P<host>{_HOST})",
    rf"unknown host:? [\"'<]{{0,2}}(?P<host>{_HOST}){_NO_PROSE}",
)
LOOKED_UP = _patterns(*_LOOKED_UP)
TARGETS = _patterns(
    # Who drops it
    rf"(?:->|<>) {_NAMESPACE}/(?P<name>{_NAME}):(?P<port>\d{{1,5}})\b",
    rf"\bDST=(?P<host>{_ADDRESS}).{{0,120}}? PROTO=(?P<transport>TCP|UDP).{{0,40}}? DPT=(?P<port>\d{{1,5}})",
    # Proxies: the upstream, not the request that they were asked.
    rf"Service \"{_NAMESPACE}/(?P<name>{_NAME})\"(?: does not have any active|: no object)",
    rf"service {_NAMESPACE}/(?P<name>{_NAME}) does not have any active",
    rf"(?:service|subset|endpoints?) not found(?: for)?:? \W?{_NAMESPACE}/(?P<name>{_NAME})",
    rf"no endpoints available for service \"(?P<name>{_NAME})\"",
    rf"outbound\|(?P<port>\d{{1,5}})\|[\w.-]{{0,63}}\|(?P<host>{_HOST})",
    rf"outbound_\.(?P<port>\d{{1,5}})_\.[\w-]{{0,63}}_\.(?P<host>{_HOST})",
    rf"upstream:? \"{_WEB}",
    rf"upstream:? \"[a-z0-9+.-]{{1,24}}://{_PLACE}",
    rf"upstream(?:_host|_addr|_address)?\W{{1,4}}{_END}",
    rf"connect\(\) to {_NUMERIC} failed",
    rf"host not found in upstream \"{_PLACE}",
    # Databases and brokers
    rf"server at \"(?P<host>{_HOST}|{_BARE})\"(?: \({_BARE}\))?, port (?P<port>\d{{1,5}})",
    rf"running on host \"(?P<host>{_HOST}|{_BARE})\".{{0,120}}?port (?P<port>\d{{1,5}})",
    rf"\(host[= ]{{1,2}}\W?(?P<host>{_ADDRESS}|{_HOST})\)\(port[= ]{{1,2}}(?P<port>\d{{1,5}})",
    rf"host[ :,]{{1,2}} ?(?:port: )?[\"']?(?P<host>{_ADDRESS}|{_HOST}){_SEPARATED}",
    rf"host, port: (?P<host>{_ADDRESS}|{_HOST}), (?P<port>\d{{1,5}})",
    rf"\b(?:host|hostname|address|server)[\"']?[=:]>? ?[\"']?(?P<host>{_ADDRESS}|{_HOST}){_SEPARATED}",
    rf"{_NUMERIC} \({_HOST}\): (?:dial|tls|server|failed)",
    rf"`?\bhost=(?P<host>{_HOST}) (?:port=(?P<port>\d{{1,5}}))?",
    rf"MySQL server on ['\"]{_PLACE}['\"]",
    rf"\b(?:on|to|from|at|with) (?:the )?(?:server|host|node|broker|address) ['\"`]{_PLACE}['\"`]",
    rf"errno = \d{{1,5}}, address = (?P<host>{_HOST})\b",
    rf"Unknown (?:MySQL )?(?:server )?host '(?P<host>{_HOST})'",
    rf"Connection to {_END} refused",
    rf"\bPING {_NAMED} \(",
    rf"\bPinging (?:host )?{_NAMED} ",
    rf"Redis (?:at|on) {_END}",
    rf"\b(?:endpoint|passthrough|dns|etcd-endpoints|ipv[46]|xds|consul|static)://[^/\s]{{0,80}}/{{1,2}}{_END}",
    rf"error for host (?P<host>{_HOST}):",
    rf"\b[a-z]{{2,8}}: (?P<host>{_HOST}) \({_ADDRESS}:(?P<port>\d{{1,5}})\): ",
    rf"Error -?\d{{1,3}} connecting to {_END}",
    rf"(?:bootstrap )?broker {_END}",
    rf"(?:^|[ |])(?:[a-z_]{{1,12}}://)?{_END}/(?:bootstrap|\d{{1,9}}):",
    rf"thrd:(?:[a-z_]{{1,12}}://)?{_END}",
    rf"[!-] R:(?P<host>{_HOST})/[^\s:]{{0,64}}:(?P<port>\d{{1,5}})\b",
    rf"\(?(?P<host>{_HOST})/(?:{_ADDRESS}|[0-9A-Fa-f:]{{2,45}}):(?P<port>\d{{1,5}})\)?",
    # Web clients
    rf"Failed to connect to /?(?P<host>{_ADDRESS}|{_HOST}|[0-9A-Fa-f:]{{2,39}})(?:/{_ADDRESS})? ?\(?(?:at )?port (?P<"
    rf"port>\d{{1,5}})",
    rf"SSL_connect: .{{1,80}}? in connection to {_END}",
    rf"\"(?P<host>{_HOST})\" port (?P<port>\d{{1,5}})",
    rf"target host name '(?P<host>{_HOST})'",
    rf"(?:Get|Post|Put|Delete|Head|Patch|Options) \"?{_WEB}\S{{0,512}}?\"?: (?!.{{0,300}}?\b(?:Get|Post|Put|Head) \"?"
    rf"https?://)",
    rf"(?:Get|Post|Put|Delete|Head|Patch|Options) \"{_WEB}",
    rf"(?:request for|GET|POST|PUT|DELETE|HEAD|PATCH|Fetching|fetch|endpoint URL:?|URL:|url ?[:=]|for url:?|to)"
    rf" {{0,2}}[\"'`(\[]{{0,2}}(?:GET |POST |PUT )?{_WEB}",
    rf"HTTP(?P<secure>S)?Connection(?:Pool)?\(host='(?P<host>{_HOST})', port=(?P<port>\d{{1,5}})\)",
    rf"Cannot connect to host {_END}",
    rf"Connection to {_NAMED}(?: port (?P<port>\d{{1,5}}))? timed out",
    rf"Connect to {_END} \[",
    rf"Connecting to (?P<host>{_HOST})(?::(?P<port>\d{{1,5}}))? \({_ADDRESS}",
    rf"Connecting to (?P<host>{_HOST}) \([^)\s]{{1,253}}\)\|[^|\s]{{1,64}}\|:(?P<port>\d{{1,5}})",
    rf"connection to the server {_PLACE} was refused",
    rf"scheme: \"(?P<scheme>https?)\".{{0,80}}?Domain\(\"(?P<host>{_HOST})\"\)\), port: (?:None|Some\((?P<port>"
    rf"\d{{1,5}})\)), path: \"(?P<path>/[^\s\"]{{0,512}})",
    # Names
    *_LOOKED_UP,
    # Addresses, with what was done to them
    rf"(?P<transport>tcp|udp)[46]? \S{{1,64}}->{_NUMERIC}",
    rf"-> ?{_NUMERIC}",
    rf"dial (?P<transport>tcp|udp)[46]? {_END}",
    rf"E(?:CONN[A-Z]{{3,9}}|TIMEDOUT|HOSTUNREACH|NETUNREACH|HOSTDOWN|ACCES|PERM) {_END}",
    rf"(?P<host>{_HOST})/(?:{_ADDRESS}|<unresolved>|[0-9A-Fa-f:]{{2,45}}):(?P<port>\d{{1,5}})\b",
    rf"connect to (?:remote host|host|address) \(?(?:[a-z][a-z+]{{1,15}}://)?(?P<host>{_ADDRESS}|{_HOST})\)?"
    rf"(?:,?(?: and)? port (?P<port>\d{{1,5}}))?",
    rf"connect to (?P<host>{_ADDRESS}|{_HOST}) port (?P<port>\d{{1,5}})",
    rf"remoteAddress: '(?P<host>{_ADDRESS}|{_BARE})', remotePort: (?P<port>\d{{1,5}})",
    rf"\(['\"](?P<host>{_ADDRESS}|{_HOST})['\"], (?P<port>\d{{1,5}})\)",
    rf"look up (?P<host>{_HOST}) \(port (?P<port>\d{{1,5}})\)",
    rf"connect to (?P<host>{_HOST})\[{_ADDRESS}\]:(?P<port>\d{{1,5}})",
    rf"(?:closed|reset) by (?:remote host )?(?P<host>{_ADDRESS}|{_HOST}) port (?P<port>\d{{1,5}})",
    rf"(?:negotiate with|timed out to|waiting for) (?P<host>{_ADDRESS}|{_HOST})(?: port |:)(?P<port>\d{{1,5}})",
    rf"/dev/tcp/(?P<host>{_ADDRESS}|{_HOST})/(?P<port>\d{{1,5}})",
    rf"\b(?:ipv[46]|dns)[:#]{_END}",
    rf"\({_END}\)",
    rf"\((?:UNKNOWN\) \[)?(?P<host>{_ADDRESS})\] (?P<port>\d{{1,5}}) \(",
    rf"(?P<host>{_HOST}) \[{_ADDRESS}\] (?P<port>\d{{1,5}}) \(",
    rf"(?:at|to|from) [\"'`](?P<host>{_ADDRESS}|{_HOST})[\"'`]:[\"'`](?P<port>\d{{1,5}})",
    rf"{_END}[\"']? (?:failed to respond|is unreachable|timed out|refused)",
    rf"x509: {{1,3}}not (?P<host>{_ADDRESS}|{_HOST}|{_BARE})",
    rf"(?:cannot verify|certificate (?:for|of)) \W?(?P<host>{_ADDRESS}|{_HOST})[ '>]",
    rf"(?:connect(?:ing|ion|ed)?|addr(?:ess(?:es)?)?|endpoint|server|broker|node|host|target|reach|tcp)\W{{1,3}}(?:to"
    rf" |at |on |is )?\W{{0,2}}{_END}",
    rf"\b(?:target|host|peer|server) (?P<host>{_ADDRESS}): ",
    rf"(?:failed|failure|refused|unreachable|timeout|timed out): (?P<host>{_ADDRESS}|{_HOST}):(?P<port>\d{{2,5}})(?=["
    rf"\s,;)]|$)",
    rf"{_WEB}",
    rf"\b(?<!non-)(?!(?:persistent|file|unix|npipe|docker|jar|classpath|image|oci|urn|s3|gs|service)\b)"
    rf"(?P<scheme>[a-z][a-z0-9+]{{1,15}})(?<!http)(?<!https)://{_USER}{_PLACE}",
    rf"Trying {_NAMED}\.\.\.",
)
#: What may be a target where nothing else is; a port that the system gives to clients is none.
GUESSED = _patterns(
    rf"{_NUMERIC}(?![:.]\d)",
    r"\b(?P<host>[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}):(?P<port>\d{2,5})(?=[^\w:.]|[:.]\D|$)",
    r"(?:\b(?:to|with|for|at|on|of|peer|via)|[\[('\"=@]) ?[\"'(\[]?(?P<host>(?=[0-9-]{0,62}[a-z])[a-z0-9][a-z0-9-"
    r"]{1,62})"
    r":(?P<port>\d{2,5})(?=[^\w:.]|[:.]\D|[:.]?$)",
    r"^(?:\S{1,40}: )?(?P<host>[a-z][a-z0-9-]{1,62}):(?P<port>\d{2,5}): ",
    r"\b(?P<host>[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}\.svc(?:\.[a-z0-9.-]{1,200})?)\b",
)
#: The first of the ports that Linux gives to clients (C(net.ipv4.ip_local_port_range)).
OF_CLIENTS = 32768

#: Collectors of logs name the Pod that they read, as C(kubectl logs --prefix) does.
SOURCES = _patterns(
    rf"pod[._]?name\W{{1,4}}(?P<name>{_NAME}).{{0,400}}?namespace(?:[._]?name)?\W{{1,4}}{_NAMESPACE}\b",
    rf"namespace(?:[._]?name)?\W{{1,4}}{_NAMESPACE}\b.{{0,400}}?pod[._]?name\W{{1,4}}(?P<name>{_NAME})",
    rf"{_NAMESPACE}/(?P<name>{_NAME}):\d{{1,5}} (?:\(ID:\d{{1,9}}\) )?(?:->|<>) ",
    rf"(?:^| )\[pod/(?P<name>{_NAME})/{_NAME}\] ",
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

KINDS = "pod|service|deployment|statefulset|daemonset|replicaset|job|cronjob|persistentvolumeclaim|ingress|node"
OBJECTS = _patterns(
    rf"&PodSandboxMetadata\{{Name:(?P<name>{_NAME}),.{{0,80}}?Namespace:{_NAMESPACE},",
    rf"(?:in pod|probe (?:for|of)) {_QUOTE}(?P<name>{_NAME})_{_NAMESPACE}\(",
    rf"\bpod[\"']? ?[:=]? ?{_QUOTE}(?P<name>{_NAME})_{_NAMESPACE}[\"(]",
    rf"\bpods?(?:[\"']? ?[:=] ?|[\"']? )(?:spec for )?{_QUOTE}{_NAMESPACE}/(?P<name>{_NAME})\b",
    rf"Kind:\"(?P<kind>{KINDS})\", Namespace:\"{_NAMESPACE}\", Name:\"(?P<name>{_NAME})\"",
    rf"\b(?P<kind>{KINDS})s?(?:\.[a-z.]{{2,40}})? \"(?P<name>{_NAME})\"",
    rf"(?:^|[\s\"'(,])(?P<kind>{KINDS})s?(?:\.[a-z.]{{2,40}})?/(?P<name>{_NAME})\b",
    rf"in pod {_QUOTE}(?P<name>{_NAME})\b",
)
NAMESPACES = _patterns(
    rf"(?<!v1\.)\bnamespace(?:[\"']?[:=] ?| )[\"'`]?(?!(?:failed|error|dial|not|is|does|was|could|in|to|of|and|or|for"
    rf"|with|that)\b){_NAMESPACE}\b(?!\.\w)",
    rf"resource_namespace\W{{1,4}}{_NAMESPACE}\b",
    rf" (?:-n|--namespace)[ =]{_NAMESPACE}\b",
    rf"service account {_NAMESPACE}/",
    rf"Successfully assigned {_NAMESPACE}/",
    rf"object \"{_NAMESPACE}\"/\"",
)
NODES = _patterns(
    rf"\bkubelet, (?P<node>{_NAME})",
    rf"\bnode[ /=]\"?(?P<node>{_NAME})\"? (?:is )?not ready",
    rf"\bnode \W{{0,3}}(?P<node>{_NAME})\W{{0,3}} not found",
)
