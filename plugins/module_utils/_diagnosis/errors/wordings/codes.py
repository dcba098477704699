# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Errors that systems, databases, browsers and RPC name by a code: what stands for one class, whoever prints it.

The names and numbers of the operating systems are those of C(errno.h) of Linux and macOS and of C(winerror.h); of
Oracle Net the range TNS-12150 to TNS-12699; of SQL the classes 08, 28, 53 and 57 of SQLSTATE, and HYT of ODBC; of
MySQL C(errmsg.h) and C(mysqld_error.h); of Chromium C(net_error_list.h); of gRPC C(status.proto).
"""

from __future__ import annotations

from .table import Rows, numbered, rows

#: Of each class: the numbers, and the names. Numbers below 32 mean too many things.
_SYSTEM = {
    "refused": ((111, 61, 10061, 1225), ("ECONNREFUSED", "ConnectionRefused", "ERROR_CONNECTION_REFUSED")),
    "timeout": (
        (110, 60, 10060, 121, 258, 1460, 12002),
        (
            "ETIMEDOUT",
            "WSAETIMEDOUT",
            "ERROR_SEM_TIMEOUT",
            "SocketTimedOut",
        ),
    ),
    "no_route": (
        (100, 101, 50, 51, 10050, 10051, 1231),
        (
            "ENETUNREACH",
            "ENETDOWN",
            "NetworkUnreachable",
            "NetworkDown",
        ),
    ),
    "unreachable": (
        (112, 113, 64, 65, 10064, 10065, 1232),
        (
            "EHOSTUNREACH",
            "EHOSTDOWN",
            "HostUnreachable",
            "HostDown",
        ),
    ),
    "reset": (
        (32, 103, 104, 53, 54, 10052, 10053, 10054, 1236, 12030),
        ("ECONNRESET", "EPIPE", "ENETRESET", "ConnectionReset", "ConnectionAborted", "BrokenPipe"),
    ),
    "closed": ((107, 108, 57, 58, 10057, 10058), ("ENOTCONN", "ESHUTDOWN", "NotConnected", "UnexpectedEof")),
    "cannot_listen": ((98, 48, 10048), ("EADDRINUSE", "AddrInUse", "AddressAlreadyInUse")),
    "no_local_port": ((99, 49, 10049), ("EADDRNOTAVAIL", "AddrNotAvailable", "AddressNotAvailable")),
    "no_files": ((24, 10024), ("EMFILE", "ENFILE", "TooManyOpenSockets")),
    "frag_needed": ((90, 10040), ("EMSGSIZE",)),
    "not_permitted": ((10013,), ()),
    "name_unresolved": ((11001, 11003, 12007), ("HostNotFound", "WSAHOST_NOT_FOUND")),
    "dns_servfail": ((11002,), ("WSATRY_AGAIN",)),
    "dns_nodata": ((11004,), ("WSANO_DATA",)),
    "no_connection": ((12029,), ("WINHTTP_CANNOT_CONNECT", "WinHttpException.{0,40}12029")),
    "tls_handshake": ((12175, 12157), ("SECURE_FAILURE", "SecureChannelFailure")),
}
_ORACLE = {
    "name_unresolved": (12154, 12545, 12538, 12533),
    "refused": (12541,),
    "timeout": (12170, 12535, 12606),
    "answer_timeout": (12608, 12609),
    "unreachable": (12543, 12544),
    "closed": (12537, 12547, 12570, 12571, 12583, 12592, 12637, 3113, 3114, 3135, 2396, 1012, 17008, 17410, 17447),
    "application": (12504, 12505, 12514, 12521, 12523, 12525, 12526, 12527, 12528, 1033, 1034, 1089, 1109),
    "overloaded": (12516, 12518, 12519, 12520, 18, 20),
    "authentication": (1005, 1017, 1031, 1045, 28000, 28001, 28002, 28040, 12638, 12630, 12641),
    "tls_handshake": (28759, 28860, 29024, 29019, 28864),
    "no_connection": (12203, 12224, 12560, 12500, 12502, 17002, 17800, 17820),
}
_SQLSTATE = {
    "authentication": r"28\w00|28P01|28000",
    "overloaded": "53[0-4]00",
    "closed": "57P0[1-2]|57P05|08003|08006|08S01|08007",
    "application": "57P03|3D000|25006|3F000",
    "no_connection": "08001|08004",
    "timeout": "HYT0[01]",
}
_MYSQL = {
    "overloaded": (1040, 1203, 1226),
    "authentication": (1044, 1045, 1130, 1251, 1698, 1862, 2058, 2059, 2061),
    "application": (1049, 1129, 1290),
    "name_unresolved": (2005,),
    "closed": (1053, 1077, 1153, 1158, 1159, 1160, 1161, 1184, 2006, 2013, 2055),
    "tls_handshake": (2026,),
}
#: Reasons of IBM MQ, which stand behind a code of completion or an abbreviation.
_MQ = {
    "closed": (2009, 2161, 2162, 2202, 2203),
    "no_connection": (2059, 2537, 2538, 2539),
    "authentication": (2035, 2063),
    "tls_handshake": (2381, 2393, 2397),
    "overloaded": (2025,),
    "application": (2058, 2085),
}
#: Chromium's, also in Electron, Puppeteer and Playwright; the names of Firefox behind them.
_BROWSERS = {
    "name_unresolved": "ERR_NAME_(?:NOT_RESOLVED|RESOLUTION_FAILED)|ERR_ICANN_\\w{4,24}|NS_ERROR_UNKNOWN_HOST",
    "dns_timeout": "ERR_DNS_TIMED_OUT",
    "dns_servfail": "ERR_DNS_\\w{4,24}",
    "refused": "ERR_CONNECTION_REFUSED|NS_ERROR_CONNECTION_REFUSED",
    "reset": "ERR_CONNECTION_(?:RESET|ABORTED)|NS_ERROR_NET_RESET|ERR_HTTP2_(?:PROTOCOL|STREAM)_ERROR"
    "|PR_CONNECT_RESET_ERROR",
    "closed": "ERR_(?:CONNECTION_CLOSED|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|CONTENT_LENGTH_MISMATCH)"
    "|NS_ERROR_NET_(?:EMPTY_RESPONSE|INTERRUPT|PARTIAL_TRANSFER)",
    "timeout": "ERR_(?:CONNECTION_)?TIMED_OUT|NS_ERROR_NET_TIMEOUT",
    "unreachable": "ERR_ADDRESS_UNREACHABLE",
    "no_route": "ERR_(?:INTERNET_DISCONNECTED|NETWORK_(?:CHANGED|IO_SUSPENDED|ACCESS_DENIED))|NS_ERROR_OFFLINE",
    "tls_expired": "ERR_CERT_DATE_INVALID|SEC_ERROR_EXPIRED\\w{1,40}",
    "tls_wrong_name": "ERR_CERT_COMMON_NAME_INVALID|SSL_ERROR_BAD_CERT_DOMAIN",
    "tls_untrusted": "ERR_CERT_\\w{4,40}|SEC_ERROR_\\w{4,40}|MOZILLA_PKIX_\\w{4,60}",
    "wrong_protocol": "ERR_(?:SSL_PROTOCOL_ERROR|INVALID_HTTP_RESPONSE)|SSL_ERROR_RX_RECORD_TOO_LONG",
    "tls_handshake": "ERR_SSL_\\w{4,60}|ERR_BAD_SSL_CLIENT_AUTH_CERT",
    "redirects": "ERR_TOO_MANY_REDIRECTS|NS_ERROR_REDIRECT_LOOP",
    "no_connection": "net::ERR_FAILED",
    "proxy": "ERR_(?:PROXY|TUNNEL|SOCKS)_\\w{4,40}|NS_ERROR_(?:PROXY|UNKNOWN_PROXY)\\w{0,40}",
}
_RPC = {
    "overloaded": (8, "RESOURCE_EXHAUSTED", "ResourceExhausted"),
    "cancelled": (1, "CANCELLED", "Canceled|Cancelled"),
    "authentication": (16, "UNAUTHENTICATED|PERMISSION_DENIED", "Unauthenticated"),
    "application": (12, "UNIMPLEMENTED|FAILED_PRECONDITION|OUT_OF_RANGE|DATA_LOSS", "Unimplemented|FailedPrecondition"),
    "timeout": (4, "DEADLINE_EXCEEDED", "DeadlineExceeded"),
    "no_connection": (14, "UNAVAILABLE", "Unavailable"),
}


def system(name: str) -> str:
    """What operating systems and runtimes call a class: the names and the numbers."""
    numbers, names = _SYSTEM[name]
    named = [rf"(?-i:\b(?:{'|'.join(names)})(?:Error|Exception)?\b)"] if names else []
    return "|".join((numbered(*numbers), *named))


def _code(before: str, numbers: tuple[int, ...]) -> str:
    return rf"{before}(?:{'|'.join(map(str, numbers))})(?!\d)"


def _rpc(number: int, upper: str, camel: str) -> str:
    status = r"(?:grpc[-_. ]?(?:status|code|message)|StatusCode|status)"
    return (
        rf"(?-i:\b{number} (?:{upper})\b|{status}[\x22']?\W{{1,4}}(?:{upper}|{camel}|{number}\b(?!\d))|\b(?:{upper}):"
        rf" |\bcode ?[=:] ?(?:{camel}|{upper})\b"
        rf"|RpcException.{{0,60}}(?:{camel}))"
    )


#: What says by itself what it is: beside the wordings of connections and names, after those of objects.
OF_BROWSERS: Rows = rows(*((name, pattern) for name, pattern in _BROWSERS.items()))
OF_DATABASES: Rows = rows(
    *((name, _code(r"\b(?:ORA|TNS|JDBC|DPY|ORA-FT)-0{0,3}", numbers)) for name, numbers in _ORACLE.items()),
    *(
        (
            name,
            _code(r"\b(?:ERROR |MySQL error(?: code)?:? |SQLSTATE\[\w{5}\](?: \[|: .{0,40}?: )|Error: \()", numbers)
            + r"(?=[\s\])(,:]|$)",
        )
        for name, numbers in _MYSQL.items()
    ),
    *(
        (name, _code(r"\b(?:Completion Code 2, Reason |MQRC |reason (?:code )?(?:of )?\W{0,3})", numbers))
        for name, numbers in _MQ.items()
    ),
)
#: What only stands for something where no other words do.
OF_STATES: Rows = rows(
    *(
        (name, rf"SQLSTATE\W{{0,3}}(?:{states})|\[(?:{states})\]|\('(?:{states})'|\bSQL ?state\W{{1,3}}(?:{states})")
        for name, states in _SQLSTATE.items()
    ),
    *((name, _rpc(*status)) for name, status in _RPC.items()),
)
