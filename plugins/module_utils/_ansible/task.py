# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What every module that asks an API server begins with."""

from __future__ import annotations

import importlib.util
import sys

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import Connection, connect
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api

from .._runs import bounds
from . import no_log
from .auth import auth_params
from .ladder import fail, reported

__all__ = ("fail", "open_api", "reported")

_LIBRARIES = {"kubernetes": "kubernetes", "websocket": "websocket-client", "yaml": "PyYAML"}

#: A localhost that is written in an inventory has the system's Python, not that of ansible-playbook.
_INSTALL = (
    "install it for that Python: {python} -m pip install {package}; or run the task with the Python of "
    'ansible-playbook: set ansible_python_interpreter of localhost to "{{{{ ansible_playbook_python }}}}"'
)


def open_api(module: AnsibleModule) -> Api:
    """Return the API server that the module's auth options lead to; no request is sent yet."""
    for name, package in _LIBRARIES.items():
        if importlib.util.find_spec(name) is None:
            message = missing_required_lib(package)  # type: ignore[no-untyped-call]
            fail(module, message, "missing_library", _INSTALL.format(python=sys.executable, package=package))
    no_log.show_kubeconfig(module)
    params = auth_params(module.params)
    bounds.seconds(params, "request_timeout")
    connection: Connection = connect(params)
    return Api(connection, params["request_timeout"])
