# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The report as one HTML file that needs nothing else: no network, no asset, no server."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import typing as t

from . import page_assets, page_data, phrases, text

#: JSON inside a script element: nothing in it may look like markup to the HTML parser. The rest is ASCII already.
_HIDE = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main id="page"></main>
<aside id="panel" aria-label="Details" hidden></aside>
<noscript><pre>{summary}</pre></noscript>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""


def render(document: t.Mapping[str, t.Any], changes: t.Mapping[str, t.Any] | None = None) -> str:
    """Draw a valid report document; the same document gives the same bytes.

    C(changes) is what C(changes.tell) says about an earlier one.
    """
    return _PAGE.format(
        # Only this very style and script may run: markup that got in by a mistake of ours would stay dead.
        policy=(
            f"default-src 'none'; style-src {_hash(page_assets.STYLE)}; script-src {_hash(page_assets.SCRIPT)}; "
            "base-uri 'none'; form-action 'none'"
        ),
        title=html.escape(f"{phrases.tally(document, loud=False)} · Kubewire"),
        style=page_assets.STYLE,
        summary=html.escape(text.render(document, changes=changes, full=True)),
        data=json.dumps(page_data.build(document, changes), separators=(",", ":"), allow_nan=False).translate(_HIDE),
        script=page_assets.SCRIPT,
    )


def _hash(source: str) -> str:
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    return f"'sha256-{digest}'"
