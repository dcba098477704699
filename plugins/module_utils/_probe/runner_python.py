# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Last part of the Python runner: the probes in threads, many at once, one JSON line an answer.

It runs inside the container, behind the text of the other parts; what C(runner_base.py) says of old Pythons holds here.
"""

import _signal as signal  # type: ignore[import-not-found]
import _thread
import binascii
import sys
import time

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_base import (
    TICKS,
    Job,
    Outcome,
    counts,
    doubt,
    ended,
    in_a_row,
    is_answer,
    milliseconds,
    others,
    percentiles,
    read_lines,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_dns import dns
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_mtu import mtu
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_packets import icmp, udp
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_stream import (
    http,
    https,
    sctp,
    tcp,
    tls,
    tls_module,
)

PROTOCOLS = {
    "icmp": icmp,
    "tcp": tcp,
    "udp": udp,
    "sctp": sctp,
    "http": http,
    "https": https,
    "tls": tls,
    "dns": dns,
    "mtu": mtu,
}
AT_ONCE = ("icmp", "udp", "mtu")  # send all their tries themselves
OVER_TLS = ("https", "tls")
AT_FIRST = 16  # probes under way that have not been waiting for long
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 0.2  # then a probe waits for a silent peer, and costs nothing
BUSY_PATIENCE_SECONDS = 0.8  # the same where this process itself has to wait for its turn
AHEAD_SECONDS = 0.2  # of the pace: so many tries may wait for their answers before the next one begins
SLOW_PART, SLOW_SECONDS = 10, 0.5  # of its timeout, and at most: then a try waits for a silent peer, not for a slow one
PARTING_SECONDS = 0.3  # of the run, for what is said of tries that are under way
DEADLINE = "the deadline of the whole run came first"
MOST_LISTENERS = 64
NO_THREAD = "no thread could be started, as at a limit of processes"


class Run:
    """The probes of one container and what is still missing of them.

    Few are begun at once, since a machine that is flooded by its own questions answers too late; those that wait for
    silent peers do not count.
    """

    def __init__(self, lines: "list[str]", parallel: int, pace: float) -> None:
        self.parallel = parallel
        self.pace = pace  # seconds from one try to the next one, so that no node gets too many at once
        self.turn = time.monotonic()  # of the next try
        self.ahead = max(2, int(AHEAD_SECONDS / pace) + 1) if pace else 0
        self.unanswered = {}  # type: dict[Job, float]
        self.workers = 0
        self.young = {}  # type: dict[Job, float]
        jobs = [Job(line) for line in lines]
        self.wanted = {job.id: 1 if job.protocol in AT_ONCE else job.tries for job in jobs}
        self.tries = {job.id: [] for job in jobs}  # type: dict[int, list[Job]]
        most = max(self.wanted.values()) if jobs else 0
        # Every probe is tried once before one is tried twice: that paces the tries.
        self.waiting = (job.line for turn in range(most) for job in jobs if turn < self.wanted[job.id])
        self.lock = _thread.allocate_lock()
        self.turns = _thread.allocate_lock()
        self.working = _thread.allocate_lock()
        self.working.acquire()

    def hire(self) -> bool:
        """Start one more worker, if the run and the container's pids limit allow; else those that there are go on."""
        if self.workers >= self.parallel:
            return False
        try:
            _thread.start_new_thread(self.work, ())
        except RuntimeError:
            self.parallel = self.workers
            return False
        self.workers += 1
        return True

    def work(self) -> None:
        """Take probes until none is waiting, or until another worker has taken this one's place."""
        while True:
            with self.lock:
                line = next(self.waiting, "")
                if not line:
                    return
            self.await_turn()
            job = Job(line)
            with self.lock:
                self.young[job] = self.unanswered[job] = time.monotonic()
            probe(job)
            self.ended(job)
            with self.lock:
                del self.unanswered[job]
                if self.young.pop(job, None) is None:
                    self.workers -= 1
                    return

    def await_turn(self) -> None:
        """Wait until a try may begin.

        One worker at a time, so that a machine that stood still for a moment does not get at once what was due then;
        and not while the answers lag: what judges first packets on a busy node has a short queue for them.
        """
        with self.turns:
            early = self.turn - time.monotonic()
            if early > 0:
                time.sleep(early)
            while self.pace and self.lags():
                time.sleep(max(self.pace / 4, 0.005))
            self.turn = max(self.turn, time.monotonic() - self.pace) + self.pace

    def lags(self) -> bool:
        """Tell whether as many tries wait for answers that may still come soon as are begun ahead of them."""
        now = time.monotonic()
        with self.lock:
            waits = [now - since < min(job.timeout / SLOW_PART, SLOW_SECONDS) for job, since in self.unanswered.items()]
        return sum(waits) >= self.ahead

    def oversee(self, until: float) -> None:
        """Give the places of probes that wait for silent peers to others, until all are done or time is up."""
        while True:
            began = time.monotonic()
            TICKS.next(LOOK_SECONDS)
            if began >= until or self.working.acquire(True, min(LOOK_SECONDS, until - began)):
                return
            now = time.monotonic()
            patience = PATIENCE_SECONDS if now - began < LOOK_SECONDS * 1.3 else BUSY_PATIENCE_SECONDS
            with self.lock:
                for job in [job for job, since in self.young.items() if now - since > patience]:
                    if not self.hire():
                        break
                    del self.young[job]

    def ended(self, job: Job) -> None:
        """Keep a try, and print the answer with the last one, unless the deadline has spoken for it."""
        with self.lock:
            if job.id not in self.tries:
                return
            self.tries[job.id].append(job)
            if len(self.tries[job.id]) == self.wanted[job.id]:
                try:
                    say(self.tries.pop(job.id), self.wanted[job.id])
                except OSError:  # nobody reads it
                    self.tries.clear()
                    self.waiting.close()
            if not self.tries and self.working.locked():
                self.working.release()

    def give_up(self, why: str) -> None:
        """Say what is known of each missing probe, or why that is nothing."""
        with self.lock:
            for number, tries in self.tries.items():
                if tries:
                    say(tries, self.wanted[number])
                else:
                    emit({"id": number, "outcome": "probe_error", "error": why})
            self.tries.clear()
            self.waiting.close()


def probe(job: Job) -> None:
    """Send one probe and complete its answer, whatever happens."""
    began, late = time.monotonic(), TICKS.total()
    job.began, job.deadline = began, began + job.timeout
    try:
        PROTOCOLS[job.protocol](job)
        outcome = Outcome("open")
    except Outcome as end:
        outcome = end
    except OSError as error:
        outcome = ended(error, began)
    except Exception as error:
        outcome = Outcome("probe_error", type(error).__name__ + ": " + str(error))
    job.outcome, job.error = outcome.word, outcome.error[:300]
    job.ms = milliseconds(began)
    doubt(job, TICKS.total() - late)
    if is_answer(job.outcome) and job.phases:  # what a busy thread adds between its phases is not the network's
        job.ms = round(sum(job.phases.values()), 3)
    job.answer.setdefault("ms", job.ms)
    job.answer["outcome"] = job.outcome
    if job.error:
        job.answer["error"] = job.error


def preload() -> bool:
    """Load what TLS needs, if it is there."""
    try:
        tls_module()
    except Outcome:
        return False
    return True


def say(tries: "list[Job]", wanted: int) -> None:
    """Print one answer for the tries of a probe: that of the median one, if any was answered."""
    failed = [job for job in tries if job.outcome == "probe_error"]
    tries = [job for job in tries if job not in failed] or failed[:1]
    words = [job.outcome for job in tries]
    answered = [job for job in tries if is_answer(job.outcome)]
    told = tries[0]
    if answered:
        word = max(words, key=lambda one: words.count(one) if is_answer(one) else 0)
        same = sorted((job for job in answered if job.outcome == word), key=lambda job: job.ms)
        told = same[(len(same) - 1) // 2]
    answer = told.answer
    if wanted > 1 and told.outcome not in ("probe_error", "not_applicable"):
        answer["sent"], answer["received"] = len(tries), len(answered)
        notes = [told.error, others(words, told.outcome)]
        if len(tries) < wanted:
            notes.append(failed[0].error if failed else DEADLINE)
        answer["error"] = "; ".join(filter(None, notes))
        answer["outcomes"] = counts(words)
        inorder = sorted(tries, key=lambda job: job.began)
        lost = [place for place, job in enumerate(inorder) if not is_answer(job.outcome)]
        if answered and lost:
            answer["lost"] = in_a_row(lost)
        if answered:
            answer["percentiles"] = percentiles([job.ms for job in answered])
    resent = [job for job in answered if job.resent]
    if resent:
        answer["resent"] = len(resent)
    for certificate in told.certificates:
        emit({"id": told.id, "cert": binascii.b2a_base64(certificate).decode("ascii").strip()})
    emit(answer)


def emit(document: "dict[str, object]") -> None:
    """Print one line of JSON at once."""
    sys.stdout.write(encode(document) + "\n")
    sys.stdout.flush()


def encode(value: object) -> str:
    """Write JSON; its module and "re" cost more start-up than all probes together where an image has no .pyc files."""
    if isinstance(value, str):
        plain = [c if " " <= c <= "~" and c not in '"\\' else "\\u" + format(min(ord(c), 0xFFFD), "04x") for c in value]
        return '"' + "".join(plain) + '"'
    if isinstance(value, dict):
        return "{" + ", ".join(encode(key) + ": " + encode(item) for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(encode(item) for item in value) + "]"
    return repr(value)


def listening(path: str, state: str = "0A") -> "list[str]":
    """Return the local addresses of the first sockets in a state, as the kernel writes them.

    Those of TCP that listen come first in its list; those of UDP that have no peer are in state 07.
    """
    rows = [line.split()[1:4] for line in read_lines(path, MOST_LISTENERS + 1)[1:]]
    return [row[0] for row in rows if row[2:] == [state]]


def hello() -> None:
    """Say who runs here and what the Pod's network looks like."""
    emit(
        {
            "kw": 1,
            "runner": "python",
            "tools": ["python3"],
            "route4": read_lines("/proc/net/route"),
            "route6": read_lines("/proc/net/ipv6_route"),
            "tcp4": listening("/proc/net/tcp"),
            "tcp6": listening("/proc/net/tcp6"),
            "udp4": listening("/proc/net/udp", "07"),
            "udp6": listening("/proc/net/udp6", "07"),
            "resolv": [line for line in read_lines("/etc/resolv.conf", 20) if line.strip() and line[0] not in "#;"],
        }
    )


def main(lines: "list[str]", deadline_ms: int, parallel: int, pace_us: int) -> None:
    """Run the jobs; the alarm ends what even a full stdout pipe cannot keep alive."""
    signal.alarm(deadline_ms // 1000 + 3)
    ends = time.monotonic() + deadline_ms / 1000.0
    Job.ends = ends - PARTING_SECONDS
    run = Run(lines, parallel, pace_us / 1e6)
    hello()
    if any(line.split()[1] in OVER_TLS for line in lines):
        preload()  # here, and not while the first probes take their times
    _thread.stack_size(512 * 1024)
    for _worker in range(min(AT_FIRST, parallel, sum(run.wanted.values()))):
        run.hire()
    if run.workers:
        run.oversee(ends)
    run.give_up(DEADLINE if run.workers else NO_THREAD)
    emit({"done": 1})
