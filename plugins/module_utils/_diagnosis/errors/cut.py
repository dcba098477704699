# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A text as it came, cut to a bound and to one line; and without what names a host that nobody asked. Pure."""

from __future__ import annotations

import itertools
import re

#: Characters that are read of each end of a text: a stack trace has its cause at the end.
MOST = 6000
#: Characters that are read of one line between the two, and of all of them.
_LINE, _MIDDLE = 1000, 6000
_TELLS = re.compile(
    "error|fail|refused|time[d-]{0,2} ?out|unreachable|denied|reset by|unable|cannot|could not|exception|no such host"
    "|not found",
    re.IGNORECASE,
)
_NEWLINES = re.compile(r"\\{1,3}r?\\{0,3}n(?=[\s\"'\\]|[A-Z]|at |$)|\r\n?")
_SPACES = re.compile(r"(?:\x1b\[[0-9;]{0,16}[A-Za-z]|\\{1,3}[rt](?![\w\\])|[^\x21-\x7e\u2018-\u201d])+")
#: What Envoy writes without a space, such as C(delayed_connect_error:_Connection_refused).
_DETAIL = re.compile(r"\b[A-Za-z]{1,40}_[A-Za-z_]{1,60}:[_|][^\s\"]{1,600}")
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u201c": '"', "\u201d": '"'})
_ESCAPED = (
    ('\\\\"', '"'),
    ('\\"', '"'),
    ("\\'", "'"),
    ("&quot;", '"'),
    ("&#34;", '"'),
    ("&#39;", "'"),
    ("\\u003c", "<"),
    ("\\u003e", ">"),
)


def plain(text: str) -> str:
    """A text of one line and of bounded length, without escape sequences, and with plain quotes."""
    cut = bounded(text)
    for written, meant in _ESCAPED:
        cut = cut.replace(written, meant)
    cut = told(_NEWLINES.sub("\n", cut))
    cut = _DETAIL.sub(lambda found: found[0].replace("_", " "), cut)
    return _SPACES.sub(" ", cut).translate(_QUOTES).strip()


#: How loggers mark a line that is no error.
_QUIET = re.compile(
    r"level=(?:info|debug|trace)\b|\"(?:level|severity)\": ?\"(?:info|debug|trace)"
    r"|(?:^|[\s\[|])(?:INFO|DEBUG|TRACE)[\s\]:]",
    re.IGNORECASE,
)

#: An exception by itself on a line belongs to what was logged before it, on whatever level.
_EXCEPTION = re.compile(r"\s{0,8}[A-Za-z_][\w.$]{2,160}(?:Exception|Error)\b")

#: A frame of a stack trace: of Java, .NET and JavaScript, of Python, PHP, Ruby and Go, and the marks below one.
_FRAME = re.compile(
    r"(?:\S{1,40} {1,20}\| )?\s{0,40}(?:at (?:async |new )?[^\s(]\S{0,300}(?: \[as \w{1,40}\])? ?\(.{0,400}\)?|at (?:"
    r"async )?(?:file|node|/|[A-Z]:)\S{1,300}:\d{1,6}"
    r"|\.{3} \d{1,5} (?:more|common|internal)|(?P<python>File \".{1,400}\", line \d{1,6}, in )|[~^ ]{3,400}$|#"
    r"\d{1,3} \S{1,300}\(\d{1,6}\):"
    r"|\S{1,300}\.rb:\d{1,6}:in |\t?/\S{1,300}\.go:\d{1,6} \+0x|--- End of )"
)


def told(text: str) -> str:
    """The lines of a text that tell of an error, if there are some.

    Neither frames of a stack, with the code that a frame shows, nor lines that a logger marks as no error.
    """
    lines, code = [], False
    every = text.splitlines()
    for line, after in itertools.zip_longest(every, every[1:], fillvalue=""):
        frame = _FRAME.match(line, 0, _LINE)
        quiet = _QUIET.search(line, 0, _LINE) and not _EXCEPTION.match(after, 0, _LINE)
        if not (frame or code or quiet):
            lines.append(line)
        code = bool(frame and frame["python"])
    return "\n".join(lines) if any(_TELLS.search(line, 0, _LINE) for line in lines) else text


def bounded(text: str) -> str:
    """Both ends of a text, and the lines between them that tell of an error."""
    if len(text) <= 2 * MOST:
        return text
    first, middle, last = text[:MOST], text[MOST:-MOST], text[-MOST:]
    told, left = [], _MIDDLE
    for line in middle.splitlines():
        if left > 0 and _TELLS.search(line, 0, _LINE):
            told.append(line[: min(_LINE, left)])
            left -= _LINE
    return "\n".join((first, *told, last))


_CODE = (
    "java|kt|scala|clj|groovy|go|rb|php|[cm]?js|tsx?|jsx|exs?|erl|hrl|cs|vb|c(?:pp|xx)|h(?:pp|xx)|lua|swift|pyx?|rs|cc"
    "|c|h|pl|pm"
)
_ADDRESS = r"\[?(?=[0-9A-Fa-f]{0,4}[.:])[0-9A-Fa-f.:]{2,45}\]?"
#: What comes from a server, and not from a client.
_GIVEN = "".join(
    f"(?<!{word} )"
    for word in (
        "response",
        "reading",
        "read",
        "info",
        "data",
        "metadata",
        "fetch",
        "fetching",
        "pull",
        "pulling",
        "load",
        "loading",
        "receive",
        "receiving",
        "download",
        "downloading",
        "get",
        "getting",
    )
)
#: What stands in a text beside an error, and has the form of a target.
_ASIDE = tuple(
    re.compile(pattern, re.IGNORECASE | re.ASCII)
    for pattern in (
        # where a source was in its code
        r"\bat [\w$.<>/@-]{1,200}\([^()]{0,120}\)(?: ~?\[[^\]]{1,120}\])?",
        rf"[\w@.$/\\+~!-]{{0,160}}\.(?:{_CODE})(?:\", line |[:(]| line )\d{{1,5}}\)?(?::\d{{1,5}})?",
        r"\(?\bnode:[\w/]{0,60}(?::\d{1,6}){0,2}\)?|\b(?:net|tls|dns|events|timers|http|_http_\w{1,16})\.js:\d{1,5}(?"
        r"::\d{1,5})?",
        r"\((?:node|net|tls|dns|events|timers|internal\S{0,60}):\d{1,6}(?::\d{1,6})?\)|\b(?:net|tls|dns):\d{3,5}(?::"
        r"\d{1,5})?\)",
        rf"{_ADDRESS}:\d{{1,5}} \[\d\d/[A-Z][a-z]{{2}}/\d{{4}}[^\]]{{0,24}}\]",
        r"\b\d{1,2}/[A-Z][a-z]{2}/\d{4}(?::\d\d){3}",
        # when it was
        r"\b\d{4}[-/]\d\d[-/]\d\d[T ]?\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?\b|\b\d\d:\d\d:\d\d(?:["
        r".,]\d{1,9})?"
        r"(?=[\s\]|,;)]|$)",
        # who it is within a proxy
        r"\benvoy://\S{1,253}",
        # what explains it
        r"https?://(?:docs?|help|support|wiki|developers?|learn|kb|go|faq)\.[^\s\"'<>)]{1,512}",
        r"https?://[^\s\"'<>)/]{1,253}/(?:[^\s\"'<>)]{0,200}/)?(?:docs?|documentation|wiki|blob|issues|faqs?|help|tro"
        r"ubleshooting)"
        r"/[^\s\"'<>)]{0,512}",
        r"(?:\bdetails(?: here)?|\bsee|\bvisit|\bdocumentation(?: at)?|\bmore at|\berror at|\binfo(?:rmation)? at|\bR"
        r"ef|\bdocs)\W{1,3}"
        r"https?://[^\s\"'<>)]{1,512}",
        r"https?://(?:sqlalche\.me|pris\.ly|curl\.(?:se|haxx\.se)|bit\.ly|aka\.ms|go\.microsoft\.com)/[^\s\"'<>)"
        r"]{0,512}",
        r"(?<![\w./])(?:github\.com|golang\.org|gopkg\.in|(?:sigs\.)?k8s\.io|google\.golang\.org)/[^\s\"':()]{1,200}",
        r"\bDNSNames? \[[^\]]{1,512}\]|certificate is valid for [^;()]{1,512}?, (?=not )|\bserver: (?:0\.0\.0\.0|\[::"
        r"\])(?::\d{1,5})?",
        # where a server listens
        r"\b(?:listen(?:ing|s)?|serving|bound|binding|started|available) (?:\w{1,16} ){0,3}?(?:on|at|to) (?:\w{3,5}:/"
        r"/)?"
        rf"(?:{_ADDRESS}|localhost)?:\d{{1,5}}",
        # who asked, and what that one wanted of a server in the middle
        rf"{_GIVEN}\b(?:from|client|src|source)\W{{1,3}}/?(?:tcp://)?{_ADDRESS}(?::"
        rf"\d{{1,5}}| \(port \d{{1,5}}\)|, port \d{{1,5}})?",
        r"(?<!-)\b(?:client|remote|downstream|x.forwarded)[ _.-]?(?:ip|addr|address|host|for|remote_address)?\"?[:=] ?"
        r"\"?[0-9A-Fa-f.:\[\]]{2,47}",
        r"(?:\breferr?er|\buser.agent|\borigin|(?<=[\w\"], )host)\"?: ?\[?\"[^\"]{1,300}\"|\"host\": ?\"[^\""
        r"]{1,253}\", ?\"uri\"",
    )
)
#: Where a server says whose connection it is about.
_ASKER = re.compile(rf"{_GIVEN}\b(?:from|client)\W{{1,3}}/?({_ADDRESS}:\d{{1,5}})\b", re.ASCII)

#: An arrow from a server's own address to such a client.
_ARROW = re.compile(rf"{_ADDRESS}:\d{{1,5}} ?-> (?=\W|$)", re.ASCII)


def asked(text: str) -> str:
    """A plain text without what names a host that nobody asked, such as a line of code, a manual, or the client."""
    for client in {found[1] for found in _ASKER.finditer(text)}:
        text = text.replace(client, " ")
    text = _ARROW.sub(" ", text)
    for pattern in _ASIDE:
        text = pattern.sub(" ", text)
    return text
