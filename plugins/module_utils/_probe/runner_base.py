# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""First part of the Python runner: a probe, how it ends, how long it took.

C(jobs.py) sends the text of this file and of those behind it into the container, where any Python from 3.4 on runs it
as one program: no f-strings, no annotated variables, nothing but the standard library. The controller never runs it.

It imports C(_socket), C(_signal) and C(_thread) and not what stands on them: enum, selectors, functools and their like
cost 100 ms of start-up where an image has no .pyc files, which is more than all probes take together.
"""

import _socket as socket
import _thread
import errno
import struct
import time

MYPY = False
if MYPY:  # it alone needs this
    import typing as t

Timeout = socket.timeout  # TimeoutError is the same only from Python 3.10 on
FAMILIES = {"IPv4": socket.AF_INET, "IPv6": socket.AF_INET6}
SO_TIMESTAMPNS = 35
OWN_MS = 0.15  # what connecting or reading takes in any program: curl counts that as well, the kernel does not
LONGEST_LINE = 4096  # the search list of a Pod may have 2048 characters
TURN_SECONDS, MOST_TURNS = 0.01, 25
TURN = _thread.allocate_lock()
SILENT = ("timeout", "dns_timeout", "tls_timeout", "frag_needed")

WORDS = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.ECONNABORTED: "reset",
    errno.EPIPE: "reset",
    errno.ETIMEDOUT: "timeout",
    errno.ENETUNREACH: "no_route",
    errno.ENETDOWN: "no_route",
    errno.EADDRNOTAVAIL: "no_route",  # no address of this family, so no route either
    errno.EAFNOSUPPORT: "no_route",
    errno.EINVAL: "no_route",  # connect() into a local blackhole route
    errno.EMSGSIZE: "frag_needed",
    # The packet was refused inside the sender's own kernel: a prohibit route, a filter, an eBPF connect hook. That is
    # an answer about the path, told at once, so it must not look like a probe that never ran.
    errno.EACCES: "unreachable_fast",
    errno.EPERM: "unreachable_fast",
}


class Outcome(Exception):  # an outcome is not an error
    """The end of a probe: what the wire did, and the system's own words."""

    def __init__(self, word: str, error: str = "") -> None:
        super().__init__(word)
        self.word = word
        self.error = error


class Job:
    """One question, or one try of it, and what is known of its answer so far."""

    ends = 1e12  # when the whole run is over

    def __init__(self, line: str) -> None:
        self.line = line
        words = ["" if word == "-" else word for word in line.split()]
        self.id = int(words[0])
        self.protocol, self.family, self.host = words[1:4]
        self.port = int(words[4] or 0)
        self.path, self.server_name = words[5:7]
        self.timeout = int(words[7]) / 1000.0
        self.dns_server, self.transport = words[8:10]
        self.tries = int(words[10])
        self.size = int(words[11] or 0)
        self.deadline = 0.0
        self.phases = {}  # type: dict[str, float]
        self.outcome = self.error = ""
        self.ms = self.began = 0.0
        self.certificates = []  # type: list[bytes]
        self.resent = False  # whether the first packet of its connection had no answer
        self.answer = {"id": self.id, "tool": "python", "phases": self.phases}  # type: dict[str, object]

    def left(self) -> float:
        """Return the seconds this probe may still take."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Outcome("timeout")
        return left

    def phase(self, name: str, began: float) -> None:
        """Keep how long a phase took that came to its end."""
        self.phases[name] = milliseconds(began)


def milliseconds(began: float) -> float:
    """Return the milliseconds since a moment."""
    return round((time.monotonic() - began) * 1000, 3)


def is_answer(word: str) -> bool:
    """Tell whether the path carried the question and the answer."""
    return word == "open" or word.startswith("http_")


def percentiles(times: "list[float]") -> "dict[str, float]":
    """Return the nearest ranks of some milliseconds."""
    times = sorted(times)
    ranks = (("min", 0), ("p50", 50), ("p90", 90), ("p99", 99), ("max", 100))
    return {name: times[max(0, -(-len(times) * rank // 100) - 1)] for name, rank in ranks}


def others(words: "list[str]", word: str) -> str:
    """Return what else happened in how many of several tries."""
    rest = []  # type: list[str]
    for other in words:
        if other != word and other not in rest:
            rest.append(other)
    return ", ".join(other + " " + str(words.count(other)) + " of " + str(len(words)) for other in rest)


def counts(words: "list[str]") -> "dict[str, int]":
    """Return how often each of several tries ended how."""
    return {word: words.count(word) for word in sorted(set(words))}


def in_a_row(places: "list[int]") -> "list[list[int]]":
    """Return where each row of places begins that follow one another, and how many these are."""
    rows = []  # type: list[list[int]]
    for place in sorted(places):
        if rows and place == sum(rows[-1]):
            rows[-1][1] += 1
        else:
            rows.append([place, 1])
    return rows


def ended(error: OSError, began: float) -> Outcome:
    """Translate what the system said about the wire."""
    if isinstance(error, Timeout):
        return Outcome("timeout")
    text = error.strerror or str(error)
    if error.errno == errno.EHOSTUNREACH:
        return Outcome("unreachable_fast" if is_fast(time.monotonic() - began) else "unreachable_arp", text)
    return Outcome(WORDS.get(error.errno or 0, "probe_error"), text)


def is_fast(seconds: float) -> bool:
    """Tell a router or firewall that answers from a neighbour that does not, which Linux gives up after 3 s.

    The former takes milliseconds, or those after the packet is sent again at 1 s, as it may say so once a second; the
    latter less than 3 s where somebody else has been asking for the neighbour.
    """
    return seconds < 0.5 or 1.0 <= seconds < 1.5


class Socket(socket.socket):
    """A socket that its C(with) closes."""

    def __enter__(self) -> "Socket":
        return self

    def __exit__(self, *_reason: object) -> None:
        self.close()


def open_socket(family: str, kind: int, protocol: int = 0) -> Socket:
    """Make a socket; what fails here never reached the wire."""
    try:
        return Socket(FAMILIES[family], kind, protocol)
    except OSError as error:
        word = "no_route" if error.errno == errno.EAFNOSUPPORT else "probe_error"
        raise Outcome(word, "socket: " + str(error.strerror)) from None


def socket_address(family: str, address: str, port: int) -> tuple:  # type: ignore[type-arg]
    """Return what connect() wants, with the scope of a link-local address."""
    return socket.getaddrinfo(address, port, FAMILIES[family], 0, 0, socket.AI_NUMERICHOST)[0][4]


def read_lines(path: str, most: int = 200) -> "list[str]":
    """Return the first lines of a file, none when it cannot be read."""
    try:
        with open(path, errors="replace") as stream:
            return [line.rstrip()[:LONGEST_LINE] for line in stream.read(65536).splitlines()[:most]]
    except OSError:
        return []


def is_address(host: str) -> bool:
    """Tell an address from a name."""
    return ":" in host or not host.strip("0123456789.")


def stamp(sock: socket.socket) -> bool:
    """Let the kernel say when something came, if it can: what passes until a thread reads it is not the network's."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    except OSError:
        return False
    return True


def moment() -> "tuple[float, float]":
    """Return this moment by the clock that the kernel stamps with, and by the one that is never set."""
    return time.time(), time.monotonic()


def receive_stamped(sock: socket.socket, size: int) -> "tuple[bytes, float]":
    """Return what came, and when by the kernel's clock, 0 where it does not say."""
    data, extra = sock.recvmsg(size, 64)[:2]
    for level, kind, value in extra:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(value) == struct.calcsize("2l"):
            seconds, nanoseconds = struct.unpack("2l", value)
            return data, seconds + nanoseconds / 1e9
    return data, 0.0


def between(sent: "tuple[float, float]", arrived: float, own: float = 0.0) -> float:
    """Return the milliseconds from a moment to a stamp, and at most so many of our own; an impossible stamp is none."""
    ours = milliseconds(sent[1])
    stamped = (arrived - sent[0]) * 1000
    return round(min(ours, stamped + own), 3) if arrived and 0 <= stamped <= ours + 1 else ours


def allow(sock: socket.socket, until: float) -> None:
    """Let a socket wait until a moment."""
    left = until - time.monotonic()
    if left <= 0:
        raise Timeout("timed out")
    sock.settimeout(left)


class Ticks:
    """How long this process had to wait for its turn, by a tick that should come at set times."""

    def __init__(self) -> None:
        self.due = 1e12
        self.late = 0.0

    def next(self, seconds: float) -> None:
        """Say that a tick came, and when the next one has to."""
        self.late = self.total()
        self.due = time.monotonic() + seconds

    def total(self) -> float:
        """Return the seconds of all ticks so far, with those of one that is overdue."""
        return self.late + max(0.0, time.monotonic() - self.due)


TICKS = Ticks()


def doubt(job: Job, late: float) -> None:
    """Turn a silence into a probe_error where this process itself took half of the time, or was late with its timer."""
    most = job.timeout / 2
    over = time.monotonic() - job.deadline
    if job.outcome not in SILENT or max(late, over) <= most:
        return
    timer = str(round(job.timeout * 1000)) + " ms"
    if over > most:
        how = "its timer of " + timer + " fired after " + str(round((job.timeout + over) * 1000)) + " ms"
    else:
        how = "it waited for its turn for " + str(round(late * 1000)) + " ms, with a timer of " + timer
    job.outcome, job.error = "probe_error", "the probe had too little processor time: " + how


class Turn:
    """The wire for oneself, as long as a near peer takes to answer: what 32 ask at once is answered late."""

    def __init__(self, job: Job) -> None:
        began = time.monotonic()
        self.mine = TURN.acquire(True, MOST_TURNS * TURN_SECONDS)
        job.deadline += time.monotonic() - began  # waiting for it was not the probe's

    def __enter__(self) -> "Turn":
        return self

    def __exit__(self, *_reason: object) -> None:
        self.end()

    def end(self) -> None:
        """Let the next one have it."""
        if self.mine:
            self.mine = False
            TURN.release()

    def take(self, until: float, sock: socket.socket, read: "t.Callable[[], t.Any]") -> "t.Any":
        """Read from a socket before a moment."""
        if self.mine:
            allow(sock, min(until, time.monotonic() + TURN_SECONDS))
            try:
                return read()
            except Timeout:
                self.end()
        allow(sock, until)
        return read()
