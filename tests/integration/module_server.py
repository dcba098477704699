# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs each module in a process of its own, which is forked from one that has imported what modules import.

The imports take 0.4 s of a processor, and tests call modules some hundred times. Run by conftest.py as the operator.
A connection to the socket (first argument) is one call: it sends the JSON of C(module), C(arguments) (a file) and
C(folder) with two descriptors, standard output and error; it gets the process id, and is closed when the process has
ended. The server ends with its standard input.
"""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import runpy
import selectors
import signal
import socket
import sys

PACKAGE = "ansible_collections.kubewire.netdebug.plugins.modules"


def prepare() -> None:
    """Import what modules import, but no module itself: each call runs it from its first line."""
    importlib.import_module("kubernetes.client")  # imported late, so no module brings it here
    importlib.import_module("kubernetes.config")
    (folder,) = importlib.import_module(PACKAGE).__path__
    for path in pathlib.Path(folder).glob("*.py"):
        importlib.import_module(f"{PACKAGE}.{path.stem}")
        del sys.modules[f"{PACKAGE}.{path.stem}"]


def serve(path: str) -> tuple[str, str]:
    """Accept calls; return in each forked process, with the module and the file of its arguments."""
    with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as selector:
        listener.bind(path)
        listener.listen(64)
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while sys.stdin not in [key.fileobj for key, _events in selector.select()]:
            connection, _address = listener.accept()
            if not os.fork():
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                return begin(connection)
            connection.close()
    sys.exit()


def begin(connection: socket.socket) -> tuple[str, str]:
    """Become the process of one call."""
    text, (output, errors), _flags, _address = socket.recv_fds(connection, 65536, 2)
    call = json.loads(text)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for own, standard in ((nothing, 0), (output, 1), (errors, 2)):
        os.dup2(own, standard)
        os.close(own)
    os.chdir(call["folder"])
    sys.path[0] = call["folder"]
    connection.sendall(f"{os.getpid()}\n".encode())
    connection.detach()  # open until the process ends
    return call["module"], call["arguments"]


if __name__ == "__main__":
    prepare()
    module, arguments = serve(sys.argv[1])
    sys.argv[1:] = [arguments]
    runpy.run_module(f"{PACKAGE}.{module}", run_name="__main__", alter_sys=True)
