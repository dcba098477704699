# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The first bytes of an exec: what the container's limits leave, and the runner that is small enough for it.

A container that goes beyond its memory limit is killed, the application with it. Under cgroup v2 that ends all of its
processes at once (C(memory.oom.group), kubernetes#117793). So whoever asks looks first, by nothing but C(read).

The limits are those of the container's own cgroup, which is what its C(/sys/fs/cgroup) shows: C(memory.max),
C(pids.max) and C(cpu.max), or C(memory.limit_in_bytes), C(pids.max) and C(cpu.cfs_quota_us) under cgroup v1.

An ephemeral container cannot see the cgroup of its Pod, whose limit counts there. So it is told what it may take
together with the processes of another container, which it sees (C(targetContainerName)), and adds up what they have.
"""

from __future__ import annotations

#: KiB that the Python runner may take, and what the shell's takes with each of its probes at once, the second where
#: they are sent by large tools.
PYTHON_KIB, SHELL_KIB, PROBE_KIB, LARGE_PROBE_KIB = 32768, 2048, 4096, 12288
#: How many more processes there must be room for, and how many for each probe of the shell runner: it takes up to nine,
#: and the container's own must find room beside them.
LEAST_PIDS, PROBE_PIDS = 9, 12

#: Starts the Python runner. It reads nothing from stdin before all imports worked, so that the shell can still take
#: over (exit codes 1, 2, 126 and 127); after that it never leaves with one of those.
LOADER = f"""
import _signal, _socket, _thread, os, struct, sys, time
read = lambda count: b"".join([sys.stdin.buffer.readline() for line in range(int(count))])
def whole(path):
    with open("/sys/fs/cgroup/" + path) as file:
        return file.read()
def room():
    for at, most, used, key in (("", "max", "current", ""), ("memory/", "limit_in_bytes", "usage_in_bytes", "total_")):
        try:
            most, used = [int(whole(at + "memory." + name)) for name in (most, used)]
            rest = dict(line.split() for line in whole(at + "memory.stat").splitlines())
        except (OSError, ValueError):
            continue
        return (most - used + int(rest.get(key + "inactive_file", 0))) // 1024
    return {PYTHON_KIB}
def in_use():
    used = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/status" % name) as file:
                used += sum([int(line.split()[1]) for line in file if line.startswith(("RssAnon:", "RssShmem:"))])
        except OSError:
            pass
    return used
def look(bound):
    left = room()
    if not bound:
        return left, "memory"
    if len(set([open("/proc/%s/cgroup" % name).read() for name in ("self", 1)])) == 1:
        return 0, "unseen"
    return min(left, bound - in_use()), "memory"
if not sys.argv[1:]:
    os.write(1, b"KW1\\n")
header = (sys.argv[1:] or [read(1).decode()])[0].split()
try:
    read(header[1])
    left, fact = ({PYTHON_KIB}, "") if sys.argv[1:] else look(int(header[8]))
    scope = {{"__name__": "kubewire"}}
    if left < {PYTHON_KIB // 2}:
        read(int(header[2]) + int(header[3]))
        os.write(1, ('{{"kw": 1, "%s": %d}}\\n{{"done": 1}}\\n' % (fact, left)).encode())
    else:
        exec(read(header[2]), scope)
        scope["main"](read(header[3]).decode("ascii").splitlines(), int(header[4]), int(header[5]), int(header[7]))
except BaseException as error:
    os.write(2, ascii(error).encode())
finally:
    os._exit(0)
"""

#: Prefers Python and falls back to the shell. "read" takes one byte at a time from a pipe, so that what follows the
#: line stays there for the next reader.
BOOT = rf"""
loader=$1
trap : TERM HUP # whoever starts a process waits for it
echo KW1
IFS= read -r header || exit 1
set -f
# shellcheck disable=SC2086 # the header is our own numbers, to be split
set -- $header

# Sets "value" to the whole number in a FILE; fails where there is none, as without a limit.
number() {{
    value=''
    IFS= read -r value <"/sys/fs/cgroup/$1" || return
    case $value in '' | *[!0-9]* | ????????????????*) return 1 ;; esac
}} 2>/dev/null

# Sets "room" to the KiB that the limit in a FILE leaves. What the kernel can drop at once, which STAT has under a KEY,
# does not count as USED.
measure() {{
    number "$1" || return
    limit=$value
    number "$2" || return
    used=$value
    while read -r key value; do
        [ "$key" != "$4" ] || used=$((used - value))
    done <"/sys/fs/cgroup/$3"
    room=$(((limit - used) / 1024))
}} 2>/dev/null

# Sets "processes" to how many more the limit in a folder allows.
count() {{
    number "$1pids.max" && processes=$value && number "$1pids.current" && processes=$((processes - value))
}}

# Sets "quota" and "period" to the share of a processor, if there is a limit.
share() {{
    read -r quota period </sys/fs/cgroup/cpu.max || {{
        number cpu/cpu.cfs_quota_us && quota=$value
        number cpu/cpu.cfs_period_us && period=$value
    }}
    case $quota$period in *[!0-9]*) quota='' ;; esac
}} 2>/dev/null

# Sets "text" to what is in a FILE.
whole() {{
    text=''
    while IFS= read -r line; do text="$text$line
"; done <"$1"
}} 2>/dev/null

# Sets "used" to the KiB of all processes here; fails where there are none but those of this container.
in_use() {{
    whole /proc/1/cgroup && first=$text && whole /proc/self/cgroup && [ "$text" != "$first" ] || return
    used=0
    set +f
    for status in /proc/[0-9]*/status; do
        while read -r key value _kb; do
            case $key in RssAnon: | RssShmem:) used=$((used + value)) ;; esac
        done <"$status"
    done
    set -f
}} 2>/dev/null

# Says a FACT in place of probing. A stream that nobody reads to its end is reset, and the exit status with it.
spare() {{
    lines=$(($2 + $3 + $4))
    while [ "$lines" -gt 0 ] && IFS= read -r line; do lines=$((lines - 1)); done
    printf '{{"kw": 1, %s}}\n{{"done": 1}}\n' "$5"
    exit 0
}}

room='' processes='' quota='' period=''
measure memory.max memory.current memory.stat inactive_file
[ -n "$room" ] ||
    measure memory/memory.limit_in_bytes memory/memory.usage_in_bytes memory/memory.stat total_inactive_file
count '' || count pids/
share
if [ "$9" -gt 0 ]; then
    in_use || spare "$1" "$2" "$3" "$4" '"unseen": 1'
    [ "${{room:-$9}}" -lt $(($9 - used)) ] || room=$(($9 - used))
fi

# Sets "parallel" to no more than MOST.
at_most() {{ [ "$parallel" -le "$1" ] || parallel=$1; }}

parallel=$6
# All of a processor does for any number of probes at once.
[ -z "$quota" ] || [ "$quota" -ge "${{period:-0}}" ] || at_most $((quota * 16 / period + 1))
if [ "${{room:-{PYTHON_KIB}}}" -ge {PYTHON_KIB} ] && command -v python3 >/dev/null 2>&1; then
    most=$parallel
    [ -z "$processes" ] || at_most $((processes / 2))
    if [ "$parallel" -ge 1 ]; then
        python3 -I -S -c "$loader" "$1 $2 $3 $4 $5 $parallel $7 $8"
        case $? in 1 | 2 | 126 | 127) ;; *) exit 0 ;; esac
    fi
    parallel=$most
fi
[ "$7" -eq 0 ] || [ "$4" -le "$7" ] || spare "$1" "$2" "$3" "$4" '"runner": "sh"'
each={PROBE_KIB}
for tool in curl openssl; do
    ! command -v "$tool" >/dev/null 2>&1 || each={LARGE_PROBE_KIB}
done
[ -z "$room" ] || at_most $(((room - {SHELL_KIB}) / each))
[ "$parallel" -ge 1 ] || spare "$1" "$2" "$3" "$4" "\"memory\": $room"
if [ -n "$processes" ]; then
    [ "$processes" -ge {LEAST_PIDS} ] || spare "$1" "$2" "$3" "$4" "\"processes\": $processes"
    at_most $((processes < {2 * PROBE_PIDS} ? 1 : processes / {PROBE_PIDS}))
fi
set -- "$1" "$2" "$3" "$4" "$5" "$parallel" "$7" "$8"
code=
lines=$2
while [ "$lines" -gt 0 ] && IFS= read -r line; do
    code="$code$line
"
    lines=$((lines - 1))
done
# A bash does with one process what takes others five.
if [ -z "${{BASH_VERSION-}}" ] && [ "${{room:-{PYTHON_KIB}}}" -ge {PYTHON_KIB} ]; then
    ! command -v bash >/dev/null 2>&1 || exec bash -f -c "$code" bash "$@"
fi
eval "$code"
"""
