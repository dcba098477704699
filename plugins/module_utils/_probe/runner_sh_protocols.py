# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the shell runner asks with each protocol, by the tools that the container has."""

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
if have bash && case $(bash -c 'exec 3<>/dev/tcp/127.0.0.1/0' 2>&1) in *'No such file'*) false ;; esac; then
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

# Sets "request" (escaped for %b) and "authority", the host as URLs write it.
compose() {
    authority=${server_name:-$host}
    authority=${authority%.}
    case $authority in *:*) authority="[$authority]" ;; esac
    [ "$port" = "$1" ] || authority=$authority:$port
    request="GET ${path:-/} HTTP/1.1\\r\\nHost: $authority\\r\\nUser-Agent: kubewire\\r\\n"
    request="${request}Accept: */*\\r\\nConnection: close\\r\\n\\r\\n"
}

probe_tcp() { connect ''; }

probe_http() {
    compose 80
    connect "$request"
}

tls_tool=
for tool in curl openssl wget; do
    [ -n "$tls_tool" ] || { have $tool && tls_tool=$tool; }
done

probe_https() {
    compose 443
    sni=${server_name:-$host}
    sni=${sni%.}
    case $sni in *:*) sni='' ;; *[!0-9.]*) ;; *) sni='' ;; esac
    if [ -z "$tls_tool" ]; then
        outcome=probe_error error='no TLS tool in the container (looked for curl, openssl, wget)'
        return
    fi
    # What fails after a plain connection is TLS; curl tells that by itself.
    if [ $tls_tool = curl ] || [ -z "$tcp_tool" ]; then resolve; else connect ''; fi || return
    tool=$tls_tool
    seconds_left 600 || { outcome=timeout && return; }
    tls_began=$now
    "https_$tls_tool"
}

# Sets "micros" from curl's SECONDS. Only digits may go on, since bash runs what it finds in an array index.
micros() {
    case $1 in *[!0-9.]* | '') set -- 0.0 ;; esac
    micros=${1#*.}000000
    micros=$((${1%.*} * 1000000 + 1${micros%"${micros#??????}"} - 1000000))
}

# Adds the phases of curl from its three moments.
curl_phases() {
    before=0
    for key in connect tls first_byte; do
        micros "$1"
        [ "$micros" -eq 0 ] || phase $key $((micros - before))
        before=$micros
        shift
    done
}

https_curl() {
    peer=$address
    case $peer in *:*) peer="[$peer]" ;; esac
    text=$(
        limit "$((seconds + 1))" curl -q -g -k -sS -v -o /dev/null --max-filesize 65536 --noproxy '*' -m "$seconds" \
            ${sni:+--resolve "$sni:$port:$peer"} \
            -w '\nkw %{http_code} %{time_connect} %{time_appconnect} %{time_starttransfer} \n' \
            "https://$authority${path:-/}" 2>&1
    )
    status=$?
    said=${text##*"curl: ("}
    said=${said#*) }
    said=${said%%"$NL"*}
    # shellcheck disable=SC2086
    set -- ${text##*"${NL}kw "}
    curl_phases "$2" "$3" "$4"
    case $status/$1/$phases in
        */[1-5][0-9][0-9]/*) outcome=http_$1 ;;
        7/*)
            since "$tls_began"
            said=${text##*fail}
            said=${said%%"$NL"*}
            judge "${said#*: }" "$elapsed"
            ;;
        28/*tls*) outcome=timeout error='connected, then silent' ;;
        28/*)
            # curl counts a connection only once TLS is there as well.
            case $text in
                *'onnected to '*) outcome=tls_timeout error='connected, then no TLS handshake' ;;
                *) outcome=timeout ;;
            esac
            ;;
        35/*) outcome=tls_handshake error=$said ;;
        52/*) outcome=reset error='closed without a byte' ;;
        1/*tls* | 8/*) outcome=open error="the answer is not HTTP: $said" ;;
        56/*) judge "$said" 0 ;;
        *) outcome=probe_error error=$said ;;
    esac
}

https_openssl() {
    peer=$address
    case $peer in *:*) peer="[$peer]" ;; esac
    text=$(
        printf '%b' "$request" |
            limit "$seconds" openssl s_client -quiet -connect "$peer:$port" ${sni:+-servername "$sni"} 2>&1 |
            up_to_status
    )
    judge_tls "$text" 'depth='
}

https_wget() {
    case $(wget --version 2>&1) in *GNU*) set -- -t 1 --max-redirect=0 ;; *) set -- ;; esac
    [ -z "$server_name" ] || authority=$address:$port
    text=$(
        limit "$seconds" wget "$@" -S -O /dev/null --no-check-certificate --header "Host: ${server_name:-$host}" \
            "https://$authority${path:-/}" 2>&1 | up_to_status
    )
    judge_tls "$text" 'awaiting response'
    # busybox knows few ciphers: that it fails says nothing about others.
    [ "$outcome/$#" != tls_handshake/0 ] || outcome=probe_error error="busybox wget has too little TLS to judge: $error"
}

# Passes lines on until one is an HTTP status.
up_to_status() {
    while read -r line; do
        printf '%s\n' "$line"
        case $line in HTTP/1.*) break ;; esac
    done
}

# Sets "outcome" from what a TLS client PRINTED; it printed MARK once the handshake was over.
judge_tls() {
    since "$tls_began"
    case $1 in
        *'HTTP/1.'[01]' '[1-5][0-9][0-9]*) judge_head "HTTP/1.${1#*HTTP/1.}" ;;
        *'not an http'* | *'nrecognized option'* | *'HTTPS support not compiled'*)
            outcome=probe_error error="no TLS in the container's $tls_tool"
            ;;
        *)
            outcome=tls_handshake error=${1##*"$NL"}
            [ "$elapsed" -lt $((seconds * 1000000)) ] || outcome=tls_timeout error='connected, then no TLS handshake'
            case $outcome/$1 in tls_timeout/*"$2"*) outcome=timeout error='connected, then silent' ;; esac
            ;;
    esac
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

probe_icmp() {
    resolve || return
    seconds_left 600 || { outcome=timeout && return; }
    ping=ping
    [ "$family" = IPv4 ] || ! have ping6 || ping=ping6
    if ! have "$ping"; then
        outcome=probe_error error='no tool: looked for ping'
        return
    fi
    tool=$ping
    icmp_began=$now
    text=$(limit $((seconds + 1)) "$ping" -c 1 -W "$seconds" "$address" 2>&1)
    since "$icmp_began"
    case $text in
        *'bytes from'*) ;;
        *'are you root'* | *ocket:* | *SOCK_* | *cap_net_raw* | *'raw socket'*)
            outcome=probe_error error="ping may open no ICMP socket: ${text##*"$NL"}; needs the capability NET_RAW"
            ;;
        *'Port Unreachable'*) outcome=refused ;;
        *nreachable* | *iltered* | *ermi[ts]* | *invalid*) judge "${text##*PING}" "$elapsed" ;;
        *) outcome=timeout ;;
    esac
}
"""
