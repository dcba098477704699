# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What a bash from 5.0 on does by itself: it has sockets, and a timer where it reads, so that one child is enough.
#
# Another shell takes five processes for the same, and a container pays for each.
#
# `bash.sh` has this text between single quotes, so there are none in it.

# shellcheck disable=SC1007,SC2034,SC2154 # variables are those of the whole runner

# Runs a FUNCTION in a child for SECONDS at most, and sets what "hear" sets; "codes" to all bytes, if "binary" says so.
talk() {
    patience=$(($1 * 1000000)) left=$((run_ends - now)) heard_from=$now heard= told= text= codes=()
    [ "$patience" -le "$left" ] || patience=$left
    shift
    exec 4< <("$@" 2>&1)
    child=$!
    as_seconds "$patience"
    while
        piece=
        IFS= read -r -d "" -t "$nap" -u 4 piece
        ended=$?
        text=$text$piece
        [ -z "$binary" ] || take "$piece"
        [ "$ended" -ne 1 ] # the end
    do
        [ "$ended" -gt 128 ] || { codes+=(0) && continue; }
        since "$heard_from"
        left=$((${heard:-$patience} + ${told:-0} - elapsed))
        if [ "$left" -le 0 ]; then
            [ -z "$told" ] || break
            heard=$elapsed told=1000000 left=$told
            # It may have heard a part; before that, TERM would only make a failure of a silence.
            case $text in *connected*) kill -TERM "$child" ;; *) kill -KILL "$child" ;; esac
        fi
        as_seconds "$left"
    done
    exec 4<&-
    [ -z "$told" ] || kill -KILL "$child"
    await "$child"
    status=$ended
    since "$heard_from"
    heard=${heard:-$elapsed}
    weigh
}

take() {
    for ((place = 0; place < ${#1}; place++)); do codes+=("\"${1:place:1}"); done
}

exec 5<> <(:)
doze() { read -r -t "$nap" -u 5; }

eval "tcp_program() { $BASH_TCP }"

ask_tcp() { talk "$seconds" tcp_program "$address" "$port" "$1"; }

udp_program() {
    exec 3<>"/dev/udp/$1/$2" || exit 1
    case $3 in
        *\\0012*) printf "%b" "$3" | dd ibs=1 obs=65507 2>/dev/null >&3 ;; # a line would go on its own
        *) printf "%b" "$3" >&3 ;;
    esac
    exec dd bs=65535 count=1 <&3
}

exchange() {
    if [ "$1" = tcp ]; then
        exchange_by_dd "$@"
        return
    fi
    binary=yes reply_bytes=
    talk "$seconds" udp_program "$2" "$3" "$4"
    binary=
    case $text in *"0+1 records in"*) printf -v reply_bytes "%02x " "${codes[@]}" ;; esac
}

binary=
