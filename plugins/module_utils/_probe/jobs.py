# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What is sent into a container to probe from it: a constant command, and one framed stream on stdin.

The command names no probe and the stream is never evaluated beyond our own runners, so nothing that a user or the
cluster wrote can become code. Every part of the stream has its length in front of it: the v4 WebSocket protocol cannot
close stdin, so no reader may wait for its end.
"""

from __future__ import annotations

import functools
import ipaddress
import operator
import re
import types
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import (
    boot,
    runner_base,
    runner_dns,
    runner_grpc,
    runner_mtu,
    runner_packets,
    runner_python,
    runner_sh,
    runner_stream,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe

from .. import _words

argv_sh: tuple[str, ...] = ("sh", "-c", boot.BOOT, "kubewire", boot.LOADER)
#: For images that have Python and no shell.
argv_python: tuple[str, ...] = ("python3", "-I", "-S", "-c", boot.LOADER)

#: The first, second and third name server of the source's own resolv.conf.
_OWN_SERVERS = ("@1", "@2", "@3")
#: The Python runner; each part needs those in front of it.
PARTS = (runner_base, runner_dns, runner_grpc, runner_stream, runner_packets, runner_mtu, runner_python)

#: The fields of a probe that are sent, but for its number.
_SENT = (
    *("protocol", "family", "host", "port", "path", "server_name", "timeout_ms", "dns_server", "transport", "tries"),
    *("size", "skip"),
)
_sent: t.Callable[[Probe], tuple[t.Any, ...]] = operator.attrgetter(*_SENT)
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,254}}\Z){_LABEL}(?:\.{_LABEL})*\.?")
_SCOPE = re.compile(r"[A-Za-z0-9_.-]{1,15}")
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,1023}")
_DIGITS = re.compile(r"[0-9.]+")
_DOCSTRING = re.compile(r'^[ ]*""".*?"""\n', re.MULTILINE | re.DOTALL)
_OWN_IMPORT = re.compile(r"^from ansible_collections\.[^\n(]*(?:\([^)]*\))?\n", re.MULTILINE)


def payload(
    probes: t.Iterable[Probe],
    deadline_ms: int,
    parallel: int,
    most_by_shell: int = 0,
    pace_us: int = 0,
    shared_kib: int | None = None,
) -> bytes:
    """Return the stream for stdin: the runners and the probes of one source.

    Args:
        probes: The probes to send; each needs its own id.
        deadline_ms: When the run ends, whatever is still missing.
        parallel: How many probes may be under way at once.
        most_by_shell: Where there is no Python, more probes than this are not begun; 0 for no such bound.
        pace_us: Microseconds from the begin of one try to that of the next one.
        shared_kib: Memory that all processes which the runner can see may have together; None for no such bound.

    Raises:
        ValueError: a probe holds something that is not what its field says.
    """
    jobs = [job_line(probe) for probe in probes]
    if len({line.split(" ", 1)[0] for line in jobs}) < len(jobs):
        raise ValueError("two probes of one source have the same id")
    shell, python = _shell_text(), _python_text()
    numbers = (
        _number("deadline_ms", deadline_ms, 1, 3_600_000),
        _number("parallel", parallel, 1, 256),
        _number("most_by_shell", most_by_shell, 0, 1_000_000),
        _number("pace_us", pace_us, 0, 3_600_000_000),
        "0" if shared_kib is None else _number("shared_kib", max(1, shared_kib), 1, 1 << 40),
    )
    header = " ".join(("KW1", *(str(len(part)) for part in (shell, python, jobs)), *numbers))
    return "".join(line + "\n" for line in (header, *shell, *python, *jobs)).encode("ascii")


def job_line(probe: Probe) -> str:
    """Return the twelve tokens of one probe.

    Raises:
        ValueError: a field holds something that is not what its name says.
    """
    return " ".join(token or "-" for token in _tokens(probe))


def assert_sendable(probe: Probe) -> None:
    """Refuse a probe as C(job_line) does; many sources of a plan ask the same, so it is looked at once.

    Raises:
        ValueError: a field holds something that is not what its name says.
    """
    _assert_sendable(*_sent(probe))


@functools.lru_cache(maxsize=16384)
def _assert_sendable(*sent: t.Any) -> None:
    _tokens(Probe(0, "", "", "", **dict(zip(_SENT, sent))))  # noqa: B905 - not in Python 3.9


def _tokens(probe: Probe) -> tuple[str, ...]:
    if probe.skip:
        raise ValueError(f"it must not be sent: {probe.skip}")
    protocol = _words.PROTOCOLS.get(probe.protocol) if isinstance(probe.protocol, str) else None
    if protocol is None:
        raise ValueError(f"protocol {probe.protocol!r} is none of {', '.join(_words.PROTOCOLS)}")
    if probe.family not in _words.FAMILIES:
        raise ValueError(f"family {probe.family!r} is none of {', '.join(_words.FAMILIES)}")
    if probe.transport not in ("", *protocol.transports):
        raise ValueError(f"transport {probe.transport!r} is none of {protocol.name}")
    has_port = protocol.port == "required" or (protocol.port == "optional" and probe.port != 0)
    return (
        _number("id", probe.id, 0, 999_999_999),
        probe.protocol,
        probe.family,
        _host("host", probe.host, family=probe.family, name_only=protocol.name_only),
        _number("port", probe.port, 1, 65535) if has_port else "",
        _matching("path", probe.path, _PATH) if protocol.path and probe.path else "",
        _host("server_name", probe.server_name) if protocol.server_name and probe.server_name else "",
        _number("timeout_ms", probe.timeout_ms, 1, 600_000),
        _server(probe.dns_server) if probe.dns_server else "",
        probe.transport,
        _number("tries", probe.tries, 1, 10_000),
        _number("size", probe.size, 0, 65_507) if protocol.size else "",
    )


def _number(what: str, value: t.Any, least: int, most: int) -> str:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{what} {value!r} is not a whole number from {least} to {most}")
    return str(value)


def _matching(what: str, value: t.Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{what} {value!r} has characters or a length that are not allowed there")
    return value


def _host(what: str, value: t.Any, family: str = "", name_only: bool = False) -> str:
    """Return an address or a DNS name, proven to be one."""
    address = _address(value)
    if address is None:
        if not isinstance(value, str) or not _NAME.fullmatch(value) or _DIGITS.fullmatch(value):
            raise ValueError(f"{what} {value!r} is neither an address nor a DNS name")
        return value
    if name_only:
        raise ValueError(f"{what} {value!r} is an address where a name is needed")
    if family and family != f"IPv{address.version}":
        raise ValueError(f"{what} {value!r} is not an {family} address")
    return str(address)


def _address(value: t.Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    return _parsed(value) if isinstance(value, str) else None


@functools.lru_cache(maxsize=10_000)  # each source is sent much the same addresses
def _parsed(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    percent, scope = value.partition("%")[1:]
    if percent and not _SCOPE.fullmatch(scope):
        return None
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None


def _server(value: t.Any) -> str:
    if value in _OWN_SERVERS:
        return str(value)
    address, sharp, port = str(value).partition("#")
    if _address(address) is None or (sharp and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536)):
        raise ValueError(f"dns_server {value!r} is neither ADDRESS nor ADDRESS#PORT")
    return str(value)


@functools.cache
def _shell_text() -> tuple[str, ...]:
    lines = runner_sh.SOURCE.splitlines()
    return tuple(line for line in lines if line.strip() and not line.lstrip().startswith("#"))


@functools.cache
def _python_text() -> tuple[str, ...]:
    return tuple(line for module in PARTS for line in _bare(module).splitlines())


def _bare(module: types.ModuleType) -> str:
    """Return a module's text without docstrings, comment lines and imports from this collection.

    By pattern and not by C(ast): CPython 3.11's parser fails at times when several threads use it.
    """
    spec = module.__spec__
    source = t.cast(t.Any, spec.loader).get_source(spec.name) if spec else ""
    source = source.decode() if isinstance(source, bytes) else source  # Ansible's own loader gives bytes
    lines = _OWN_IMPORT.sub("", _DOCSTRING.sub("", source)).splitlines()
    return "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("#"))
