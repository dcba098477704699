# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the shell runner asks over connections and of DNS, by the tools that the container has."""

from __future__ import annotations

PROTOCOLS = r"""
# Sets "outcome" and "error" from what a tool SAID of a failure that came after so many MICROSECONDS.
judge() {
    error=$1
    case $1 in
        *'onnection refused'*) outcome=refused ;;
        *'onnection reset'* | *'roken pipe'*) outcome=reset ;;
        *'No route to host'* | *'ost is unreachable'* | *'Host Unreachable'*)
            # Linux gives a neighbour up after 3 s; a busy node may take one to start the tool.
            outcome=unreachable_fast
            [ "$2" -lt 2000000 ] || outcome=unreachable_arp
            ;;
        *'acket filtered'* | *'ermission denied'* | *'peration not permitted'*) outcome=unreachable_fast ;;
        *'etwork is unreachable'* | *'etwork unreachable'* | *'Net Unreachable'* | *'etwork is down'*)
            outcome=no_route
            ;;
        *'ssign requested address'* | *'ddress not available'* | *'not supported by protocol'* | *'nvalid argument'*)
            outcome=no_route
            ;;
        *'imed out'* | *Terminated* | '') outcome=timeout error='' ;;
        *) outcome=probe_error ;;
    esac
}

# Sets "outcome" from the FIRST line that a server sent.
judge_head() {
    case $1 in
        'HTTP/1.'[01]' '[1-5][0-9][0-9]*)
            error=${1#HTTP/1.? }
            outcome=http_${error%"${error#???}"} error=''
            ;;
        '') outcome=reset error='closed without a byte' ;;
        *) outcome=open error="the answer is not HTTP: $1" ;;
    esac
}

# Both programs say "connected" and, if they were given a REQUEST, the first line of what came back.
# shellcheck disable=SC2016 # for bash to expand
BASH_TCP='
trap "" PIPE
exec 3<>"/dev/tcp/$1/$2" || exit 1
echo connected ${EPOCHREALTIME/[.,]/}
[ -n "$3" ] || exit 0
printf "%b" "$3" >&3 2>/dev/null
IFS= read -r -n 4000 line <&3
printf "head %s\n" "$line"
'
# shellcheck disable=SC2016
NC_TCP='
trap "" PIPE
echo connected >&2
[ -n "$1" ] || exit 0
printf "%b" "$1"
IFS= read -r line
printf "head %s\n" "$line" >&2
'

tcp_tool=
if have bash && case $(bash -c 'exec 3<>/dev/tcp/127.0.0.1/-' 2>&1) in *'No such file'*) false ;; esac; then
    tcp_tool=bash
elif have nc; then
    case $(nc --help 2>&1) in
        *BusyBox*-e\ PROG*) tcp_tool=nc_exec ;;
        *BusyBox*) ;;
        *) tcp_tool=nc ;;
    esac
fi

connect_bash() { limit "$seconds" bash -c "$BASH_TCP" bash "$address" "$port" "$1"; }

connect_nc_exec() { limit "$seconds" nc "$address" "$port" -e sh -c "$NC_TCP" sh "$1"; }

# Other kinds of nc run no program: one connection to see whether it opens, one for the request.
connect_nc() {
    nc -z -v -w "$seconds" "$address" "$port" </dev/null || return
    printf '\nconnected\n'
    [ -n "$1" ] || return
    printf '%b' "$1" | limit "$seconds" nc -w "$seconds" "$address" "$port" | {
        IFS= read -r line
        printf 'head %s\n' "$line"
    }
}

# Connects and sends a REQUEST, if there is one; sets "outcome".
connect() {
    resolve || return 1
    tool=${tcp_tool%_exec}
    if [ -z "$tcp_tool" ]; then
        outcome=probe_error error='no tool: looked for bash with /dev/tcp, nc'
        return 1
    fi
    seconds_left 600 || { outcome=timeout && return 1; }
    connect_began=$now
    text=$("connect_$tcp_tool" "$1" 2>&1)
    since "$connect_began"
    case $NL$text in
        *"${NL}connected"*) connected "$1" "${text#*connected}" ;;
        *)
            judge "${text%%"$NL"*}" "$elapsed"
            return 1
            ;;
    esac
}

# Reads what came after "connected": when that was, and the first line that the server sent.
connected() {
    at=${2%%"$NL"*}
    at=${at# }
    case $clock/$at in
        uptime/* | */*[!0-9]* | */) [ -n "$1" ] || phase connect "$elapsed" ;;
        *) phase connect $((at - connect_began)) ;;
    esac
    [ -n "$1" ] || return 0
    case $2 in
        *"${NL}head "*) judge_head "${2#*"${NL}head "}" ;;
        *) outcome=timeout error='connected, then silent' ;;
    esac
}

# Sets "request" (escaped for %b), with a METHOD and a HEADER, and "authority", the host as URLs write it: without the
# port that is usual.
compose() {
    authority=${server_name:-$host}
    authority=${authority%.}
    case $authority in *:*) authority="[$authority]" ;; esac
    [ "$port" = "$1" ] || authority=$authority:$port
    request="${2:-GET} ${path:-/} HTTP/1.1\\r\\nHost: $authority\\r\\nUser-Agent: kubewire\\r\\n"
    request="${request}Accept: */*\\r\\n${3-}Connection: close\\r\\n\\r\\n"
}

probe_tcp() { connect ''; }

probe_http() {
    compose 80
    connect "$request"
}

# A small request, and then one of several full segments: what is narrow on the way lets only the small one pass.
large() {
    until=$ends
    tick
    ends=$((now + (ends - now) / 2))
    compose 80 HEAD
    connect "$request" || return
    case $outcome in open | http_*) ;; *) return ;; esac
    [ "${size:-0}" -gt 0 ] || size=3000
    padding "$size"
    compose 80 GET "X-Padding: $pad\\r\\n"
    ends=$until phases=''
    connect "$request" || return
    case $outcome in
        timeout)
            outcome=frag_needed
            error="connected, and a request of $((${#request} - 14)) bytes had no answer"
            ;;
        http_* | open) outcome=open error='' ;;
        reset) outcome=open ;;
    esac
}

# Sets "pad" to so many BYTES that mean nothing.
padding() {
    pad=xxxxxxxxxxxxxxxx
    while [ "${#pad}" -lt "$1" ]; do pad=$pad$pad; done
    pad=$(printf "%.$1s" "$pad")
}

probe_dns() {
    tool=$dns_tool
    case $dns_server in @*)
        number=${dns_server#@}
        # shellcheck disable=SC2086
        set -- $nameservers
        if [ $# -lt "$number" ]; then
            outcome=not_applicable error='resolv.conf has no such name server'
            return
        fi
        shift $((number - 1))
        dns_server=$1
        ;;
    esac
    tick
    dns_began=$now
    look_up || return
    since "$dns_began"
    phase dns "$elapsed"
}
"""
