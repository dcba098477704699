# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A command in a running container, over WebSocket.

Our own, because released clients drop the impersonation headers, stall at the end of a TLS stream, keep the whole
output in memory and crash on an empty status (kubernetes-client/python#1840, #2328). The protocol is
C(remotecommand) v5 (KEP-4006: stdin can be closed) where the server offers it, else v4.
"""

from __future__ import annotations

import dataclasses
import re
import time
import typing as t
from urllib.parse import quote, urlencode, urlsplit

from .connection import Connection
from .errors import from_status, status_message

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
STDIN, STDOUT, STDERR, STATUS, CLOSE = 0, 1, 2, 3, 255
_FRAME = 32 * 1024
_GRACE = 0.5  #: seconds the server may take to close the stream after it sent the status

Sink = t.Callable[[bytes], t.Any]  #: takes output piece by piece as it comes

#: How the process ended, or why there was none.
EXIT_CLASSES = ("exited", "signalled", "not_found", "not_executable", "no_container", "forbidden", "deadline", "lost")


@dataclasses.dataclass
class ExecResult:
    """What came back from one exec.

    Attributes:
        exit_class: one of C(EXIT_CLASSES); a lost status is never C(exited).
        rc: the process's exit code, or None where there is none.
        stdout: bytes of standard output, at most the limit.
        stderr: bytes of standard error, at most the limit.
        stdout_size: bytes of standard output that came, those beyond the limit included.
        stderr_size: bytes of standard error that came, those beyond the limit included.
        truncated: whether output beyond the limit was dropped.
        message: the server's words where the process did not exit by itself.
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
) -> ExecResult:
    """Run a command in a container and wait for its end or for the deadline.

    Args:
        connection: where and how.
        namespace: the Pod's namespace.
        pod: the Pod's name.
        container: the container's name.
        argv: the program and its arguments; no shell is involved.
        stdin: what to send; it is closed afterwards where the protocol can (v5), so a reader must not wait for its end.
        deadline: seconds for everything, the handshake included.
        limit: bytes to keep of stdout, and of stderr.
        stdin_after_output: send stdin when the process has said something. A server that could not start the process
            closes its end; what we still write then makes it reset the connection, and the status can be lost with it.
        stdout: takes standard output in place of the result, up to the limit; memory does not grow with it then.
        stderr: the same for standard error.

    Returns:
        The result; failures are classes of it, never exceptions.

    Raises:
        ImportError: the C(websocket-client) package is not there.
    """
    import websocket

    start = time.monotonic()
    result = ExecResult()
    until = start + deadline
    try:
        socket = _open(websocket, connection, _path(namespace, pod, container, argv, stdin is not None), deadline)
    except websocket.WebSocketBadStatusException as error:
        _refused(result, error, namespace, pod)
    except websocket.WebSocketTimeoutException:
        result.exit_class, result.message = "deadline", f"no answer to the exec request within {deadline:g} s"
    except (websocket.WebSocketException, OSError) as error:
        result.message = f"the stream could not be opened: {error}"
    else:
        try:
            _Stream(websocket, socket, result, until, limit, {STDOUT: stdout, STDERR: stderr}).run(
                stdin, stdin_after_output
            )
        finally:
            socket.shutdown()
    result.seconds = time.monotonic() - start
    return result


def _path(namespace: str, pod: str, container: str, argv: t.Sequence[str], stdin: bool) -> str:
    query = [("container", container), ("stdin", str(stdin).lower()), ("stdout", "true"), ("stderr", "true")]
    query += [("command", word) for word in argv]
    return f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(pod, safe='')}/exec?{urlencode(query)}"


def _open(websocket: t.Any, connection: Connection, path: str, deadline: float) -> t.Any:
    configuration = connection.configuration
    server = urlsplit(connection.server)
    secure = server.scheme == "https"
    options: dict[str, t.Any] = {}
    if configuration.proxy:
        proxy = urlsplit(configuration.proxy)
        options.update(http_proxy_host=proxy.hostname, http_proxy_port=proxy.port, proxy_type=proxy.scheme)
        if proxy.username:
            options["http_proxy_auth"] = (proxy.username, proxy.password or "")
        if configuration.no_proxy:
            options["http_no_proxy"] = configuration.no_proxy.split(",")
    if secure:
        options["sslopt"] = {"context": connection.ssl_context}
        if getattr(configuration, "tls_server_name", None):
            options["sslopt"]["server_hostname"] = configuration.tls_server_name
    return websocket.create_connection(
        f"{'wss' if secure else 'ws'}://{server.netloc}{server.path}{path}",
        header=[f"{name}: {value}" for name, value in connection.headers()],
        subprotocols=list(PROTOCOLS),
        timeout=deadline,
        suppress_origin=True,
        enable_multithread=False,
        **options,
    )


class _Stream:
    """One open stream: feed stdin, sort what comes by its channel, stop at the status, the end or the deadline."""

    def __init__(
        self,
        websocket: t.Any,
        socket: t.Any,
        result: ExecResult,
        until: float,
        limit: int,
        sinks: t.Mapping[int, Sink | None],
    ) -> None:
        self.websocket, self.socket, self.result = websocket, socket, result
        self.until, self.limit = until, limit
        self.kept = {STDOUT: bytearray(), STDERR: bytearray()}
        self.came = dict.fromkeys(self.kept, 0)
        self.sinks = {channel: sinks[channel] or kept.extend for channel, kept in self.kept.items()}
        self.status: bytes | None = None
        result.protocol = socket.getsubprotocol() or PROTOCOLS[-1]

    def run(self, stdin: bytes | None, after_output: bool) -> None:
        """Speak until the end, and put all that was learned into the result."""
        result = self.result
        try:
            more = True
            while more:
                if stdin is not None and (self.came[STDOUT] or not after_output):
                    self._feed(stdin)
                    stdin = None
                more = self._receive()
            result.message = "the stream was closed without an exit status"
        except self.websocket.WebSocketTimeoutException:
            result.exit_class, result.message = "deadline", "the command was still running at the deadline"
        except (self.websocket.WebSocketException, OSError) as error:
            result.message = f"the stream ended without an exit status: {error}"
        result.stdout, result.stderr = bytes(self.kept[STDOUT]), bytes(self.kept[STDERR])
        result.stdout_size, result.stderr_size = self.came[STDOUT], self.came[STDERR]
        if self.status is not None:
            _ended(result, self.status)

    def _receive(self) -> bool:
        """Take one message; tell whether more may come."""
        self._arm()
        opcode, frame = self.socket.recv_data_frame(True)
        if opcode == self.websocket.ABNF.OPCODE_CLOSE:
            return False
        if opcode in (self.websocket.ABNF.OPCODE_BINARY, self.websocket.ABNF.OPCODE_TEXT) and frame.data:
            channel, data = frame.data[0], frame.data[1:]
            if channel == STATUS:
                self.status = (self.status or b"") + data[: self.limit]
                self.until = min(self.until, time.monotonic() + _GRACE)
            elif channel in self.sinks:
                self._keep(channel, data)
        return True

    def _feed(self, stdin: bytes) -> None:
        for offset in range(0, len(stdin), _FRAME):
            self._arm()
            self.socket.send_binary(bytes([STDIN]) + stdin[offset : offset + _FRAME])
        if self.result.protocol == PROTOCOLS[0]:
            self.socket.send_binary(bytes([CLOSE, STDIN]))

    def _arm(self) -> None:
        left = self.until - time.monotonic()
        if left <= 0:
            raise self.websocket.WebSocketTimeoutException("deadline")
        self.socket.settimeout(left)

    def _keep(self, channel: int, data: bytes) -> None:
        room = max(0, self.limit - self.came[channel])
        self.came[channel] += len(data)
        if room:
            self.sinks[channel](data[:room])
        self.result.truncated |= len(data) > room


def _ended(result: ExecResult, body: bytes) -> None:
    """Read the status channel: C(meta/v1 Status), C(NonZeroExitCode) carries the code as a cause."""
    message, status = status_message(body)
    result.message = ""
    if status.get("status") == "Success":
        result.exit_class, result.rc = "exited", 0
        return
    causes = (status.get("details") or {}).get("causes") or []
    codes = [cause.get("message") for cause in causes if cause.get("reason") == "ExitCode"]
    if status.get("reason") == "NonZeroExitCode" and codes and re.fullmatch(r"[0-9]{1,3}", str(codes[0])):
        result.rc = int(codes[0])
        result.exit_class = "signalled" if result.rc > 128 else "exited"
        return
    result.message = message or "the server sent an empty exit status"
    result.exit_class = _why_not_started(result.message)


def _why_not_started(message: str) -> str:
    """Class of the runtime's own words (runc and crun, as containerd and CRI-O pass them on)."""
    if "executable file not found" in message or "no such file or directory" in message:
        return "not_found"
    if "permission denied" in message or "exec format error" in message:
        return "not_executable"
    if "container not found" in message or "is not running" in message:
        return "no_container"
    return "lost"


def _refused(result: ExecResult, error: t.Any, namespace: str, pod: str) -> None:
    body = error.resp_body or b""
    body = body.encode() if isinstance(body, str) else body
    result.message = str(from_status(error.status_code, body, f"exec into Pod {namespace}/{pod}"))
    if error.status_code in (401, 403):
        result.exit_class = "forbidden"
    elif error.status_code in (400, 404):
        result.exit_class = "no_container"
    else:
        result.exit_class = _why_not_started(result.message)
