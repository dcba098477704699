# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What all parts use: the tools that are there, the clock, and how an answer is written as JSON.

have() { command -v "$1" >/dev/null 2>&1; }

tools=
for tool in bash nc curl openssl wget dig nslookup getent ping ping6; do
    ! have $tool || tools="$tools $tool"
done

# shellcheck disable=SC3028 # where the shell is bash 5, and nowhere else
case ${EPOCHREALTIME-}/$(date +%s%N 2>/dev/null) in
    [0-9]*) clock=bash ;;
    /*[!0-9]* | / | /??????????) clock=uptime ;;
    *) clock='date' ;;
esac

# Sets "now" to microseconds.
# shellcheck disable=SC3028
tick() {
    case $clock in
        bash) now=${EPOCHREALTIME%[.,]*}${EPOCHREALTIME#*[.,]} ;;
        date) now=$(($(date +%s%N) / 1000)) ;;
        *) read -r now rest </proc/uptime && now=${now%.*}${now#*.}0000 ;;
    esac
}

# Sets "elapsed" to the microseconds since START.
since() {
    tick
    elapsed=$((now > $1 ? now - $1 : 0))
}

# Sets "ms" to so many MICROSECONDS, with their fraction.
milliseconds() {
    ms=$(($1 % 1000 + 1000))
    ms=$(($1 / 1000)).${ms#1}
}

# Adds a phase that took so many MICROSECONDS; a clock that was set back gives none.
phase() {
    [ "$2" -ge 0 ] || return 0
    milliseconds "$2"
    phases="$phases${phases:+, }\"$1\": $ms"
}

# Sets "clean" to text that may stand in a JSON string.
escape() {
    clean=$1
    # shellcheck disable=SC2254 # a pattern is wanted
    case $clean in *$BAD*) ;; *) return ;; esac
    # shellcheck disable=SC2086 # the words are wanted, whatever stood between them
    set -- $clean
    rest=$* clean=
    while [ -n "$rest" ] && [ ${#clean} -lt 300 ]; do
        character=${rest%"${rest#?}"}
        rest=${rest#?}
        # shellcheck disable=SC2254
        case $character in $BAD) ;; *) clean=$clean$character ;; esac
    done
}

# Adds a member with a string to "json", if there is a string.
member() {
    [ -z "$2" ] && return
    escape "$2"
    json="$json, \"$1\": \"$clean\""
}

# Adds a member with a list of strings to "json".
members() {
    json="$json, \"$1\": ["
    shift
    comma=
    for item; do
        escape "$item"
        json="$json$comma\"$clean\""
        comma=', '
    done
    json="$json]"
}

# Adds the lines of a FILE to "json", blank ones and comments left out.
member_lines() {
    key=$1 lines=
    while IFS= read -r line && [ ${#lines} -lt 30000 ]; do
        case $line in '' | [\#\;]*) ;; *) lines=$lines$line$NL ;; esac
    done <"$2"
    IFS=$NL
    # shellcheck disable=SC2086
    set -- "$key" $lines
    unset IFS
    members "$@"
} 2>/dev/null

# Adds the local addresses of the first sockets in STATE to "json", as the kernel writes them: those of TCP that listen
# come first in FILE.
member_listeners() {
    key=$1 wanted=$2 lines='' count=0
    while [ "$count" -lt 65 ] && read -r nth own _peer state _rest; do
        count=$((count + 1))
        case $nth/$state in
            */"$wanted") lines="$lines $own" ;;
        esac
    done <"$3"
    # shellcheck disable=SC2086
    members "$key" $lines
} 2>/dev/null
