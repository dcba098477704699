# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How systems and clients word what became of a connection, and what kept the process from making one."""

from __future__ import annotations

from .codes import system
from .table import rows

#: What the process itself, or its own system, refuses: nothing was sent.
OF_PROCESSES = rows(
    (
        "cannot_listen",
        r"Address (?:already )?in use|\bEADDRINUSE\b|address already in use|BindException|bind\(\) to .{1,64} failed",
        r"bind: permission denied|Failed to bind|could not bind|listen (?:tcp|udp)\d? .{0,64}: bind",
        r"port is already allocated|(?:port|address|socket)\b.{0,40} already (?:in use|bound)",
        "Only one usage of each socket address|Failed to listen on|cannot listen on|eaddrinuse",
        system("cannot_listen"),
    ),
    (
        "local_socket",
        r"dial unix |unix(?:_socket|\W{0,2}domain)? ?(?:socket)?[:=]\W{0,3}/\S{1,200}|connection to server on socket",
        r"through socket '|\[2002\] No such file|connect\w{0,4}\W{1,3}(?:failed: )?No such file or directory",
        r"connect to local (?:MySQL|server)|unix://\S{1,200}|connect E[A-Z]{4,12} /\S{1,200}|docker\.sock",
        r"containerd\.sock|\.s\.PGSQL",
        "Unix domain socket|connect: (?:no such file or directory|permission denied) /",
    ),
    (
        "no_local_port",
        r"Cannot assign requested address|EADDRNOTAVAIL|can't assign requested address",
        system("no_local_port"),
    ),
    ("no_files", r"Too many open files|\bE[MN]FILE\b", system("no_files")),
    (
        "frag_needed",
        "Message too long|EMSGSIZE|frag(?:mentation)? needed|mtu ?= ?\\d{2,5}|packet too big",
        system("frag_needed"),
    ),
    (
        "not_permitted",
        r"(?:connect|sendto|sendmsg|socket|dial|write)\S{0,80}?[:(\s]{1,3}.{0,60}?operation not permitted",
        r"(?:connect|sendto|sendmsg|socket|dial|write)\S{0,80}?[:(\s]{1,3}.{0,60}?permission denied(?! \(p)",
        system("not_permitted"),
        r"connect E(?:ACCES|PERM)\b|failed \(13: Permission denied\)|forbidden by its access permissions|eperm\b",
    ),
    ("proxy", "failed to do connect handshake|error response from proxy"),
    (
        "wrong_peer",
        "Host key verification failed|REMOTE HOST IDENTIFICATION|cluster ID mismatch|InconsistentClusterId",
        "cluster\\.id.{0,40}match",
    ),
)

#: What tells by itself, whatever else a text says.
OF_CAUSES = rows(
    (
        "refused",
        "connection refused|connection was refused|ECONNREFUSED|actively refused|was refused -|ConnectionRefused",
        r"\(111: |\b\((?:111|61|10061)\)|Connection to \S{1,253} refused|ORA-12541|TNS:no listener|0x274D\b|\b10061\b",
        r"(?:MySQL server|connect to server|Redis at) .{1,120}\((?:111|61)\)|after \d{1,3} ms: Couldn't connect",
        r"Refused to connect",
        system("refused"),
    ),
    (
        "no_route",
        r"Network (?:is )?unreachable|ENETUNREACH|unreachable network|\b10051\b",
        system("no_route"),
    ),
    (
        "unreachable",
        r"No ?route ?to ?host|no such route|EHOSTUNREACH|(?:Host|Net|Port|Protocol) (?:is )?unreachable",
        r"Destination \w{3,4} Prohibited",
        r"communication (?:administratively )?prohibited|Packet filtered|Time to live exceeded|\b10065\b",
        r"unreachable host|0x2751\b",
        r"ORA-12543|PortUnreachable|\d ms !?\S{0,8} !(?:H|N|X|A|P)\b|(?-i:\) (?:[\d.]{1,9} ms )?!(?:H|X|N)\b)",
        system("unreachable"),
    ),
    ("timeout", r"did not properly respond|\bdial (?:tcp|udp)[^\"]{0,160}: i/o timeout"),
    ("answer_timeout", r"timeout of \d{1,9} ?ms exceeded"),
    ("no_connection", r"java\.net\.ConnectException(?:$| (?=Caused|Suppressed|at ))"),
    (
        "closed",
        "Remote end closed|RemoteDisconnected|Server disconnected|PrematureCloseException",
    ),
    (
        "reset",
        r"connection reset|ECONNRESET|reset by peer|forcibly closed|\b10054\b|connection aborted",
        r"software caused connection abort",
        r"broken ?pipe|\bEPIPE\b|ECONNABORTED(?!.{0,60}timeout)|connection abort(?!ed\.)|0x2746\b",
        r"Connection reset by \S{1,253} port",
        system("reset"),
    ),
)

#: What may as well be the words of a status code, or of something above the connection.
OF_CONNECTIONS = rows(
    ("no_connection", r"No (?:servers|replica set members) found yet"),
    (
        "closed",
        "error (?:while |occurred while )?(?:reading|writing|receiving) (?!the? config)(?:a |the )?(?:line|from|to|da"
        "ta|response|packet|reply|frame|message|body)",
        "error while sending|(?:read|write|send|recv) error on",
        "No data received|connection \\S{1,24} to \\S{1,253} closed|indicated EOF|StreamLost|EOF'",
        "Empty reply from server|socket hang up|terminating connection",
        "sent GOAWAY|GOAWAY received",
        "upstream connect error or disconnect",
        "closed the connection|prematurely closed|Premature ?close|closed prematurely",
        "connection to (?:the )?broker (?:was )?lost",
        r"unexpected (?:EOF|end of (?:file|stream|HTTP))|\bEOF$|: EOF\b|EOF\"|\bEOFError|ended prematurely",
        r"failed to respond",
        "other side closed|connection termination|Connection (?:was |has been |is )?clos(?:ed|ing)|peer closed",
        r"end of file (?:reached|before)|past the end of|EndOfStream|\bEOF\w{0,4}Exception|\bpremature (?:end|close|e"
        r"of)",
        "before (?:message|the response|response headers?) (?:was |were )?(?:complete|length|received)|payload is not"
        " completed",
        "Lost connection to|lost connection to pod|server has gone away|went away|ResponseEnded|unexpectedly closed",
        "closed unexpectedly",
        "closed by (?:foreign|remote) host|SSL connection has been closed|connection to server was lost",
        "ServerDisconnected",
        r"transport is closing|(?:tcp|ssl|tcp/ssl) (?:recv|send)[^:]{0,40}: closed|reason: :closed|\{:error, :closed",
        r"connection_lost\b",
        r"\b(?:connection|session|stream|channel|socket|server process)\b.{0,40}terminated unexpectedly|Network close"
        r"d for unknown reason|CONNECTION_FORCED|ClosedChannelException",
        "SSL SYSCALL error: EOF",
        "Unexpected end of (?:file|stream)|CONNECTION_LOST|Connection lost|Socket closed",
        "socket has been (?:ended|closed)|ORA-03113|ORA-03135",
        "EOF detected|invalid connection$|driver: bad connection|bad connection|Connection terminated$",
        "with outstanding read data remaining",
        "incomplete (?:response|read|envelope|chunked read)|IncompleteRead|ORA-12537",
        "Disconnected \\(after|aborting with incomplete response",
        r"cURL error 52|cURL error 18|curl: \((?:18|52)\)|write:errno=0|end-of-file on communication",
        r"use of closed network connection",
        system("closed"),
        "connection is already closed|hung up on|disconnected before|server shut ?down in progress",
        "RemoteProtocolError|ChunkedEncodingError",
    ),
    (
        "answer_timeout",
        r"timed out .{0,80}while (?:reading|sending)|with \d{1,12} (?:out of \S{1,24} )?bytes received",
        r"Read error \((?:Connection )?timed out|(?:timeout|timed out) (?:while |when )?(?:reading|receiving|waiting "
        r"for (?:the )?(?:reply|answer|response))",
        r"Read(?:ing)?(?: operation| attempt)? ?timed ?out|Read ?Time-?out|during reading attempt|Read timed out",
        r"banner exchange|OperationTimedOut",
        "Command timed out|Execution Timeout Expired|statement timeout|Timeout performing|Greeting never received",
        "(?<!icmp_seq )request timed out$",
        "Query read timeout|command timeout|Response timed out|Exceeded timeout of \\d{1,9} ?ms for",
        "HttpTimeoutException: request timed out",
        "query.{0,20}timed? ?out|Operation timed out after .{1,40}bytes received|recv timed? ?out",
    ),
    (
        "timeout",
        "Operation (?:now|already) in progress|EINPROGRESS",
        "did not complete (?:after|within|in) \\d",
        "while waiting for connection|have not heard from server|Connect(?:ion)? ?Time(?:d )?-?out|connect(?:ing)? ti"
        "med out",
        "curl: \\(28\\) Failed to connect",
        r"SOCKET_CONNECTION_TIMEOUT|CONNECT_TIMEOUT|ConnectTimeout|OpenTimeout|execution expired|Connecting timed out",
    ),
    (
        "answer_timeout",
        "error getting response|awaiting (?:response )?headers|Headers_?Timeout|BodyTimeout|ESOCKETTIMEDOUT",
        "response timeout",
        r"Timeout awaiting|HttpClient\.Timeout of|timeout of \d{1,9} ?ms exceeded|ResponseTimeout",
        r"Request timeout expired",
        "reading response|timeout awaiting|request timed out|Request Timeout(?! for icmp)",
        "timeout while (?:reading|waiting for (?:a )?response)",
    ),
)

#: Words that may stand for several things: only where nothing else tells.
OF_REST = rows(
    (
        "timeout",
        r"timed?[ _-]?out(?!(?:MS|Millis|s|_ms)?[\"']?\s?[:=] ?\d)|ETIMEDOUT|deadline[ _]?exceeded|\b10060\b|\(110\)",
        r"0x274C\b|ORA-12170",
        "100% packet loss|failed to respond|\\btimedout\\b|heartbeat|no response (?:from|received)|unresponsive",
        r"topic \S{1,120} not present in metadata| \* \* \*",
        system("timeout"),
    ),
    (
        "no_connection",
        "Couldn't connect|could ?n[o']t (?:open a )?connect|Can't (?:connect to|contact)",
        "failed to (?:connect|establish)|unable to connect",
        "cannot connect|Connect(?:ion)? ?(?:Error|Exception|failed|failure)|connection attempt failed|(?-i:UNAVAILABL"
        "E|code = Unavailable)",
        "NoBrokersAvailable",
        "could not be established|UnableToConnect|Communications link failure|instance-specific error|error connecting",
        r"connection to (?:node|broker) .{1,200}(?:unsuccessful|failed)|Bootstrap broker \S{1,253}.{0,40}disconnected",
        r"Node -?\d{1,9} disconnected",
        "Unable to (?:get managed|acquire JDBC|open JDBC|reach|establish) ?connection|Failed to obtain JDBC",
        "Could not (?:get|open|obtain) .{0,40}(?:connection|resource from the pool)",
        "run out of available brokers|brokers? (?:connections )?(?:are )?down|ALL_BROKERS_DOWN|transport failure",
        "_TRANSPORT\\b|being disconnected",
        "max(?:imum)? retries per request|ClusterAllFailed|sentinels are unreachable|No connection is active",
        "No Living connections",
        r"\bNo[A-Z]\w{2,16}Available|\w{3,24}UnreachableException|must be connected before|enableOfflineQueue|not (?:"
        r"currently )?connected\b|AllNodesFailed|All host\(s\) tried|"
        "nodes are available: \\[|No (?:servers|replica set members) found yet|No server is available matching",
        "FailedForAllHosts|No connection established|connection is not established|nodedown",
        "unable to perform an operation on node|connect ?failed",
        "CircuitBreaker .{1,80} is OPEN|circuit breaker is open|is unreachable|Elasticsearch Unreachable",
        "Network Error\\b|fetch failed|could not reach",
        "Exception opening socket|Network Adapter could not|Max retries exceeded|ServiceUnavailable\\b",
        "ConnectionDoesNotExist|Could not communicate",
        "Broker may not be available|Node may not be available|NETWORK_ERROR|NetworkException|cURL error 7\\b",
        "curl: \\(7\\)|ENOTCONN|not connected to",
        "connection error|conn(?:ection)? fail|ClientConnectorError|connect error",
    ),
    ("reset", "cURL error (?:16|55|56|92)|curl: \\((?:16|55|56|92)\\)"),
    ("timeout", "cURL error 28|curl: \\(28\\)"),
    ("tls_handshake", r"cURL error 35|curl: \(35\)|\b(?:SSL|TLS)\b.{0,40}(?:fail|error)"),
    ("tls_untrusted", "cURL error (?:60|77)"),
)

#: Words of their own that mean little beside others.
OF_LEAST = rows(
    ("application", "is not ready|not yet ready|is (?:still )?starting"),
)
