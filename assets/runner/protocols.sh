# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What the shell runner asks over connections and of DNS, by the tools that the container has.

# Sets "outcome" and "error" from what a tool SAID of a failure that came after so many MICROSECONDS. What all tools get
# from the system is told in the system's words, whatever each puts around them.
judge() {
    error=$1
    case $1 in
        *'onnection refused'*) outcome=refused error='Connection refused' ;;
        *'onnection reset'*) outcome=reset error='Connection reset by peer' ;;
        *'roken pipe'*) outcome=reset error='Broken pipe' ;;
        # What ping says of a filter is the same error to whoever connects.
        *'acket filtered'* | *rohibited*) outcome=unreachable_fast error='No route to host' ;;
        *'No route to host'* | *'ost is unreachable'* | *'Host Un'* | *'ddress unreachable'*)
            # Linux gives a neighbour up after 3 s; a busy node may take one to start the tool.
            outcome=unreachable_fast error='No route to host'
            [ "$2" -lt 2000000 ] || outcome=unreachable_arp
            ;;
        *'ermission denied'*) outcome=unreachable_fast error='Permission denied' ;;
        *'peration not permitted'*) outcome=unreachable_fast error='Operation not permitted' ;;
        *'etwork is unreachable'* | *'etwork unreachable'* | *'Net Un'* | *': No route'*)
            outcome=no_route error='Network is unreachable'
            ;;
        *'etwork is down'*) outcome=no_route error='Network is down' ;;
        *'ssign requested address'* | *'ddress not available'* | *'not supported by protocol'* | *'nvalid argument'*)
            outcome=no_route
            ;;
        *'imed out'*) outcome=timeout error='' ;;
        *Terminated* | '') silent "$tool" timeout '' ;;
        *) outcome=probe_error ;;
    esac
}

# Sets "outcome" from the first line of what a server SENT.
judge_head() {
    set -- "${1%%"$NL"*}"
    case $1 in
        'HTTP/1.'[01]' '[1-5][0-9][0-9]*)
            error=${1#HTTP/1.? }
            outcome=http_${error%"${error#???}"} error=''
            ;;
        *) outcome=open error="the answer is not HTTP: $1" ;;
    esac
}

# Sets "headers", as members of an object, and "page" to what follows the first line of what a server SENT.
judge_page() {
    IFS=$NL
    for line in $1; do
        case $line in
            'field '*:*)
                [ ${#headers} -lt 1200 ] || continue
                line=${line#field }
                escape "${line%%:*}"
                headers="$headers${headers:+, }\"$clean\""
                escape "${line#*:}"
                headers="$headers: \"$clean\""
                ;;
            'page '*) page=${line#page } ;;
        esac
    done
    unset IFS
}

# Says "head" with the first line of stdin, or with what came of it before TERM or the end, "closed" if nothing came.
# Some shells read no single bytes: these know nothing before the line is whole. After the head of a page that is none
# of success, it says "field" with each header that tells who sent it, and "page" with how it begins; a shell that
# cannot bound how long it reads says neither.
# shellcheck disable=SC2016 # for another shell to expand
FIRST_LINE='
line= some= page=
tell() {
    trap exit TERM
    printf "head %s\n" "$line"
    case $line in HTTP/1.[01]\ [345]*) ;; *) exit ;; esac
    read -r -t 1 line </dev/null 2>/dev/null
    [ $? -eq 1 ] || exit
    while IFS= read -r -t 1 line || exit; do
        case $line in
            "" | ?) break ;;
            [Ss]erver:* | [Vv]ia:* | [Ll]ocation:* | [Cc]ontent-[Tt]ype:* | [Xx]-*:*) printf "field %.150s\n" "$line" ;;
        esac
    done
    while [ ${#page} -lt 200 ] && { IFS= read -r -t 1 line || [ -n "$line" ]; }; do page="$page$line "; done
    printf "page %.200s\n" "$page"
    exit
}
case ${BASH_VERSION-} in
    [123].* | 4.[0123].*) ;; # run no trap while they read
    *) trap "[ -z \"\$some\" ] || tell; exit" TERM ;;
esac
IFS= read -r -n 1 byte </dev/null 2>/dev/null
if [ $? -eq 1 ]; then
    while IFS= read -r -n 1 byte; do
        some=yes
        [ -n "$byte" ] && [ ${#line} -lt 4000 ] || tell
        line=$line$byte
    done
else
    ! IFS= read -r line || tell
    some=$line
fi
[ -z "$some" ] || tell
echo closed
'

# Both programs say "connected" and, if they were given a REQUEST, what FIRST_LINE says of the answer.
# shellcheck disable=SC2016
BASH_TCP='
trap "" PIPE
echo began ${EPOCHREALTIME/[.,]/}
exec 3<>"/dev/tcp/$1/$2" || exit 1
echo connected ${EPOCHREALTIME/[.,]/}
[ -n "$3" ] || exit 0
printf "%b" "$3" >&3 2>/dev/null
exec <&3
'$FIRST_LINE
# shellcheck disable=SC2016
NC_TCP='
trap "" PIPE
echo connected >&2
[ -n "$1" ] || exit 0
printf "%b" "$1"
exec >&2
'$FIRST_LINE

# A bash may have been built without sockets.
bash_has_sockets() {
    case $(bash -c 'exec 3<>/dev/tcp/127.0.0.1/-' 2>&1) in *'No such file'*) return 1 ;; esac
}

tcp_tool=
if have bash && bash_has_sockets; then
    tcp_tool=bash
elif have nc; then
    case $(nc --help 2>&1) in
        *BusyBox*-e\ PROG*) tcp_tool=nc_exec ;;
        *BusyBox*) ;;
        *) tcp_tool=nc ;;
    esac
fi

connect_bash() { limit "$seconds" bash -c "$BASH_TCP" bash "$address" "$port" "$1"; }

# The shell of busybox, where another one is sh: it can read bytes.
nc_shell='sh'
! have busybox || nc_shell='busybox sh'

# shellcheck disable=SC2086
connect_nc_exec() { limit "$seconds" nc "$address" "$port" -e $nc_shell -c "$NC_TCP" sh "$1"; }

# Other kinds of nc run no program: one connection to see whether it opens, one for the request.
connect_nc() {
    limit "$seconds" nc -z -v -w "$seconds" "$address" "$port" </dev/null || return
    printf '\nconnected\n'
    [ -n "$1" ] || return 0
    seconds_left 600 || return 0
    # Not by its own timer: it would end as if the peer had closed.
    head_of "$1" "$seconds" nc -w $((seconds + 9)) "$address" "$port"
}

# Sends a REQUEST by a command that may take SECONDS, and says "head" with the first line of what comes back, or
# "closed" where the command ended without a byte.
head_of() {
    request_of_it=$1
    shift
    {
        printf '%b' "$request_of_it" | {
            limit "$@" 2>&4 5<&0 6>&1
            [ $? -gt 128 ] || printf '\nclosed\n' >&4
        } | {
            if IFS= read -r line || [ -n "$line" ]; then printf '\nhead %s\n' "$line"; fi
        }
    } 4>&1
}

ask_tcp() { hear "$seconds" "connect_$tcp_tool" "$1"; }

# Connects and sends a REQUEST, if there is one; sets "outcome".
connect() {
    resolve || return 1
    tool=${tcp_tool%_exec}
    if [ -z "$tcp_tool" ]; then
        outcome=probe_error error='no tool: looked for bash with /dev/tcp, nc'
        return 1
    fi
    seconds_left 600 || { outcome=timeout && return 1; }
    ask_tcp "$1"
    case $NL$text in
        *"${NL}connected"*) connected "$1" "${text#*connected}" ;;
        *)
            judge "${text%%"$NL"*}" "$heard"
            return 1
            ;;
    esac
}

# Reads what came after "connected": when that was, and the first line that the server sent.
connected() {
    at=${2%%"$NL"*}
    at=${at# }
    case $clock/$at in
        uptime/* | */*[!0-9]* | */) [ -n "$1" ] || phase connect "$heard" ;;
        *) phase connect $((at - heard_from)) ;;
    esac
    if [ -z "$1" ]; then
        outcome=open
        return
    fi
    case $2 in
        *"${NL}head "*)
            judge_head "${2#*"${NL}head "}"
            judge_page "${2#*"${NL}head "}"
            ;;
        *"${NL}closed"*) outcome=reset error='closed without a byte' taken=yes ;;
        *)
            silent "$tool" timeout 'connected, then silent'
            taken=yes
            ;;
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
    if [ -n "$transport" ]; then
        outcome=probe_error error='no tool: looked for python3, no other tool here speaks gRPC'
        return
    fi
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
    outcome=open
    since "$dns_began"
    phase dns "$elapsed"
}
