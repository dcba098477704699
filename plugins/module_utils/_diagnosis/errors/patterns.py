# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""In which order the wordings of errors are tried.

The first row that matches decides, so that what is more specific comes first: the event of a Pod before the refused
connection that it quotes, a name server that does not answer before a timeout, and a refused connection before the
status code that a proxy made of it.
"""

from __future__ import annotations

from .wordings.answers import OF_ANSWERS
from .wordings.codes import OF_BROWSERS, OF_DATABASES, OF_STATES
from .wordings.connections import OF_CAUSES, OF_CONNECTIONS, OF_LEAST, OF_PROCESSES, OF_REST
from .wordings.names import OF_NAMES
from .wordings.objects import OF_OBJECTS
from .wordings.statuses import OF_PHRASES
from .wordings.subjects import OF_SUBJECTS
from .wordings.tls import OF_TLS

#: In the order in which they are tried; status codes stand between the two.
BEFORE_STATUS = (*OF_OBJECTS, *OF_PROCESSES, *OF_NAMES, *OF_TLS, *OF_BROWSERS, *OF_ANSWERS, *OF_CAUSES, *OF_DATABASES)
AFTER_STATUS = (*OF_CONNECTIONS, *OF_PHRASES, *OF_REST, *OF_LEAST, *OF_STATES)
#: In a text whose names of exceptions are words.
LAST = OF_SUBJECTS
_OF_NOBODY = tuple(row for row in OF_ANSWERS if row[0] == "no_endpoint")
#: What an error about an object may quote.
OF_NETWORK = (*_OF_NOBODY, *OF_NAMES, *OF_TLS, *OF_CAUSES, *OF_DATABASES, *OF_CONNECTIONS, *OF_REST)
