# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A command in a running container, over WebSocket.

Our own, because released clients drop the impersonation headers, stall at the end of a TLS stream, keep the whole
output in memory and crash on an empty status (kubernetes-client/python#1840, #2328). The protocol is
C(remotecommand) v5 (KEP-4006: stdin can be closed) where the server offers it, else v4.

There is never a tty: it would merge standard error into standard output and change line ends.

What no client can know: a server may drop the tail of the output when the process ends before a slow reader took it,
and still say Success (kubernetes#124571). So exit code 0 does not prove that all output came. The sizes count what
came; where every byte matters, the command itself has to say how many there are, or their checksum.
"""

from __future__ import annotations

import dataclasses
import re
import time
import typing as t
from urllib.parse import quote, urlencode

from . import exec_failure, unreachable
from .connection import Connection
from .errors import ClusterError, status_message
from .wire import NotConnected, Wire, open_stream

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
STDIN, STDOUT, STDERR, STATUS, CLOSE = 0, 1, 2, 3, 255
_FRAME = 32 * 1024
_STDIN_HOLD_S = 1.0  #: seconds that a large stdin waits for the first sign that the process runs
_CLOSE_GRACE_S = 0.25  #: seconds of silence after the status in which the server may close the stream itself
_MAX_STATUS_BYTES = 64 * 1024  #: bytes; it holds a sentence
_SIGNALS = range(129, 193)  #: exit codes of a process that one of the 64 signals ended; 255 is C(exit -1)

Sink = t.Callable[[bytes], t.Any]  #: takes output piece by piece as it comes


@dataclasses.dataclass
class ExecResult:
    """What came back from one exec.

    Attributes:
        exit_class: one of C(_words.EXIT_CLASSES); a lost status is never C(exited), and a process that itself exits
            with 126 or 127 is.
        rc: the process's exit code, or None where there is none.
        stdout: bytes of standard output, at most the limit.
        stderr: bytes of standard error, at most the limit.
        stdout_size: bytes of standard output that came, those beyond the limit included.
        stderr_size: bytes of standard error that came, those beyond the limit included.
        truncated: whether output beyond the limit was dropped.
        message: the server's words where the process did not exit by itself.
        remedy: what would help, where the message says.
        protocol: the sub-protocol that was spoken.
        seconds: from the first byte of the handshake to the end of the stream.
    """

    exit_class: str = "lost"
    rc: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    stdout_size: int = 0
    stderr_size: int = 0
    truncated: bool = False
    message: str = ""
    remedy: str = ""
    protocol: str = ""
    seconds: float = 0.0


def run(
    connection: Connection,
    namespace: str,
    pod: str,
    container: str,
    argv: t.Sequence[str],
    stdin: bytes | None = None,
    deadline: float = 30.0,
    limit: int = 1 << 20,
    stdin_after_output: bool = False,
    stdout: Sink | None = None,
    stderr: Sink | None = None,
    node: str = "",
) -> ExecResult:
    """Run a command in a container and wait for its end or for the deadline.

    Nothing ends a process that is still running when the stream ends, at the deadline or before: the protocol has no
    word for it, and the container runtimes let it go on.

    Args:
        connection: where and how.
        namespace: the Pod's namespace.
        pod: the Pod's name.
        container: the container's name.
        argv: the program and its arguments; no shell is involved.
        stdin: what to send, while output is read; it is closed afterwards where the protocol can (v5), so under v4 a
            reader must not wait for its end.
        deadline: seconds for everything, the handshake included.
        limit: bytes to keep of stdout, and of stderr.
            A server that could not start the process closes its end; what we still write then makes it reset the
            connection, and the status can be lost with it (with 3 MB, one time in twenty). So the first 32 KiB go at
            once, and the rest when the process said something or a second has passed.
        stdin_after_output: send nothing at all before the process said something. Only for a program that speaks before
            it reads: C(cat) would wait for us as we for it.
        stdout: takes standard output in place of the result, up to the limit; memory does not grow with it then.
        stderr: the same for standard error.
        node: of the Pod, to name it where its kubelet cannot be reached.

    Returns:
        The result; failures are classes of it, never exceptions.

    Raises:
        ImportError: the C(websocket-client) package is not there.
        OSError: a sink raised it.
    """
    import websocket

    start = time.monotonic()
    result = ExecResult()
    until = start + deadline
    path = _path(namespace, pod, container, argv, stdin is not None)
    try:
        stream, wire = open_stream(connection, path, PROTOCOLS, until)
    except websocket.WebSocketBadStatusException as error:
        _refused(result, error, namespace, pod, node)
    except NotConnected as error:
        _not_connected(result, error, connection, f"exec into Pod {namespace}/{pod}")
    except ClusterError as error:
        result.exit_class, result.message, result.remedy = "forbidden", str(error), error.remedy
    except (websocket.WebSocketException, OSError, ValueError, IndexError, TypeError) as error:
        result.message = f"the stream could not be opened: {error}"
        if time.monotonic() >= until:
            result.exit_class, result.message = "deadline", f"no answer to the exec request within {deadline:g} s"
    else:
        try:
            conversation = _Conversation(websocket, stream, wire, result, limit, stdout, stderr)
            conversation.run(stdin, stdin_after_output)
            if conversation.status:
                _ended(result, conversation.status, node)
            elif result.exit_class == "deadline" and not conversation.spoke and deadline <= exec_failure.KUBELET_S:
                result.message, result.remedy = exec_failure.of_silence(node)
        finally:
            wire.close()
    result.seconds = time.monotonic() - start
    return result


def _path(namespace: str, pod: str, container: str, argv: t.Sequence[str], stdin: bool) -> str:
    query = [("container", container), ("stdin", str(stdin).lower()), ("stdout", "true"), ("stderr", "true")]
    query += [("command", word) for word in argv]
    return f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(pod, safe='')}/exec?{urlencode(query)}"


class _Output:
    """One of the process's streams: counted, and kept up to the limit."""

    def __init__(self, limit: int, sink: Sink | None) -> None:
        self.kept = bytearray()
        self.size = 0
        self._limit, self._sink = limit, sink or self.kept.extend

    def take(self, data: bytes) -> None:
        room = max(0, self._limit - self.size)
        self.size += len(data)
        if room and data:
            self._sink(data[:room])


class _Conversation:
    """One open stream: feed stdin, sort what comes by its channel, stop at the status, the end or the deadline."""

    def __init__(
        self,
        websocket: t.Any,
        stream: t.Any,
        wire: Wire,
        result: ExecResult,
        limit: int,
        stdout: Sink | None,
        stderr: Sink | None,
    ) -> None:
        self.websocket, self.stream, self.wire, self.result = websocket, stream, wire, result
        self.limit, self.until = limit, wire.until
        self.outputs = {STDOUT: _Output(limit, stdout), STDERR: _Output(limit, stderr)}
        self.stdin: bytes | None = None
        self.status = b""
        result.protocol = stream.getsubprotocol() or PROTOCOLS[-1]

    @property
    def spoke(self) -> bool:
        """Whether anything came from the process."""
        return any(output.size for output in self.outputs.values())

    def run(self, stdin: bytes | None, after_output: bool) -> None:
        """Speak until the end, and put all that came into the result, but for the status."""
        result, out, err = self.result, self.outputs[STDOUT], self.outputs[STDERR]
        self.stdin = stdin
        if not after_output:
            self._feed(_FRAME)
            if self.stdin is not None:
                self.wire.until = min(self.until, time.monotonic() + _STDIN_HOLD_S)
        while (message := self._receive()) is not None:
            self._sort(message)
            if out.size and not self.status:
                self._feed()
        result.stdout, result.stderr = bytes(out.kept), bytes(err.kept)
        result.stdout_size, result.stderr_size = out.size, err.size
        result.truncated = max(out.size, err.size) > self.limit

    def _receive(self) -> bytes | None:
        """Return the next message with its channel, or None at the end, which the result then explains."""
        result, abnf = self.result, self.websocket.ABNF
        try:
            while True:
                opcode, data = self._next()
                if opcode == abnf.OPCODE_CLOSE:
                    result.message = "the stream was closed without an exit status"
                    return None
                if opcode in (abnf.OPCODE_BINARY, abnf.OPCODE_TEXT) and data:
                    return data
        except self.websocket.WebSocketTimeoutException:
            result.exit_class, result.message = "deadline", "the command was still running at the deadline"
        except (self.websocket.WebSocketException, OSError, ValueError) as error:
            result.message = f"the stream ended without an exit status: {error}"
        return None

    def _next(self) -> tuple[int, bytes]:
        try:
            opcode, frame = self.stream.recv_data_frame(True)
        except self.websocket.WebSocketTimeoutException:
            if self.stdin is None or self.status or time.monotonic() >= self.until:
                raise
            self._feed()  # the process has had its time to fail; a half-read frame is kept below and goes on
            return self._next()
        return opcode, bytes(frame.data)

    def _sort(self, message: bytes) -> None:
        channel, data = message[0], message[1:]
        if channel == STATUS:
            self.status = (self.status + data)[:_MAX_STATUS_BYTES]
        elif channel in self.outputs:
            self.outputs[channel].take(data)
        if self.status:
            self.wire.until = min(self.until, time.monotonic() + _CLOSE_GRACE_S)

    def _feed(self, size: int | None = None) -> None:
        """Send the next bytes of stdin, or all that is left of it, and its end after the last."""
        if self.stdin is None:
            return
        now, rest = (self.stdin, b"") if size is None else (self.stdin[:size], self.stdin[size:])
        for offset in range(0, len(now), _FRAME):
            self.stream.send_binary(bytes([STDIN]) + now[offset : offset + _FRAME])
        self.stdin = rest or None
        if self.stdin is None:
            self.wire.until = self.until
            if self.result.protocol == PROTOCOLS[0]:
                self.stream.send_binary(bytes([CLOSE, STDIN]))


def _ended(result: ExecResult, body: bytes, node: str) -> None:
    """Read the status channel: C(meta/v1 Status), C(NonZeroExitCode) carries the code as a cause."""
    message, status = status_message(body)
    result.exit_class, result.message = "lost", ""
    if status.get("status") == "Success":
        result.exit_class, result.rc = "exited", 0
        return
    code = _exit_code(status) if status.get("reason") == "NonZeroExitCode" else None
    if code is not None:
        result.rc = code
        result.exit_class = "signalled" if code in _SIGNALS else "exited"
        return
    result.exit_class, result.message, result.remedy = exec_failure.of_status(message, node)


def _exit_code(status: t.Mapping[str, t.Any]) -> int | None:
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    for cause in causes if isinstance(causes, list) else ():
        if isinstance(cause, dict) and cause.get("reason") == "ExitCode":
            text = str(cause.get("message"))
            return int(text) if re.fullmatch(r"[0-9]{1,3}", text) and int(text) < 256 else None
    return None


def _not_connected(result: ExecResult, error: NotConnected, connection: Connection, what: str) -> None:
    found = unreachable.error_of(error.error, what, connection.server, connection.proxy, error.seconds)
    result.exit_class, result.message, result.remedy = "unreachable", str(found), found.remedy


def _refused(result: ExecResult, error: t.Any, namespace: str, pod: str, node: str) -> None:
    if not error.status_code:
        result.message = "the stream could not be opened: the answer is not HTTP"
        return
    body = error.resp_body or b""
    body = body.encode() if isinstance(body, str) else body
    failure = exec_failure.of_answer(error.status_code, body, namespace, pod, node)
    result.exit_class, result.message, result.remedy = failure
