# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How TLS libraries word what they refuse, and how two ends word that they do not speak the same protocol."""

from __future__ import annotations

from .codes import system
from .table import rows

OF_TLS = rows(
    (
        "wrong_protocol",
        "wrong[ _]version[ _]number|first record does not look like a TLS|gave HTTP response to HTTPS client",
        "Unsupported or unrecognized SSL message|plain HTTP request was sent to HTTPS port",
        "sent an HTTP request to an HTTPS server|HTTP/0\\.9 when not allowed",
        "malformed HTTP (?:response|status|version)|bogus greeting from client",
        "packet[ _]length[ _]too[ _]long|server does not support SSL|SSL is not enabled on the server",
        "invalid response to SSL negotiation|illegal request line|frame header looked like an HTTP",
        "http2: .{0,40}HTTP/1|HTTP_1_1_REQUIRED|SSL routines.{0,60}http[ _]request|BadStatusLine|InvalidContentType",
        "Cannot determine the frame size|unexpected packet format|corrupted frame was received|HPE_INVALID_\\w{1,24}",
        "Parse Error: Expected HTTP|Unknown (?:data|frame|packet|message) type",
        "Invalid receive \\(size = |unexpected HTTP status code received from server: 4\\d\\d",
        "wrong security\\.protocol|bad client greeting|protocol version mismatch|Unable to negotiate with",
        "no matching (?:key exchange|host key)",
        "PROTOCOL_ERROR|(?<!h2 )protocol error\\b|invalid settings id|First received frame was not SETTINGS",
        "unsupported frontend protocol|must issue a STARTTLS|server preface",
        "The server does not support SSL connections|not an? (?:HTTP|TLS|SSL) (?:record|request|message)",
        "INVALID_PROTOCOL",
        "UnsupportedProtocol|ssl_choose_client_version|received HTTP/0\\.9|client sent .{0,20}HTTP request to",
    ),
    (
        "tls_expired",
        "certificate (?:has )?expired|not yet valid|CERT_HAS_EXPIRED|CERT_NOT_YET_VALID",
        "Certificate(?:Expired|NotYetValid)",
        "NotTimeValid|validity check failed|certificate .{0,80}has expired",
        "peer certificate: \\(?Expired|invalid validity",
        "certificate[ _]has[ _]expired|certificate is not valid (?:any more|yet)|certificate_expired",
    ),
    (
        "tls_wrong_name",
        "certificate is (?:not )?valid for|alternative certificate subject name|relies on legacy Common Name",
        "alternative (?:DNS )?names? (?:matching|present|DNS name)|Host ?name mismatch|ALTNAME_INVALID|IP SANs",
        "certificate's altnames",
        "certificate subject name .{1,253} does not match|RemoteCertificateNameMismatch",
        "does(?:n't| not) match requested host",
        "hostname .{1,253}(?:doesn't|does not|not) (?:match|verified)|IP address mismatch|No subject alternative",
        "name mismatch",
        "(?:doesn't|does not) match any of|owner does not match host|does not match target host|NotValidForName",
        "certificate does not match|not valid for (?:any )?name|issued for a different hostname|hostname_check_failed",
    ),
    (
        "tls_untrusted",
        "unknown authority|unable[ _]to[ _]get[ _](?:local[ _])?issuer[ _]cert|self[- _]signed[ _]cert|PKIX path",
        "UnknownIssuer",
        r"verify the first certificate|SELF_SIGNED|unknown[ _]ca\b|UNABLE_TO_\w{1,40}|authority that is not trusted",
        "RemoteCertificateChainErrors|UntrustedRoot|PartialChain|certificate[ _]verif(?:y|ication)[ _]failed",
        "certificate_unknown",
        "SSL certificate problem|issuer is not recognized|cannot verify .{1,253} certificate",
        "certificate of .{1,253} is(?: not|n't) trusted",
        r"got a known issuer|SSL validation failed|trustAnchors parameter|certificate verify locations",
        r"CERT_AUTHORITY_INVALID|curl: \((?:60|77)\)",
        "Chain validation|trust anchor|CertPath\\w{4,24}Exception|certificate (?:is )?not trusted",
        "certificate was rejected by|remote certificate is invalid|certificate issuer is unknown",
        "unable to find valid certification path",
        "certificate signed by unknown|unknown certificate authority|untrusted certificate|SELF SIGNED",
    ),
    (
        "tls_timeout",
        "TLS handshake time(?:out|d out)|handshake timed out|SSL connection timeout|SslHandshakeTimeout",
        "handshake timeout|timed out\\)? ?while SSL handshaking",
    ),
    (
        "tls_handshake",
        "handshake[ _]?fail|SSL_ERROR_\\w{3,24}",
        "SSLHandshakeException|SSLException(?!\\W.{0,80}Connection reset)|SSLEOFError|terminated the handshake",
        "EPROTO\\b",
        r"(?:ssl|tls)v\d[.\d]{0,3} alert|TLS connect error|remote error: tls:",
        r"\btls: (?:no|server|client|unsupported|bad|failed|received|handshake|protocol)",
        "SSL connection could not be established|Unable to establish SSL|EOF occurred in violation of protocol",
        "UNEXPECTED_EOF_WHILE_READING|unexpected eof while reading|TLS handshake error|(?:SSL|TLS|pre-login) handshake",
        "TLSV1_ALERT|SSLV3_ALERT|TLS alert|tls_alert|no peer certificate|before secure TLS connection|fatal alert",
        "SSL[ _]connect(?:ion)? error|unsupported[ _]protocol|no[ _]protocols[ _]available|dh[ _]key[ _]too[ _]small",
        "ee[ _]key[ _]too",
        "unsafe[ _]legacy[ _]renegotiation|ca[ _]md[ _]too[ _]weak|NO_CIPHER|no shared cipher|no cipher",
        "bad certificate\\b",
        "(?:SSL|TLS) (?:negotiation|routines|error)|remote party has closed the transport|SSL_do_handshake",
        "ERR_SSL_\\w{3,40}",
        system("tls_handshake"),
    ),
)
