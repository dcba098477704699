# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Part of the Python runner: how a name becomes an address, and what DNS says of it (see C(runner_base.py))."""

import _socket as socket
import os
import struct
import time

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_base import (
    Job,
    Outcome,
    Socket,
    Timeout,
    Turn,
    allow,
    between,
    is_address,
    moment,
    open_socket,
    read_lines,
    receive_stamped,
    socket_address,
    stamp,
)

RECORD_TYPES = {"IPv4": 1, "IPv6": 28}
CNAME = 5
RCODES = {0: "NODATA", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
DNS_TRY_SECONDS = 2.0
MOST_ADDRESSES = 1000
MOST_LABELS = 127
LONGEST_NAME, LONGEST_LABEL = 255, 63
LONGEST_MUSL_LINE = 254  # musl reads 255 bytes with the end of the line, and ignores lines that are longer


def dns(job: Job) -> None:
    """Look a name up in DNS alone."""
    look_up(job)


def resolve(job: Job) -> str:
    """Return the address to ask: the host itself, or what /etc/hosts or DNS say.

    Not by getaddrinfo(): it waits up to 20 s for a silent server and hides which failure it saw.
    """
    address = job.host
    if not is_address(address):
        address = (from_hosts(job) or look_up(job))[0]
    job.answer["address"] = address
    return address


def from_hosts(job: Job) -> "list[str]":
    """Look a name up in /etc/hosts."""
    wanted = job.host.rstrip(".").lower()
    for line in read_lines("/etc/hosts"):
        words = line.split("#")[0].lower().split()
        if wanted in words[1:] and (":" in words[0]) == (job.family == "IPv6"):
            job.answer["server"] = "/etc/hosts"
            return [words[0]]
    return []


def has_musl() -> bool:
    """Tell whether the image's programs resolve names as musl does, by its loader."""
    try:
        return any(name.startswith("ld-musl-") for name in os.listdir("/lib"))
    except OSError:
        return False


def resolv_conf(musl: bool) -> "tuple[list[str], list[str], int, bool]":
    """Return the name servers, the search list, ndots, and whether names are asked by TCP."""
    servers = []  # type: list[str]
    search = []  # type: list[str]
    ndots = 1
    by_tcp = False
    for line in read_lines("/etc/resolv.conf"):
        if musl and len(line) > LONGEST_MUSL_LINE:
            continue
        words = line.split()
        if words[:1] == ["nameserver"]:
            servers += words[1:2]
        elif words[:1] in (["search"], ["domain"]):
            search = words[1:]
        elif words[:1] == ["options"]:
            for option in words[1:]:
                if option.startswith("ndots:") and option[6:].isdigit():
                    ndots = int(option[6:])
                by_tcp = by_tcp or (option == "use-vc" and not musl)
    return servers[:3] or ["127.0.0.1"], search, ndots, by_tcp


def candidates(host: str, search: "list[str]", ndots: int, musl: bool = False) -> "list[str]":
    """Return the absolute names that libc would try, in its order; musl searches for no name with ndots dots."""
    if host.endswith("."):
        return [host]
    absolute = host + "."
    searched = [host + "." + domain.rstrip(".") + "." for domain in search if domain != "."]
    if host.count(".") >= ndots:
        return [absolute] if musl else [absolute] + searched
    return searched + [absolute]


def choose_servers(job: Job, servers: "list[str]", by_tcp: bool) -> "list[str]":
    """Return the name servers that a job is put to: those of resolv.conf, one of them, or another one."""
    if job.dns_server[:1] == "@":
        servers = servers[int(job.dns_server[1:]) - 1 :][:1]
        if not servers:
            raise Outcome("not_applicable", "resolv.conf has no such name server")
    elif job.dns_server:
        servers = [job.dns_server]
    elif by_tcp:
        job.transport = "tcp"
    return servers


def look_up(job: Job) -> "list[str]":
    """Ask DNS for the host's addresses, along the search list."""
    musl = has_musl()
    servers, search, ndots, by_tcp = resolv_conf(musl)
    servers = choose_servers(job, servers, by_tcp)
    misses = []
    exists = False
    unfit = []
    failure = None
    for name in candidates(job.host, search, ndots, musl):
        if not fits(name):
            unfit.append(name)
            continue
        try:
            rcode, found = ask_servers(job, servers, name)
        except Outcome as outcome:
            if outcome.word == "dns_timeout":
                raise
            failure, rcode = outcome, 2  # like glibc: another name of the search list may still be answered
        else:
            if found:
                return keep(job, name, found)
            exists = exists or rcode == 0
            misses.append(name + " " + RCODES[rcode])
        if musl and rcode != 3:  # only a name that does not exist makes it try another one
            break
    if unfit and not misses:
        raise failure or Outcome("probe_error", "no DNS name, since too long: " + ", ".join(unfit))
    said = ", ".join(misses)
    raise failure or (Outcome("dns_nodata", said) if exists else Outcome("dns_nxdomain", said))


def keep(job: Job, name: str, found: "list[str]") -> "list[str]":
    """Put what DNS said into the answer."""
    job.answer["name"] = name
    job.answer["answers"] = found[:MOST_ADDRESSES]
    if len(found) > MOST_ADDRESSES:
        job.answer["more"] = True
    return found


def fits(name: str) -> bool:
    """Tell whether a name fits into a question: 63 bytes a label, 255 with the length of each."""
    return len(name) < LONGEST_NAME and max(map(len, name.split("."))) <= LONGEST_LABEL


def ask_servers(job: Job, servers: "list[str]", name: str) -> "tuple[int, list[str]]":
    """Ask each server in turn; the silent ones once more, since UDP loses packets."""
    silent = list(servers)
    failures = []
    for server in servers * 2:
        wait = min(DNS_TRY_SECONDS, job.deadline - time.monotonic())
        if wait <= 0 or server not in silent:
            continue
        job.answer["server"] = server
        try:
            rcode, found = ask(job, server, name, wait)
        except Timeout:
            continue
        except (OSError, Outcome, ValueError, IndexError, struct.error) as error:
            failures.append(server + " " + (getattr(error, "strerror", "") or getattr(error, "error", "") or "garbled"))
        else:
            if rcode in (0, 3):
                return rcode, found
            failures.append(server + " " + RCODES.get(rcode, "rcode " + str(rcode)))
        silent.remove(server)
    if failures:
        raise Outcome("dns_servfail", name + " " + ", ".join(failures))
    raise Outcome("dns_timeout", name + " no answer from " + ", ".join(silent))


def ask(job: Job, server: str, name: str, wait: float) -> "tuple[int, list[str]]":
    """Put one question to one server: by UDP, and by TCP when that was asked for or the answer was too long."""
    labels = name.rstrip(".").split(".")
    question = b"".join(struct.pack("B", len(label)) + label.encode("ascii") for label in labels if label) + b"\0"
    record = RECORD_TYPES[job.family]
    query = os.urandom(2) + struct.pack("!5H", 0x0100, 1, 0, 0, 0) + question + struct.pack("!2H", record, 1)
    reply, arrived = b"", 0.0
    with Turn(job) as turn:
        asked = moment()
        until = asked[1] + wait
        try:
            if job.transport != "tcp":
                with dns_socket(server, socket.SOCK_DGRAM, until) as sock:
                    stamp(sock)
                    sock.send(query)
                    while not answers(reply, query):
                        reply, arrived = turn.take(until, sock, lambda: receive_stamped(sock, 4096))
            if not reply or reply[2] & 0x02:
                turn.end()
                arrived = 0.0
                reply = ask_by_tcp(server, query, until)
        finally:
            job.phases["dns"] = round(job.phases.get("dns", 0.0) + between(asked, arrived), 3)
    return read_reply(reply, record)


def ask_by_tcp(server: str, query: bytes, until: float) -> bytes:
    """Return the answer to a query that is sent over a connection."""
    with dns_socket(server, socket.SOCK_STREAM, until) as sock:
        sock.sendall(struct.pack("!H", len(query)) + query)
        size = struct.unpack("!H", receive_exactly(sock, 2, until))[0]
        reply = receive_exactly(sock, size, until)
    if not answers(reply, query):
        raise ValueError("not the answer")
    return reply


def dns_socket(server: str, kind: int, until: float) -> Socket:
    """Return a socket that is connected, so that a port-unreachable reaches us."""
    address, port = server.partition("#")[::2]
    family = "IPv6" if ":" in address else "IPv4"
    sock = open_socket(family, kind)
    try:
        sock.settimeout(max(0.01, until - time.monotonic()))
        sock.connect(socket_address(family, address, int(port or 53)))
    except OSError:
        sock.close()
        raise
    return sock


def receive(sock: socket.socket, size: int, until: float) -> bytes:
    """Receive something before a moment."""
    allow(sock, until)
    return sock.recv(size)


def receive_exactly(sock: socket.socket, size: int, until: float) -> bytes:
    """Receive so many bytes before a moment."""
    data = b""
    while len(data) < size:
        chunk = receive(sock, size - len(data), until)
        if not chunk:
            raise ValueError("cut short")
        data += chunk
    return data


def answers(reply: bytes, query: bytes) -> bool:
    """Tell whether a packet answers our query: same id, and the same question if it repeats one."""
    if len(reply) < 12 or reply[:2] != query[:2] or not reply[2] & 0x80:
        return False
    return reply[4:6] == b"\0\0" or reply[12 : len(query)].lower() == query[12:].lower()


def read_reply(reply: bytes, record: int) -> "tuple[int, list[str]]":
    """Return the code and the addresses of a reply, following its CNAMEs."""
    questions, records = struct.unpack("!2H", reply[4:8])
    offset = 12
    owners = set()
    for _question in range(questions):
        owner, offset = read_name(reply, offset)
        owners.add(owner)
        offset += 4
    found = []
    for _record in range(records):
        owner, offset = read_name(reply, offset)
        kind, _class, _ttl, size = struct.unpack("!2HIH", reply[offset : offset + 10])
        offset += 10
        if owner in owners and kind == CNAME:
            owners.add(read_name(reply, offset)[0])
        elif owner in owners and kind == record:
            family = socket.AF_INET if size == 4 else socket.AF_INET6
            found.append(socket.inet_ntop(family, reply[offset : offset + size]))
        offset += size
        if len(found) > MOST_ADDRESSES:
            break
    return reply[3] & 0x0F, found


def read_name(packet: bytes, offset: int) -> "tuple[bytes, int]":
    """Return a name in lower case and where it ends; pointers may only lead back, so every name has an end."""
    labels = []
    end = hops = 0
    limit = len(packet)
    while packet[offset]:
        hops += 1
        if hops > MOST_LABELS:  # an answer of 64 KiB could keep us busy for a minute
            raise ValueError("a name without end")
        size = packet[offset]
        if size & 0xC0:
            target = struct.unpack("!H", packet[offset : offset + 2])[0] & 0x3FFF
            if target >= min(limit, offset):
                raise ValueError("a name that points forward")
            end = end or offset + 2
            offset = limit = target
        else:
            labels.append(packet[offset + 1 : offset + 1 + size].lower())
            offset += 1 + size
    return b".".join(labels), end or offset + 1
