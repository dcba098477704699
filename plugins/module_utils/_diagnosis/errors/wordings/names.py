# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How resolvers and their callers word a name that is not resolved.

The words of C(getaddrinfo) are those of glibc, musl, the BSDs and Windows; those of other resolvers are Go's, c-ares',
Netty's, Erlang's, nginx's and CoreDNS'.
"""

from __future__ import annotations

from .codes import system
from .table import rows

#: What else than a host is resolved: a build resolves dependencies, a runtime images, a compiler symbols.
NO_HOST = (
    r"(?:\w{1,12} )?(?:instance|versions?|modules?|dependenc|imports?|symbol|path|image|secret|variable|placeholder|t"
    r"ype"
    r"|refer|source|conflict)"
)

OF_NAMES = rows(
    (
        "dns_timeout",
        r"lookup \S{1,253}(?: on \S{1,64})?: (?:read|write|dial)? ?.{0,120}?(?:i/o timeout|deadline exceeded)",
        r"->\S{1,64}:53: .{0,24}(?:timeout|timed out)|DnsNameResolverTimeout",
        r"(?:exchange|dial (?:udp|tcp)) \S{1,64}:53.{0,60}timeout",
        r"no servers could be reached|timed out; trying next origin|communications error to \S{1,64} timed out|Resolv"
        r"ing timed out",
        r"\bquery[A-Za-z]{1,8} ETIMEOUT|could not be resolved \(110|host not resolved.{0,20}timed? ?out",
        "DNS (?:resolution|lookup|query|request|server).{0,40}time?d? ?out|dns error.{0,80}timed out",
        "(?:contacting|contact) DNS servers|attempts to contact name servers|lookup[^:]{0,80} i.o timeout",
        "resolver.{0,40}timed out|Timeout reached on transaction",
    ),
    (
        "dns_servfail",
        r"\bE?SERVFAIL|query\w{1,8} EREFUSED|server misbehaving|Resource temporarily unavailable \(|EAI_AGAIN|\bEAI_F"
        r"AIL\b",
        r"Temporary failure (?:resolving|in name resolution)|could not be resolved \([25]",
        r"server host '[^']{1,253}' \(-3\)",
        r"lookup \S{1,253}(?: on \S{1,64})?: .{0,120}?connection refused",
        r":53: .{0,24}(?:connection refused|unreachable|no route)",
        r"gaierror.{0,20}-3\b|communications error to \S{1,64} connection refused|server can't find \S{1,253} ?REFUSED",
        r"(?:lookup|address|getaddrinfo|information|host name|resolve)[^|]{0,160}: Try again\b",
        r"Host not found, try again",
        r"Non-recoverable (?:failure|error)|Unrecoverable error|DNSSEC validation failed|status: REFUSED",
        r":(?: \d)?\(?SERVFAIL",
        r"not found: [25]\(|: Server failed|Server failure|DNS server returned general failure|DNS server refused",
        "temporary error during hostname resolution|Name server(?:s)? .{0,40}refused|cannot unmarshal DNS message",
        r"unreachable backend: no upstream|plugin/loop: Loop|plugin/ready: Still waiting",
        r"plugin/kubernetes: .{0,30}unsynced",
        r"write to '[^']{1,64}': Connection refused|\b11002\b",
        system("dns_servfail"),
    ),
    ("dns_nxdomain", r"can't find \S{1,253}: NXDOMAIN|status: NXDOMAIN"),
    (
        "dns_nodata",
        r"No address associated with|\bENODATA\b|\bEAI_NODATA\b|gaierror.{0,20}-5\b|status: NOERROR.{0,80}ANSWER: 0\b",
        r"no data of the requested type|answer with no data|Can't find \S{1,253}: No answer|has no A(?:AAA)? record",
        r"no records? found for",
        r"\b11004\b",
        system("dns_nodata"),
    ),
    (
        "dns_nxdomain",
        "NXDOMAIN|no such host|Name or service not known|Name does not resolve|nodename nor servname",
        "hostname nor servname",
        r"\bENOTFOUND|could not be resolved \(3|No such host is known|gaierror.{0,20}-2\b|\bEAI_NONAME\b",
        r"host not found in upstream|Non-existent domain|non-existing domain|Domain name not found",
        r"server host '[^']{1,253}' \(-2\)",
        r"resolve call failed: '[^']{1,253}' not found|Name service error for name=.{1,160}: Host not found",
    ),
    (
        "name_unresolved",
        rf"n[o']t resolve\b(?! {NO_HOST})",
        r"bad address '|unable to resolve (?:host|the)|Unknown ?Host|UnresolvedAddress",
        r"unresolved address",
        r"could not translate host ?name|Unknown (?:MySQL )?(?:server )?host\b|getaddrinfo\(?\)? ?(?:thread )?failed",
        r"/<unresolved>",
        "Name ?Resolution ?(?:Error|Failure)|Resolution ?Fail\\w{2,4}|Name resolution (?:fail|error)",
        rf"(?:Failed to|Could not) resolve(?! {NO_HOST})",
        "DNS (?:resolution|lookup) (?:failed|failure|error)|hostname resolving error|nodename or servname|cannot reso"
        "lve (?:host|name|the)",
        "php_network_getaddresses",
        r"ConnectError\(.{0,3}dns error|: dns error|failed to lookup address|host ?name lookup fail",
        r"host lookup failed|lookup failed for",
        "no resolver defined to resolve|host resolution failure|No resolvable bootstrap",
        "Unable to resolve (?!service for|depend)|could ?n[o']t be resolved",
        r"ORA-12154|ORA-12545|TNS:could not resolve|\bEAI_\w{3,12}\b|curl:? ?(?:error)? ?\(?6\)?:|getaddrinfo: ",
        r"\b11001\b|hostname could not be|Unable to locate the server named",
        system("name_unresolved"),
    ),
)
