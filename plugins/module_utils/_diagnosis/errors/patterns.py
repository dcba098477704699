# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How errors are worded: which class a wording stands for.

The first row that matches decides, so that what is more specific comes first: the event of a Pod before the refused
connection that it quotes, and a name server that does not answer before a timeout. A text is hostile: no pattern has a
repetition inside another one, and each repetition is bounded.
"""

from __future__ import annotations

import re

Rows = tuple[tuple[str, re.Pattern[str]], ...]


def rows(*given: tuple[str, str]) -> Rows:
    """The rows of a table: a name, and the wordings that stand for it."""
    return tuple((name, re.compile(pattern, re.IGNORECASE | re.ASCII)) for name, pattern in given)


#: Of events of Pods, workloads and nodes, and of what kubectl says of objects.
_OF_OBJECTS = rows(
    (
        "sandbox",
        "FailedCreatePodSandBox|Failed to create pod sandbox|failed to set ?up (?:pod )?network for"
        "|cni plugin not initialized|cni config uninitialized|NetworkPluginNotReady|NetworkPlugin cni failed"
        "|no IP addresses available in range|failed to assign an IP address to container|Failed create pod sandbox",
    ),
    (
        "image_pull",
        "Failed to pull (?:and unpack )?image|ErrImagePull|ImagePullBackOff|ErrImageNeverPull"
        "|failing to pull image|toomanyrequests|InvalidImageName|Back-off pulling image|manifest unknown"
        "|pull access denied"
        "|container image .{1,200} is not present with pull policy",
    ),
    ("volume", "unbound immediate PersistentVolumeClaims|volume node affinity conflict"),
    (
        "unschedulable",
        r"\d/\d{1,6} nodes are available|FailedScheduling|no nodes available to schedule|OutOf(?:cpu|memory|pods)\b"
        "|Unable to schedule pod|didn't have enough resource",
    ),
    (
        "missing_reference",
        r"(?:secret|configmap|serviceaccount)s? \\?\x22[\w.-]{1,253}\\?\x22 not found|couldn't find key"
        "|error looking up service account|references non-existent (?:secret|config) key",
    ),
    (
        "volume",
        "MountVolume|FailedMount|FailedAttachVolume|AttachVolume|Multi-Attach error"
        "|Unable to attach or mount volumes|Volume is already exclusively attached|mount volumes for pod"
        "|volumes to attach or mount"
        r'|persistentvolumeclaim "[\w.-]{1,253}" not found|ProvisioningFailed|failed to provision volume'
        "|no persistent volumes available|waiting for a volume to be created",
    ),
    (
        "probe_failed",
        "(?:Readiness|Liveness|Startup) probe (?:failed|errored)|failed (?:liveness|readiness|startup) probe",
    ),
    (
        "out_of_memory",
        r"OOM-?Killed|Memory cgroup out of memory|Out of memory: Killed process|\bOOM killer"
        r"|\bexit code:? 137\b",
    ),
    (
        "evicted",
        r"\bEvicted\b|The node was low on resource|The node had condition: \["
        "|exceeds the total limit of containers|Usage of EmptyDir volume|exceeded its local ephemeral storage"
        "|Preempted (?:in order to admit|by)",
    ),
    (
        "container_start",
        r"executable file not found in \$PATH|exec format error|RunContainerError|CreateContainerError\b"
        "|unable to start container process|failed to create (?:shim|containerd) task"
        "|CreateContainerConfigError|runAsNonRoot and image|failed to start container|is waiting to start: ",
    ),
    (
        "crash",
        "CrashLoopBackOff|Back-off restarting failed|restarting failed container|reached the specified backoff limit",
    ),
    ("rollout", "ProgressDeadlineExceeded|exceeded its progress deadline|timed out waiting for the condition"),
    (
        "quota",
        r"exceeded quota:|(?:maximum|minimum) \S{1,40} usage per|failed quota:"
        r"|must specify (?:limits|requests)\.",
    ),
    ("webhook", "failed calling (?:admission )?webhook|failed to call webhook"),
    (
        "admission",
        'admission webhook "[^"]{1,253}" denied|violates PodSecurity'
        "|unable to validate against any (?:security context constraint|pod security policy)"
        "|ValidatingAdmissionPolicy '[^']{1,253}'|is invalid: (?:spec|metadata)",
    ),
    (
        "forbidden",
        r"is forbidden: User|\bcannot (?:get|list|watch|create|update|patch|delete|impersonate) resource"
        r"|Error from server \(Forbidden\)",
    ),
    (
        "unauthorized",
        r"must be logged in to the server|\(Unauthorized\)"
        "|the server has asked for the client to provide credentials",
    ),
    ("not_found", r"Error from server \(NotFound\)|the server doesn't have a resource type|no matches for kind"),
    (
        "api_server",
        r"etcdserver: |Error from server \((?:Timeout|ServiceUnavailable|InternalError|TooManyRequests)\)"
        r"|unable to handle the request|Internal error occurred: ",
    ),
    ("load_balancer", "SyncLoadBalancerFailed|Error syncing load balancer|failed to ensure load balancer"),
    (
        "node",
        "NodeNotReady|NodeStatusUnknown|Kubelet stopped posting|Node is not ready|container runtime is down"
        r"|PLEG is not healthy|node \S{1,253} not ready",
    ),
)
_OF_NAMES = rows(
    (
        "dns_timeout",
        r"lookup \S{1,253}(?: on \S{1,64})?: (?:read|write|dial)? ?.{0,120}?(?:i/o timeout|deadline exceeded)"
        r"|->\S{1,64}:53: .{0,24}(?:timeout|timed out)|DnsNameResolverTimeout"
        r"|no servers could be reached|communications error to \S{1,64} timed out|Resolving timed out"
        r"|\bquery[A-Za-z]{1,8} ETIMEOUT|could not be resolved \(110|host not resolved.{0,20}timed? ?out"
        "|DNS (?:resolution|lookup|query|request).{0,40}time?d? ?out",
    ),
    (
        "dns_servfail",
        r"SERVFAIL|server misbehaving|Resource temporarily unavailable \(|EAI_AGAIN|Temporary failure resolving"
        r"|Temporary failure in name resolution|could not be resolved \(2|server host '[^']{1,253}' \(-3\)"
        r"|lookup \S{1,253}(?: on \S{1,64})?: .{0,120}?connection refused|:53: .{0,20}connection refused"
        r"|gaierror.{0,20}-3\b|communications error to \S{1,64} connection refused",
    ),
    ("dns_nodata", r"No address associated with hostname|\bENODATA\b|gaierror.{0,20}-5\b"),
    (
        "dns_nxdomain",
        "NXDOMAIN|no such host|Name or service not known|Name does not resolve|nodename nor servname"
        r"|ENOTFOUND|could not be resolved \(3|No such host is known|gaierror.{0,20}-2\b"
        "|host not found in upstream|Non-existent domain",
    ),
    (
        "name_unresolved",
        r"n[o']t resolve\b|bad address '|unable to resolve host|UnknownHostException"
        r"|could not translate host name|Unknown (?:MySQL )?(?:server )?host\b|getaddrinfo failed"
        "|NameResolutionError|Name resolution fail|DNS resolution failed|Failed to resolve"
        "|Could not resolve|hostname resolving error|nodename or servname",
    ),
)
_OF_TLS = rows(
    (
        "wrong_protocol",
        "wrong[ _]version[ _]number|first record does not look like a TLS"
        "|gave HTTP response to HTTPS client|Unsupported or unrecognized SSL message"
        "|plain HTTP request was sent to HTTPS port|sent an HTTP request to an HTTPS server"
        r"|HTTP/0\.9 when not allowed|malformed HTTP (?:response|status)|packet length too long"
        "|server does not support SSL|illegal request line|frame header looked like an HTTP"
        "|http2: .{0,40}HTTP/1|HTTP_1_1_REQUIRED|SSL routines.{0,60}http request|BadStatusLine",
    ),
    (
        "tls_expired",
        "certificate (?:has )?expired|not yet valid|CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|CertificateExpired"
        "|CertificateNotYetValid|NotTimeValid",
    ),
    (
        "tls_wrong_name",
        "certificate is (?:not )?valid for|alternative certificate subject name"
        "|alternative (?:DNS )?names? (?:matching|present)|Hostname mismatch|ALTNAME_INVALID|IP SANs"
        "|certificate subject name .{1,253} does not match|RemoteCertificateNameMismatch"
        "|hostname .{1,253} doesn't match|IP address mismatch|No subject alternative",
    ),
    (
        "tls_untrusted",
        "unknown authority|unable to get (?:local )?issuer certificate|self[- ]signed certificate|PKIX path"
        r"|verify the first certificate|SELF_SIGNED|unknown ca\b|UNABLE_TO_\w{1,40}_CERT"
        "|RemoteCertificateChainErrors|UntrustedRoot|certificate[ _]verify[ _]failed"
        "|SSL certificate problem|issuer is not recognized",
    ),
    ("tls_timeout", "TLS handshake timeout|handshake timed out"),
    (
        "tls_handshake",
        "handshake[ _]fail|SSL_ERROR_SYSCALL|SSLHandshakeException|SSL_ERROR_ZERO_RETURN"
        r"|(?:ssl|tls)v\d[.\d]{0,3} alert|TLS connect error|remote error: tls:"
        "|SSL connection could not be established|EOF occurred in violation of protocol"
        "|UNEXPECTED_EOF_WHILE_READING|TLS handshake error|SSL handshake|TLSV1_ALERT|SSLV3_ALERT",
    ),
)
_OF_ANSWERS = rows(
    (
        "no_endpoint",
        "does not have any active endpoint|no endpoints available for service|no healthy upstream"
        r"|no live upstreams|no available server|No server is available to handle|\b503 UH\b",
    ),
    (
        "authentication",
        "password authentication failed|Access denied for user|WRONGPASS|NOAUTH"
        r"|invalid (?:username-password|password|credentials)|Login failed for user|no pg_hba\.conf entry"
        '|ACCESS_REFUSED|Authentication (?:failed|required)|role "[^"]{1,64}" does not exist'
        "|is not allowed to connect to this|SASL authentication|bad auth|invalid_grant"
        r"|Permission denied \(publickey",
    ),
    (
        "overloaded",
        "too many (?:connections|clients)|remaining connection slots|max number of clients"
        "|connection pool (?:is )?exhausted|reset reason: overflow|Timeout acquiring a connection"
        "|QueuePool limit|Connection is not available, request timed out",
    ),
    (
        "application",
        "the database system is (?:starting up|shutting down|in recovery|not yet)|LOADING Redis|MISCONF"
        r"|READONLY You can't|database \x22?[\w-]{1,64}\x22? does not exist|Unknown database|CLUSTERDOWN|MOVED \d"
        "|blocked because of many connection errors",
    ),
    # What Envoy and the access log of a mesh say beside a status code of their own
    ("refused", r"delayed[_ ]connect[_ ]error:[_ ]111"),
    ("unreachable", r"delayed[_ ]connect[_ ]error:[_ ]113"),
    ("no_route", r"delayed[_ ]connect[_ ]error:[_ ]101"),
    ("timeout", r"reset reason: connection timeout|\{connection_timeout"),
    ("closed", r"reset reason: connection termination|\{connection_termination|\b503 UC\b"),
    ("answer_timeout", r"upstream request timeout|\b504 UT\b"),
    ("no_connection", r"reset reason: connection failure|\b503 UF\b"),
    ("http_4xx", "RBAC: access denied"),
    ("no_local_port", "Cannot assign requested address|EADDRNOTAVAIL|can't assign requested address"),
    ("no_files", r"Too many open files|\bE[MN]FILE\b"),
    ("frag_needed", "Message too long|EMSGSIZE|frag(?:mentation)? needed"),
)
_OF_CONNECTIONS = rows(
    (
        "refused",
        "connection refused|connection was refused|ECONNREFUSED|actively refused|was refused -"
        r"|ConnectionRefused|\(111: |connect error: 111|\b\((?:111|61|10061)\)|Errno (?:111|61)\b"
        r"|Connection to \S{1,253} refused"
        r"|(?:MySQL server|connect to server|Redis at) .{1,120}\((?:111|61)\)"
        r"|after \d{1,3} ms: Couldn't connect|\b10061\b|Refused to connect",
    ),
    ("no_route", r"Network (?:is )?unreachable|ENETUNREACH|Errno 101\b|\(101: "),
    (
        "unreachable",
        r"No ?route ?to ?host|EHOSTUNREACH|(?:Host|Net|Port) (?:is )?unreachable|Destination \w{3,4} Prohibited"
        r"|\(113: |Errno 113\b|\((?:113)\)",
    ),
    ("closed", "Remote end closed|RemoteDisconnected|Server disconnected"),
    (
        "reset",
        r"connection reset|ECONNRESET|reset by peer|forcibly closed|\(104: |Errno 104\b|\b10054\b"
        r"|broken pipe|\bEPIPE\b|ECONNABORTED|connection abort",
    ),
    (
        "closed",
        "Empty reply from server|socket hang up|terminating connection|sent GOAWAY"
        "|closed the connection|prematurely closed|Premature close|closed prematurely"
        r"|unexpected (?:EOF|end of (?:file|stream))|\bEOF$|: EOF\b|ended prematurely|failed to respond"
        "|other side closed|connection termination|Connection (?:was |has been )?closed|peer closed"
        "|Lost connection to|server has gone away|ResponseEnded|connection unexpectedly closed"
        "|closed by (?:foreign|remote) host|SSL connection has been closed|connection to server was lost"
        "|transport is closing",
    ),
    (
        "answer_timeout",
        r"timed out .{0,80}while reading|with \d{1,12} (?:out of \S{1,24} )?bytes received"
        "|Read(?: operation)? ?timed ?out|ReadTimeout|Read timeout",
    ),
    (
        "timeout",
        r"while waiting for connection|ConnectTimeout|connect(?:ion)? timed out|curl: \(28\) Failed to connect",
    ),
    (
        "answer_timeout",
        "error getting response|awaiting (?:response )?headers|Headers_?Timeout|BodyTimeout|ESOCKETTIMEDOUT"
        "|response timeout"
        r"|Timeout awaiting|HttpClient\.Timeout of|Timeout expired.{0,40}prior to",
    ),
    (
        "timeout",
        r"timed? ?out|timeout|ETIMEDOUT|deadline exceeded|Errno 110\b|\(110: |\b10060\b|\(110\)"
        "|DeadlineExceeded|did not properly respond|100% packet loss",
    ),
    ("closed", "upstream connect error or disconnect"),
    (
        "no_connection",
        "Couldn't connect to server|could not connect|Can't connect to|failed to connect|unable to connect"
        "|cannot connect|Connect(?:ion)?Error|connection (?:attempt )?failed|connection failure|UNAVAILABLE"
        "|could not be established|UnableToConnect|Communications link failure|instance-specific error occurred",
    ),
)
#: A status code, after the words that say that it is one or before its own phrase.
_STATUS = r"(?P<status>[45]\d\d)\b"
_SAYS = (
    r"(?:returned error|HTTP error|HTTP(?:/\d(?:\.\d)?)?|status ?code|status|indicate success|response code|ERROR"
    r"|unexpected server response)"
)
_PHRASES = (
    "(?:Client Error|Server Error|Bad Gateway|Service (?:Temporarily )?Unavailable|Gateway Time-?out"
    "|Internal Server Error|Not Found|Forbidden|Unauthorized|Bad Request|Too Many)"
)
STATUSES = tuple(
    re.compile(pattern, re.IGNORECASE | re.ASCII)
    for pattern in (
        rf"{_SAYS}[\"']?(?: is)?[ :=(\"']{{1,4}}{_STATUS}",
        rf"{_STATUS} {_PHRASES}",
        "default backend - (?P<status>404)",
    )
)

#: In the order in which they are tried; status codes stand between the two.
BEFORE_STATUS = (*_OF_OBJECTS, *_OF_NAMES, *_OF_TLS, *_OF_ANSWERS)
AFTER_STATUS = _OF_CONNECTIONS
#: What an error about an object may quote.
OF_NETWORK = (*_OF_NAMES, *_OF_TLS, *_OF_CONNECTIONS)
