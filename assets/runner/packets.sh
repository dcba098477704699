# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What the shell runner asks with single packets (ICMP, UDP), by the tools that the container has.

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
    case $protocol/$tries in
        icmp/1 | mtu/*) hear "$seconds" limit $((seconds + 1)) "$ping" -c 1 -W "$seconds" "$address" ;;
        *) ping_often ;;
    esac
    case $text in
        *'bytes from'*'time='*)
            outcome=open spent=${text#*time=}
            micros "${spent%% *}"
            spent=$((micros / 1000))
            ;;
        *'bytes from'*) outcome=open ;;
        *'are you root'* | *ocket:* | *SOCK_* | *cap_net_raw* | *'raw socket'*)
            outcome=probe_error error="ping may open no ICMP socket: ${text##*"$NL"}; needs the capability NET_RAW"
            ;;
        *'Port '[Uu]nreachable*) outcome=refused error='Connection refused' ;;
        *nreachable* | *iltered* | *rohibited* | *'Host Unknown'* | *'Net Unknown'* | *ermi[ts]* | *invalid*)
            judge "${text##*PING}" "$heard"
            ;;
        *) silent "$tool" timeout '' ;;
    esac
}

# Sends all tries by one ping: as many processes as packets would take longer than what they measure. Some versions of
# ping take no fraction of a second, or none below 0.2 s from users, and then as many are sent as fit into the time.
# Sets "series" to how many were sent, "answered" to their numbers from 0 on, and "times".
ping_often() {
    patient=$(((timeout + 999) / 1000))
    for gap in '0.005 5000' '0.2 200000' '1 1000000'; do
        tick
        micros_apart=${gap#* }
        series=$((1 + (ends - now - patient * 1000000) / micros_apart))
        [ "$series" -le "$tries" ] || series=$tries
        [ "$series" -ge 1 ] || series=1
        seconds=$((patient + 1 + series * micros_apart / 1000000))
        hear "$seconds" limit "$seconds" "$ping" -c "$series" -i "${gap% *}" -W "$patient" "$address"
        case $text in
            *'bytes from'*) break ;;
            *interval* | *'nvalid number'* | *'nvalid arg'*) ;;
            *) break ;;
        esac
    done
    patience=$(((series - 1) * micros_apart + patient * 1000000))
    read_answers
}

# Reads the lines of a ping. Of more than 100 times, a part is kept, and the least and the largest: it takes a shell
# long to sort more.
read_answers() {
    answered=' ' place=0 base=1 last='' step=$((series / 100 + 1)) least='' most=''
    case $text in *' seq='* | *'icmp_seq=0 '*) base=0 ;; esac
    IFS=$NL
    # shellcheck disable=SC2086
    set -- $text
    unset IFS
    for line; do
        case $line in *DUP!*) continue ;; *'bytes from'*'seq='*'time='*) ;; *) continue ;; esac
        number=${line#*seq=}
        last=$((${number%%[!0-9]*} - base))
        answered="$answered$last "
        spent=${line#*time=}
        micros "${spent%% *}"
        spent=$((micros / 1000)) place=$((place + 1))
        [ -n "$least" ] && [ "$least" -le "$spent" ] || least=$spent
        [ -n "$most" ] && [ "$most" -ge "$spent" ] || most=$spent
        [ $((place % step)) -ne 0 ] || insert "$spent"
    done
    if [ -n "$least" ]; then
        insert "$least"
        insert "$most"
        # On a busy machine it is ended before it has sent all, and does not say how many.
        case $text in *transmitted*) ;; *) series=$((last + 1)) ;; esac
    fi
}

probe_sctp() {
    outcome=probe_error error='no tool: looked for python3, no other tool here speaks SCTP'
}

udp_tool=
if [ "$dns_tool/$tcp_tool" = bash/bash ]; then udp_tool=bash; fi

# Sends a datagram with a nonce, again if the first ones stay without an answer and it is asked only once.
probe_udp() {
    resolve || return
    if [ -z "$udp_tool" ]; then
        outcome=probe_error error='no tool: looked for bash with /dev/udp, od and dd'
        return
    fi
    tool=bash outcome=timeout
    [ "${size:-0}" -ge 21 ] || size=32
    padding $((size - 21))
    for turn_limit in 1 1 600; do
        [ "$tries" -eq 1 ] || turn_limit=600
        # shellcheck disable=SC2046 # the bytes are wanted as words
        nonce=$(printf %s $(od -An -v -tx1 -N8 </dev/urandom))
        seconds_left "$turn_limit" || return
        exchange udp "$address" "$port" "echo $nonce$pad" 65535 1
        case $reply_bytes/$text in
            *"$(in_hexadecimal "$nonce")"*/*) outcome=open spent=$heard ;;
            [0-9a-f]*) outcome=open spent=$heard error='an answer without the nonce' ;;
            /) silent bash timeout '' ;;
            /[0-9]*' records in'*) outcome=open spent=$heard error='an answer without the nonce' ;;
            *) judge "${text%%"$NL"*}" "$heard" ;;
        esac
        [ "$outcome/$tries" = timeout/1 ] || return
    done
}

# Prints the bytes of some hexadecimal DIGITS in hexadecimal.
in_hexadecimal() {
    digits=$1
    while [ -n "$digits" ]; do
        case $digits in
            [0-9]*) printf '3%.1s' "$digits" ;;
            *) printf '6%x' $((0x${digits%"${digits#?}"} - 9)) ;;
        esac
        digits=${digits#?}
        [ -z "$digits" ] || printf ' '
    done
}

# The sizes that are usual on Ethernet, in clouds and in tunnels.
SIZES='9001 8951 8950 8941 1500 1492 1480 1476 1460 1450 1442 1440 1430 1420 1400 1380 1360 1350 1300 1280 1200 576'

# Prints each of some SIZES that a ping of that many bytes, which nobody may cut, was answered with.
# shellcheck disable=SC2016 # for another shell to expand
SWEEP='
address=$1 header=$2 pings=
shift 2
trap "wait; exit" EXIT TERM
for size; do
    ping -M do -n -c 1 -W 1 -s $((size - header)) "$address" >/dev/null 2>&1 &
    pings="$pings $!:$size"
done
for size in $pings; do
    ! wait "${size%:*}" || echo "${size#*:}"
done
'

probe_mtu() {
    if [ "$port" != - ]; then
        large
        return
    fi
    case $(ping -V 2>&1) in
        *iputils*) ;;
        *)
            outcome=probe_error error="no tool: looked for python3 and the ping of iputils"
            return
            ;;
    esac
    size=${size:-0}
    probe_icmp
    [ "$outcome" = open ] || return
    header=28 said=
    [ "$family" = IPv4 ] || header=48
    [ "$size" -gt 0 ] || { uncut 65535 || size=$said; }
    [ "$size" -gt 0 ] || size=65535
    if uncut "$size" || uncut "$size"; then
        mtu=$size
        return
    fi
    wanted=
    for smaller in ${said:-} $SIZES; do [ "$smaller" -ge "$size" ] || wanted="$wanted $smaller"; done
    # shellcheck disable=SC2086
    hear 1 limit 2 sh -c "$SWEEP" sh "$address" "$header" $wanted
    mtu=$((header + 56))
    for smaller in $text; do ! [ "$smaller" -gt "$mtu" ] || mtu=$smaller; done
    outcome=timeout error="$mtu bytes pass, $size do not; no device on the path reports it"
    if [ "$said" = "$mtu" ]; then
        outcome=frag_needed error="$mtu bytes pass, $size do not; the path or the interface of the source has this MTU"
    fi
}

# Pings with so many BYTES that nobody may cut; sets "said" to the MTU that somebody named.
uncut() {
    seconds_left 1 || return 1
    hear "$seconds" limit 2 ping -M 'do' -n -c 1 -W "$seconds" -s $(($1 - header)) "$address"
    case $text in
        *'bytes from'*) return 0 ;;
        *mtu[=:\ ]*[0-9]*)
            said=${text#*mtu}
            said=${said#"${said%%[0-9]*}"}
            said=${said%%[!0-9]*}
            ;;
    esac
    return 1
}
