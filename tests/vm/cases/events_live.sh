# trigon events of a running agent: filters, its log joined to what comes, a slow reader, and an agent that starts anew.
# timeout: 300
# kernels: 6.1 native

socket=$WORK/trigon.sock marks=0

events() {
    "$TRIGON" events --server-address "$socket" -o json "$@"
}

# watch NAME OPTION...: events into NAME, in the background, from when this returns; sets $watcher
watch() {
    local name=$1 before

    shift
    before=$(last_reader)
    "$TRIGON" events --server-address "$socket" -o json "$@" >"$WORK/$name" 2>"$WORK/$name.said" &
    watcher=$!
    wait_until 20 has_reader $((before + 1)) || fail "no stream: $(<"$WORK/$name.said")"
}

# The highest number of those that are there: each has another one.
last_reader() {
    "$TRIGON" status -o json --server-address "$socket" | jq '[.readers[]?.reader | tonumber] | max // 0'
}

has_reader() {
    (($(last_reader) >= $1))
}

# mark NAME: runs a program with a new mark, and waits until its event is in NAME; sets $mark
mark() {
    marks=$((marks + 1))
    mark=live-mark-$$-$marks
    /bin/true "$mark"
    wait_until 20 grep -qF "$mark" "$WORK/$1" || fail "no event of /bin/true $mark in $1: $(<"$WORK/$1.said")"
}

# ends WATCHER STATUS
ends() {
    local status=0

    wait "$1" || status=$?
    [[ $status == "$2" ]] || fail "trigon events ended with status $status, not $2"
}

processes() { # COUNT
    local i

    for ((i = 0; i < $1; i++)); do
        /bin/true
    done
}

agent_start --server-address "$socket" --tracing-policy-dir '' --export-file-max-size-mb 1 --export-file-compress \
    --export-file-max-backups 100

# A filter means the same to the agent as to a reader of its log.
cp /bin/true live-a
cp /bin/true live-b
filter=(--process '/live-[ac]$' -e exec --host --cel-expression 'process_exec.process.arguments in ["one", "two"]' --cel-expression 'has(process_exit.process)')
watch chosen --follow "${filter[@]}"
"$WORK/live-b"
"$WORK/live-a" one
"$WORK/live-a" three
"$WORK/live-a" two
check wait_until 10 grep -q '"arguments":"two"' "$WORK/chosen"
kill -INT "$watcher"
ends "$watcher" 0
check test ! -s "$WORK/chosen.said"
check test "$(wc -l <"$WORK/chosen")" = 2
expect_jq .process_exec.process.arguments '^"two"$' 1
check cmp "$WORK/chosen" <("$TRIGON" events -o json "${filter[@]}" "$LOG")

# What the agent does not take is said.
status=0
events --follow -e test >"$WORK/stdout" 2>"$WORK/said" || status=$?
check test "$status" = 1
check grep -q "the agent's answer: .*TEST" "$WORK/said"
mapfile -t conditions < <(for i in {1..9}; do echo "--cel-expression=process_exec.process.pid == ${i}u"; done)
status=0
events --follow "${conditions[@]}" >"$WORK/stdout" 2>"$WORK/said" || status=$?
check test "$status" = 1
check grep -q "the agent's answer: .*more expressions than there may be" "$WORK/said"

# What runs already, once and where it is in the tree; then what comes.
cp /bin/sleep live-runs
(
    "$WORK/live-runs" "$$" &
    exec "$WORK/live-runs" "$BASHPID"
) &
parent=$!
cleanup "pkill -P $parent; kill $parent 2>/dev/null"
log_sync
watch existing --existing --process '/live-runs$'
check wait_until 10 test "$(wc -l <"$WORK/existing")" -ge 2
"$WORK/live-runs" 0
check wait_until 10 grep -q process_exit "$WORK/existing"
kill -INT "$watcher"
ends "$watcher" 0
check test ! -s "$WORK/existing.said"
check test "$(jq -r '[keys[0], (.existing | type), .process_exec.process.arguments] | join(" ")' "$WORK/existing" | sort)" = "\
$(printf '%s\n' "existing object $$" "existing object $parent" "node_name null 0" "node_name null " | sort)"
check test "$(jq -r "select(.existing and .process_exec.process.arguments == \"$$\") | .existing.parent_exec_id" "$WORK/existing")" = "\
$(jq -r "select(.existing and .process_exec.process.pid == $parent) | .process_exec.process.exec_id" "$WORK/existing")"
watch compact --existing --process '/live-runs$' -o compact
check wait_until 10 grep -q "^🏃 running .*/live-runs $parent$" "$WORK/compact"
kill -INT "$watcher"
ends "$watcher" 0
pkill -P "$parent"
kill "$parent"

# The log since a time, in rotated files, while more comes; then what comes: all of it, once, in order.
processes 700
touch "$WORK/busy"
while [[ -e $WORK/busy ]]; do
    /bin/true
done &
busy=$!
watch joined --since 99999h --follow
processes 300
rm "$WORK/busy"
wait "$busy"
mark joined
kill -INT "$watcher"
ends "$watcher" 0
check test ! -s "$WORK/joined.said"

# A later time, without a stream.
since=$(date -u +%FT%T.%NZ)
processes 5
log_sync
check test "$(events --since "$since" --process '^/bin/true$' -e exec | wc -l)" = 6
check test "$(events --since 1h -e exec </dev/null | grep -c "\"arguments\":\"$mark\"")" = 1

# One that stops reading loses events, and is told how many.
watch slow --follow
kill -STOP "$watcher"
processes 1500
kill -CONT "$watcher"
mark slow
kill -INT "$watcher"
ends "$watcher" 1
check grep -qE '^trigon events: [1-9][0-9]* events lost: this reader, or its filters, were slower' "$WORK/slow.said"

# The agent ends, and another one comes.
watch once --follow
once=$watcher
watch again --follow --reconnect --reconnect-wait 100ms
again=$watcher
agent_stop
ends "$once" 1
check grep -q 'the stream ends: the agent has ended' "$WORK/once.said"
check grep -q 'the stream ends: the agent has ended' "$WORK/again.said"
status=0
events --since 1h >"$WORK/stdout" 2>"$WORK/said" || status=$?
check test "$status" = 1
check grep -q 'no agent answers' "$WORK/said"

# All that was in the log of the first one, up to the mark, is what was joined.
shopt -s nullglob
rotated=("$WORK"/trigon-*.log "$WORK"/trigon-*.log.gz)
mapfile -t files < <(printf '%s\n' "${rotated[@]}" | sort)
check test "${#files[@]}" -ge 2
"$TRIGON" events -o json -e exec,exit "${files[@]}" "$LOG" | sed -n "1,/\"arguments\":\"live-mark-$$-1\"/p" >"$WORK/logged"
sed -n "1,/\"arguments\":\"live-mark-$$-1\"/p" "$WORK/joined" >"$WORK/printed"
check test "$(wc -l <"$WORK/printed")" -gt 2000
cmp "$WORK/logged" "$WORK/printed" || fail "$(diff "$WORK/logged" "$WORK/printed" | cut -c 1-200 | head -20)"

agent_start --server-address "$socket" --tracing-policy-dir ''
check wait_until 20 has_reader 1
mark again
kill -TERM "$again"
ends "$again" 1
agent_stop
