# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The one error ladder: what may go wrong in a module, and the one clear message each gives."""

from __future__ import annotations

import contextlib
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError


@contextlib.contextmanager
def reported(module: AnsibleModule) -> t.Iterator[None]:
    """Turn what a user can act on into C(fail_json) with C(reason) and C(way_out); anything else is a bug and shows."""
    try:
        yield
    except ClusterError as error:
        fail(module, str(error), error.reason, error.way_out, **error.data)
    except OSError as error:
        fail(module, f"{error.filename or 'file'}: {error.strerror or error}", "file")
    except ValueError as error:
        fail(module, str(error), "bad_input")


def fail(module: AnsibleModule, message: str, reason: str, way_out: str = "", **data: t.Any) -> t.NoReturn:
    """End the module with one message; the way out is part of it, since that is all that most people see."""
    sentence = f"{message}. {way_out[0].upper()}{way_out[1:]}" if way_out else message
    module.fail_json(**{"msg": sentence, "reason": reason, "way_out": way_out, "changed": False, **data})
