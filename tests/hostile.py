# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fifty strings that mean something to a shell, a template, a URL, a terminal or a path, and nothing to us.

A name, a label or an argument that holds one must come back byte for byte, or be refused with the option's name.
Those with C(OWNED) would leave a file of that name behind where any shell read them.
"""

from __future__ import annotations

OWNED = "/tmp/kubewire-owned"

STRINGS = (
    # shells: ends of commands, substitution, redirection, expansion
    f"; touch {OWNED}",
    f"&& touch {OWNED}",
    f"|| touch {OWNED}",
    f"| tee {OWNED}",
    f"& touch {OWNED} &",
    f"$(touch {OWNED})",
    f"`touch {OWNED}`",
    f"\ntouch {OWNED}\n",
    f"\r\ntouch {OWNED}\r\n",
    f"'; touch {OWNED}; '",
    f'"; touch {OWNED}; "',
    f"> {OWNED}",
    f"<(touch {OWNED})",
    f"() {{ :; }}; touch {OWNED}",
    "$PATH ${IFS} $$ $? $0",
    "${x:-$(id)}",
    "* ? [a-z] {a,b} ~",
    "!! !$ ^a^b",
    "# no comment",
    "a\\",
    "\\n \\0 \\x41 %s %n",
    "'",
    '"',
    "'\"`\\",
    "  leading and trailing  ",
    "\ttab\tand\x0bvertical\x0c",
    # options of whatever program comes next
    "--",
    "-rf",
    "--help",
    "-",
    "--kubeconfig=/etc/shadow",
    "-oProxyCommand=id",
    # templates and formats
    "{{ 7 * 7 }}",
    "{% for x in [1] %}{{ x }}{% endfor %}",
    "%(id)s {0} {x!r}",
    "<script>alert(1)</script>",
    "{{ lookup('pipe', 'id') }}",
    "!!python/object/apply:os.system ['id']",
    # URLs and headers
    "a&command=id&tty=true",
    "a%00b%2e%2e%2f+%0d%0aX: y",
    "?x=1#fragment",
    # paths
    "../../../../etc/passwd",
    "/",
    "C:\\Windows\\..\\..",
    # terminals and Unicode
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egpj.exe\u2066",
    "grün 漢字 \U0001f600 e\u0301 \ufeff",
    "\x01\x7f\x85\ufffd\u2028",
    # sizes
    "",
    "x" * 10_000,
)
