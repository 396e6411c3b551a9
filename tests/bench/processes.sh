#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What tests/bench/processes.gz is a recording of, in a directory of its own: scripts, pipelines, a compiler, a shell's
# loop, and one command with a long line.
set -eu

printf 'int main(void) { return 0; }\n' >main.c
for number in 1 2 3 4 5 6 7 8; do
    gcc -O2 -g -Wall -Wextra -Wshadow -fstack-protector-strong -D_FORTIFY_SOURCE=2 -I/usr/local/include -o "main-$number" main.c
    ./"main-$number"
    ls -l --color=never /usr/bin >/dev/null
    sort -t : -k 3n /etc/passwd | tail -n 3 >/dev/null
    find /etc -maxdepth 1 -name '*.conf' -print0 2>/dev/null | xargs -0 -n 8 grep -l "nameserver" >/dev/null || true
    sh -c 'test -d /var/log && echo "probe of liveness: $(cat /proc/uptime)"' >/dev/null
    awk -F: '$3 >= 1000 { print $1 }' /etc/passwd | head -n 1 >/dev/null
    tar -czf "main-$number.tar.gz" "main-$number" main.c
    gzip -t "main-$number.tar.gz"
    date -u +%Y-%m-%dT%H:%M:%S >/dev/null
    sed -n "s/^model name[^:]*: //p" /proc/cpuinfo >/dev/null
done
for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    /bin/true --password="$number" "quote \" and backslash \\" 'umlaut ü'
    (exit "$number") || true
done
/bin/echo "$(seq 1 700)" >/dev/null
