#!/bin/sh
# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What the image does when it is told nothing: at a terminal it is a shell, else it waits until it is ended.
[ ! -t 0 ] || exec bash
trap 'exit 0' INT TERM
sleep infinity &
wait
