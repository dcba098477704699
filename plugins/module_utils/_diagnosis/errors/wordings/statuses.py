# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How a status code of HTTP stands in a text: after the words that say that it is one, or before its own phrase."""

from __future__ import annotations

import re

from .table import rows

#: Those that are in use (https://www.iana.org/assignments/http-status-codes), and those of nginx and Cloudflare.
_STATUS = r"(?P<status>4[0-4]\d|451|49[4-9]|50\d|51[01]|52\d|530)(?![\d.]|\w| ?(?:bytes|ms\b|kB|MB|times|seconds))"
_SAYS = (
    r"(?:returned(?: an?)?(?: error)?|HTTP error|HTTP_?(?:/\d(?:\.\d)?)?|status_?(?: ?code)?|indicate success|respons"
    r"e code"
    r"|\berror|\bcode|unexpected (?:server )?(?:response|status)|respon(?:ded|se)(?: with)?|\bgot|received)"
)
_PHRASES = (
    "(?:Client Error|Server Error|Bad Gateway|Service (?:Temporarily )?Unavailable|Gateway Time-?out|Internal Server "
    "Error"
    "|Not Found|Forbidden|Unauthorized|Bad Request|Too Many|Method Not Allowed|Request Time-?out|Conflict|Gone"
    "|Unprocessable|Payload Too Large|Request Entity Too Large|Not Implemented|Misdirected|page not found|Proxy Auth)"
)
STATUSES = tuple(
    re.compile(pattern, re.IGNORECASE | re.ASCII)
    for pattern in (
        rf"{_SAYS}[\"']{{0,2}}(?: is)?[ :=(\"'\[]{{1,4}}{_STATUS}",
        rf"(?<![\w.]){_STATUS} ?[:-]? ?\[?{_PHRASES}",
        rf"{_PHRASES} ?[(\[]{_STATUS}",
        rf"(?:Exception|Error)\S{{0,48}}: \[?{_STATUS}",
        rf"HTTP/[\d.]{{1,3}}\" {_STATUS}",
        rf"\[{_STATUS}(?: [A-Z][\w ]{{2,40}})?\] during",
        rf"\b(?:unexpected|bad|failed|wrong)\b[^.;:]{{0,40}}[ (\[]{_STATUS}[)\]]?",
        "default backend - (?P<status>404)",
        # of HAProxy, behind its timers
        rf"\d(?:/-?\d{{1,9}}){{3}}/\+?\d{{1,9}} {_STATUS} \+?\d{{1,12}} ",
    )
)

#: Without a number.
OF_PHRASES = rows(
    (
        "http_5xx",
        "invalid response was received from the upstream|upstream server is (?:timing out|currently unavailable)",
        "Bad Gateway|Service (?:Temporarily )?Unavailable|Gateway Time-?out|Internal Server Error",
    ),
    (
        "http_4xx",
        r"FileNotFoundException: https?://|page not found|Method Not Allowed|Too Many Requests|Bad Request\b|Unsuppor"
        r"ted Media Type|Not Acceptable",
        r"Precondition Failed|Request Entity Too Large|(?:Payload|URI) Too (?:Large|Long)|Unprocessable Entity",
        r"HTTP .{0,20}(?:Not Found|Forbidden|Bad Request)",
    ),
)
