#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# `trigon events` on the golden events, and on input that is broken.
# Usage: tests/golden/events.sh [TRIGON]      (default: build/trigon)
# events.compact is what it prints of all golden events; UPDATE=1 writes it.
set -u
# shellcheck source=tests/golden/outcome.inc
. "$(dirname "$0")/outcome.inc"
trigon=$(realpath "${1:-build/trigon}")
cd "$(dirname "$0")" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log out=$work/out err=$work/err broken=$work/broken

[ -x "$trigon" ] || { echo "events.sh: there is no $trigon; build it with: make" >&2; exit 1; }
cat ./*.json >"$log"
[ -z "${UPDATE:-}" ] || "$trigon" events <"$log" >events.compact

# The command said what is wanted on standard error: a pattern, or nothing at all.
says() {
	if [ -n "$1" ]; then grep -q -e "$1" "$err"; else [ ! -s "$err" ]; fi
}
# check NAME INPUT STATUS LINES PATTERN OPTION...: exit code, lines printed, standard error
check() {
	name=$1 input=$2 wanted=$3 lines=$4 pattern=$5 status=0
	shift 5
	"$trigon" events "$@" <"$input" >"$out" 2>"$err" || status=$?
	if [ "$status" -eq "$wanted" ] && [ "$(wc -l <"$out")" -eq "$lines" ] && says "$pattern"; then
		report 0 "$name"
	else
		echo "exit code $status (wanted $wanted), $(wc -l <"$out") lines (wanted $lines), and it said:"
		head -20 "$err"
		report 1 "$name"
	fi
}
# same NAME EXPECTED: what check printed last
same() {
	diff -u "$2" "$out"
	report $? "$1"
}

all=$(wc -l <"$log") processes=$(cat exec-*.json exit-*.json | wc -l) pods=$(cat ./*-pod*.json | wc -l)
check compact "$log" 0 "$((all + 7))" '' # seven lines of stack traces
same 'compact lines' events.compact
check 'compact, without stack traces' "$log" 0 "$all" '' --stack-traces=false
check json "$log" 0 "$all" '' -o json
same 'json unchanged' "$log"

check 'event type' "$log" 0 6 '' -e PROCESS_EXIT
check 'event type, short' "$log" 0 6 '' --event-types exit
check 'event type, several' "$log" 0 "$processes" '' -e exec,exit
check 'event type, kprobe' "$log" 0 14 '' -e PROCESS_KPROBE --stack-traces=false
check 'event types of hooks' "$log" 0 "$((all - processes - 2))" '' -e kprobe,tracepoint,lsm,loader -o json
check 'event type, throttle' "$log" 0 2 '' -e throttle
check 'event type, unknown' "$log" 2 0 'no event type "exce"' -e exce
check 'policy' "$log" 0 3 '' --policy-names privileges-raise
check 'policy, several' "$log" 0 4 '' --policy-names accept,privileges-raise
check 'policy, exactly' "$log" 0 0 '' --policy-names privileges
check 'policy and type' "$log" 0 1 '' --policy-names no-tmp -e lsm
check 'process, end' "$log" 0 7 '' --process 'sudo$'
check 'process, beginning' "$log" 0 3 '' --process ^/tmp/
check 'process, nothing matches' "$log" 0 0 '' --process nothing
check 'process, broken expression' "$log" 2 0 'not a regular expression' --process '['
check 'process, one of two' "$log" 0 7 '' --process nothing,'sudo$' --process nothing
check 'process, beyond POSIX' "$log" 0 7 '' --process '(?i)SUDO\z'
check 'container' "$log" 0 "$(grep -l '"name":"spaceship"' ./*.json | wc -l)" '' --containers ^space
check 'container, another' "$log" 0 0 '' --containers ^ship
check 'container, broken expression' "$log" 2 0 '--containers: "(" is not a regular expression' --containers '('
check 'namespace, expression' "$log" 0 "$pods" '' --namespace-regex '^def'
check 'namespace, another expression' "$log" 0 0 '' --namespace-regex '^ault'
check 'condition' "$log" 0 6 '' -o json --cel-expression 'has(process_exit.process)'
check 'condition, with commas' "$log" 0 "$(grep -c '^{"process_exec":{"process":{[^}]*"uid":0,' "$log")" '' -o json \
	--cel-expression 'process_exec.process.uid in [0u, 65537u]'
check 'condition, one of two' "$log" 0 "$((6 + $(grep -c process_lsm "$log")))" '' -o json \
	--cel-expression 'has(process_exit.process)' --cel-expression 'has(process_lsm.process)'
check 'condition, and another filter' "$log" 0 3 '' --process ^/tmp/ --cel-expression 'process_exec.process.pid > 0u' \
	--cel-expression 'process_exit.process.pid > 0u'
check 'condition, of a file' /dev/null 0 6 '' -o json --cel-expression 'has(process_exit.process)' "$log"
check 'condition, before fields are left out' "$log" 0 6 '' -o json -F process --cel-expression 'has(process_exit.process)'
check 'condition, a regular expression' "$log" 0 "$("$trigon" events -o json -e exec --process 'sudo$' "$log" | wc -l)" '' -o json \
	--cel-expression "process_exec.process.binary.matches('sudo\$')"
check 'condition, broken' "$log" 2 0 '--cel-expression: column 14 of "process_exec.no": process_exec has no field no' \
	--cel-expression process_exec.no
check 'condition, empty' "$log" 2 0 '--cel-expression: "" is not valid' --cel-expression ''
check 'fields' "$log" 0 "$all" '' -o json -f process.binary,status -f function_name
jq -c 'with_entries(if .value | type == "object" then .value |= (with_entries(select(.key | IN("status", "function_name"))) +
	(if .process then {process: (.process | with_entries(select(.key == "binary")))} else {} end)) else . end)' "$log" |
	jq -cS . >"$work/expected"
jq -cS . "$out" >"$work/fields" && mv "$work/fields" "$out"
same 'fields, and no others' "$work/expected"
check 'fields that are left out' "$log" 0 "$all" '' --stack-traces=false -F process.arguments,parent
check 'fields, unknown' "$log" 2 0 '--exclude-fields: .*process.binry' -F process.binry
check 'namespace' "$log" 0 "$pods" '' -n default
check 'namespace, another' "$log" 0 0 '' -n kube-system
check 'host' "$log" 0 "$((all - pods - 2))" '' --host -o json
check 'a file' /dev/null 0 "$all" '' "$log" -o json
check 'two files' /dev/null 0 "$((2 * all))" '' -o json "$log" "$log"
check 'a file that is not there' "$log" 1 0 "cannot read $work/absent: No such file" "$work/absent"
check 'standard input among files' "$log" 0 "$((2 * all))" '' -o json - "$log"
gzip -c "$log" >"$work/log.gz"
check 'a file with gzip' /dev/null 0 "$all" '' "$work/log.gz" -o json
same 'gzip unchanged' "$log"
head -c 1000 "$work/log.gz" >"$work/torn.gz"
check 'a file with half of its gzip' /dev/null 1 "$(zcat "$work/torn.gz" 2>"$err" | grep -c '}$')" \
	"cannot read $work/torn.gz" "$work/torn.gz" -o json
check 'since' "$log" 0 "$all" '' -o json --since 2024-02-05T20:20:50.828210Z -
check 'since, a microsecond later' "$log" 0 "$(grep -vc '"time":"2024-02-05T20:20:50.828210Z"' "$log")" '' -o json --since 2024-02-05T20:20:50.828211Z -
check 'since a while' "$log" 0 0 '' -o json --since 1h30m -
check 'since, long ago' "$log" 0 "$all" '' -o json --since 999999h -
check 'since, no time' /dev/null 2 0 '--since: "tuesday" is not valid; it takes a duration' --since tuesday "$log"
check 'a file and an agent' /dev/null 2 0 'give one of them' --server-address x "$log"
check 'existing, of a file' /dev/null 2 0 'give it without a FILE' --existing "$log"
check 'existing, of a log' /dev/null 2 0 'give it without --since' --existing --since 1m
check 'existing, no agent' /dev/null 1 0 "no agent answers on $work/absent" --existing --server-address "$work/absent"
check 'no agent' /dev/null 1 0 "no agent answers on $work/absent" --server-address "$work/absent"
check 'no agent whose log to read' /dev/null 1 0 "no agent answers on $work/absent" --server-address "$work/absent" --since 1m
check 'no address' /dev/null 1 0 'is no address' --follow --server-address 127.0.0.1:x
check 'verify: no ledger' "$log" 1 2 '' --verify
check 'verify: no such file' /dev/null 1 0 "cannot open $work/absent" --verify "$work/absent"
check 'no input' /dev/null 0 0 ''
check 'a directory as input' / 1 0 'Is a directory'

pod='{"process_exec":{"process":{"binary":"/bin/sh","pod":{"namespace":"default","name":"xwing"}}},"node_name":"n1"}'
printf '%s' "$pod" >"$work/pod" # no newline at the end
check 'pod' "$work/pod" 0 1 '' --pod wing
echo '🚀 process default/xwing /bin/sh' >"$work/expected"
same 'pod, compact' "$work/expected"
check 'pod, another' "$work/pod" 0 0 '' --pod ^wing
check 'pod, namespace' "$work/pod" 0 1 '' -n kube-system,default
check 'pod, namespace exactly' "$work/pod" 0 0 '' -n def
check 'pod, not of the host' "$work/pod" 0 0 '' --host
check 'pod, or of the host' "$work/pod" 0 1 '' --host -n default

printf '{"existing":{},%s\n' "${pod#\{}" >"$work/pod"
check 'existing' "$work/pod" 0 1 '' --pod wing
echo '🏃 running default/xwing /bin/sh' >"$work/expected"
same 'existing, compact' "$work/expected"

lsm='{"process_lsm":{"process":{"binary":"/usr/bin/zsh"},"function_name":"bprm_check_security","args":[{"linux_binprm_arg":{"path":"/usr/bin/cat"}}],"ima_hash":"sha256:dd55"},"node_name":"n1"}'
echo "$lsm" >"$work/lsm"
check 'hash' "$work/lsm" 0 2 ''
printf '🔒 LSM     n1 /usr/bin/zsh bprm_check_security\n   /usr/bin/cat sha256:dd55\n' >"$work/expected"
same 'hash, below the line' "$work/expected"
check 'hash, not wanted' "$work/lsm" 0 1 '' --ima-hash=false

{ echo '{"process_exec":'; echo; cat exec-tmp.json; printf 'x\033[31m\n[]\n{"time":"x"}\n'; } >"$broken"
check 'broken lines' "$broken" 1 1 '^trigon events: line 4 skipped: not JSON: '
check 'broken lines of a file' /dev/null 1 "$((all + 1))" "^trigon events: $broken: line 4 skipped" -o json "$broken" "$log"
check 'broken lines, counted' "$broken" 1 1 '^trigon events: 4 of 6 lines skipped' -o json
{ head -c 1048577 /dev/zero | tr '\0' ' '; echo; cat exec-tmp.json; } >"$broken"
check 'a line beyond 1 MiB' "$broken" 1 1 'line 1 skipped: longer than 1 MiB'
{ head -c 1047000 /dev/zero | tr '\0' ' '; cat exec-tmp.json; } >"$broken"
check 'a line of just 1 MiB' "$broken" 0 1 ''
yes not json | head -1000 >"$broken"
check 'many broken lines' "$broken" 1 0 '1000 of 1000 lines skipped'

# A log that grows, and is rotated: a line that is written in two parts, and one to the old file after the new one is there.
has_lines() {
	for _ in $(seq 100); do
		[ "$(wc -l <"$out")" -ge "$1" ] && return 0
		sleep 0.1
	done
	return 1
}
tail -n 1 "$log" >"$work/growing"
"$trigon" events --follow -o json "$log" "$work/growing" >"$out" 2>"$err" &
follower=$!
has_lines $((all + 1)) && head -c 20 exec-tmp.json >>"$work/growing" && tail -c +21 exec-tmp.json >>"$work/growing"
has_lines $((all + 2)) && mv "$work/growing" "$work/rotated" && cat exit-code.json >"$work/growing" &&
	cat exit-zero.json >>"$work/rotated"
has_lines $((all + 4))
{ cat "$log"; tail -n 1 "$log"; cat exec-tmp.json exit-zero.json exit-code.json; } >"$work/expected"
kill -INT $follower
status=0
wait $follower || status=$?
[ $status -eq 0 ] && says ''
report $? 'following a file: ends well'
same 'following a file, across rotation' "$work/expected"

status=0
"$trigon" events <"$log" >/dev/full 2>"$err" || status=$?
[ $status -eq 1 ] && [ "$(wc -l <"$err")" -eq 1 ] && says 'cannot write standard output'
report $? 'full disk'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
