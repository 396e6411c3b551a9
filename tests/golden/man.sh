#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The manual page: each command's options are in it as --help says them, each command is in it that `trigon help` lists,
# and groff has nothing to complain of (where there is one).
#
# Usage: tests/golden/man.sh [TRIGON]      (default: build/trigon)
set -u
# shellcheck source=tests/golden/outcome.inc
. "$(dirname "$0")/outcome.inc"
trigon=$(realpath "${1:-build/trigon}")
cd "$(dirname "$0")/../.." || exit 1
page=docs/trigon.8

# commands COMMAND...: of what `trigon COMMAND... --help` lists, the first word of each
commands() {
	"$trigon" "$@" --help | sed -n '/^Commands:$/,/^$/s/^  \([a-z-]*\) .*/\1/p' | grep -vx 'help\|policy'
}

tools/man.sh --check "$trigon"
report $? "options in $page"
for command in $(commands) $(commands policy | sed 's/^/policy_/'); do
	name=$(echo "$command" | sed 's/_/ /; s/-/\\\\-/g')
	grep -q "^\.SS trigon $name\$" "$page"
	report $? "$command in $page"
done
if command -v groff >/dev/null; then
	complaints=$(groff -man -Tascii -ww "$page" 2>&1 >/dev/null)
	[ -z "$complaints" ] || echo "$complaints"
	[ -z "$complaints" ]
	report $? "groff reads $page"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
