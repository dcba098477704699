# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The package is imported by many threads at once, as they need it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

#: Each thread begins with another part of the package, as soon as all of them are there.
PROGRAM = """
import sys, threading
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import connection, rest
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import room

CONFIG = {
    "current-context": "c",
    "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
    "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:9"}}],
    "users": [{"name": "u", "user": {"token": "t"}}],
}
WAYS = (
    lambda: room._bytes("64Mi"),
    lambda: rest.Api(connection.connect({"host": "https://127.0.0.1:9", "api_key": "t"})),
    lambda: connection.connect({"kubeconfig": CONFIG}),
)
sys.setswitchinterval(1e-6)
barrier, errors = threading.Barrier(16), []

def use(number):
    barrier.wait()
    try:
        WAYS[0 if number % 3 == 0 else 2 - number % 2]()
    except BaseException as error:
        errors.append(repr(error))

threads = [threading.Thread(target=use, args=(number,)) for number in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit(str(errors[:3]) if errors else 0)
"""


@pytest.mark.parametrize("_time", range(4))  # it does not go wrong each time
def test_threads_that_all_begin_with_it_wait_for_one_another(_time):
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
