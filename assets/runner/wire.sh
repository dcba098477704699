# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# How the shell runner speaks DNS itself where there is bash: a question and its reply, byte by byte.

# Sends the QUERY (escaped for %b) by PROTOCOL and shows the reply, COUNT blocks of SIZE, in hexadecimal. bash writes
# line by line, and a label of ten letters looks like the end of one, hence the first dd. The pipes are bash's: a dash
# that cannot fork the second part of one loses the first. What dd counts would come in the middle of a line of od.
# shellcheck disable=SC2016 # for bash to expand
BASH_DNS='
echo began ${EPOCHREALTIME/[.,]/}
exec 3<>"/dev/$1/$2/$3" || exit 1
trap exit TERM # once it has waited for the others
printf "%b" "$4" | dd ibs=1 obs=65507 >&3 2>/dev/null
dd bs="$5" count="$6" $7 <&3 | od -An -v -tx1
[ "${PIPESTATUS[0]}" -gt 128 ] || echo ended
'

# Sets "text" to what was said, and "reply_bytes" to the reply in hexadecimal.
exchange() { exchange_by_dd "$@"; }

exchange_by_dd() {
    hear "$seconds" limit "$seconds" bash -c "$BASH_DNS" bash "$@" "$dd_quiet"
    reply_bytes=''
    IFS=$NL
    for line in $text; do
        case $line in ' '*) reply_bytes=$reply_bytes$line ;; esac
    done
    unset IFS
    reply_bytes=${reply_bytes# }
}

# The way of the Python runner, with bash as the socket.
names_bash() {
    cut=
    wire_query "$1"
    if [ -z "$transport" ]; then
        exchange udp "$2" "$3" "$query" 4096 1
        judge_reply
        [ "$reply" = truncated ] || return
    fi
    reply=silent
    query="\\0000\\0$((length / 64))$((length / 8 % 8))$((length % 8))$query"
    exchange tcp "$2" "$3" "$query" 1 2
    case $reply_bytes in ??' '??)
        length=$((0x${reply_bytes% *} * 256 + 0x${reply_bytes#* } + 2))
        [ $length -le 4096 ] || cut=yes length=4096 # the shell is slow to read it
        exchange tcp "$2" "$3" "$query" 1 $length
        reply_bytes=${reply_bytes#?? ?? }
        ;;
    esac
    judge_reply
}

# Sets "reply" and "found" from what an exchange gave; nothing is silence.
judge_reply() {
    # shellcheck disable=SC2086
    case $reply_bytes/$text in
        [0-9a-f]*)
            if ! wire_reply $reply_bytes; then
                reply=garbled found=${found# }
                [ -z "$cut" ] || [ -z "$found" ] || reply=found partial=yes
            fi
            ;;
        *'onnection refused'*) reply='Connection refused' ;;
        *nreachable* | *'No route'*) reply='no route to it' ;;
        *' records in'* | *ended) reply=garbled ;; # an empty datagram
    esac
}

# Adds bytes to "query" (escaped for %b).
bytes() {
    for byte; do query="$query\\0$((byte / 64))$((byte / 8 % 8))$((byte % 8))"; done
}

# Sets "query" and "length" for a question about NAME; the clock gives the id.
wire_query() {
    query_id=$(((now / 7) & 65535)) query='' rest=$1 length=$((17 + ${#1}))
    bytes $((query_id / 256)) $((query_id % 256)) 1 0 0 1 0 0 0 0 0 0
    while [ -n "$rest" ]; do
        label=${rest%%.*}
        rest=${rest#*.}
        bytes ${#label}
        query=$query$label
    done
    case $family in IPv4) kind=1 ;; *) kind=28 ;; esac
    bytes 0 0 $kind 0 1
}

# Reads a reply, one byte in each parameter; a record counts by its type, since CNAMEs lead to it.
wire_reply() {
    [ $# -ge 12 ] && [ $((0x$1$2)) -eq "$query_id" ] || return 1
    case $((0x$4 & 15)) in
        0) reply=NODATA ;;
        2) reply=SERVFAIL ;;
        3) reply=NXDOMAIN ;;
        5) reply=REFUSED ;;
        *) reply="rcode $((0x$4 & 15))" ;;
    esac
    [ $((0x$3 & 2)) -eq 0 ] || { reply=truncated && return; }
    questions=$((0x$5$6)) records=$((0x$7$8)) found=''
    shift 12
    while [ $((questions + records)) -gt 0 ]; do
        while [ $# -gt 0 ]; do
            size=$((0x$1 < 192 ? 0x$1 : 1)) more=$((0x$1 > 0 && 0x$1 < 192))
            [ $# -gt $size ] || return 1
            shift $((size + 1))
            [ $more -eq 1 ] || break
        done
        if [ $questions -gt 0 ]; then
            [ $# -ge 4 ] || return 1
            shift 4
            questions=$((questions - 1))
            continue
        fi
        [ $# -ge 10 ] || return 1
        type=$((0x$1$2)) size=$((0x$9${10}))
        shift 10
        [ $# -ge $size ] || return 1
        case $type/$kind/$size in
            1/1/4) found="$found $((0x$1)).$((0x$2)).$((0x$3)).$((0x$4))" ;;
            28/28/16) found="$found $1$2:$3$4:$5$6:$7$8:$9${10}:${11}${12}:${13}${14}:${15}${16}" ;;
        esac
        shift $size
        records=$((records - 1))
    done
    found=${found# }
    [ -z "$found" ] || reply=found
}
