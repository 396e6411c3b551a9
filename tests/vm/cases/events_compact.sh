# trigon events prints the agent's log as compact lines, filtered, or as it is.
# kernels: 6.1 native

export NODE_NAME=node-1
agent_start
/bin/true https://ebpf.io 'a b'
cp /bin/false "odd name"
"$WORK/odd name" || true
sleep 3600 &
log_sync
kill -KILL $!
wait $! || true
/bin/true $'\e[31mred\n'
log_sync
agent_stop

"$TRIGON" events <"$LOG" >compact
check grep -qxF '🚀 process node-1 /bin/true https://ebpf.io "a b"' compact
check grep -qxF '💥 exit    node-1 /bin/true https://ebpf.io "a b" 0' compact
check grep -qxF "🚀 process node-1 \"$WORK/odd name\"" compact
check grep -qxF "💥 exit    node-1 \"$WORK/odd name\" 1" compact
check grep -qxE '💥 exit    node-1 [a-z/]*/sleep 3600 SIGKILL' compact
check test "$(wc -l <compact)" = "$(grep -vc loss_ledger "$LOG")"
check test -z "$(LC_ALL=C grep -P '[\x00-\x1f\x7f]' compact || true)"

"$TRIGON" events -o json <"$LOG" | cmp - "$LOG"
check test -z "$("$TRIGON" events -e PROCESS_EXIT <"$LOG" | grep -v '^💥' || true)"
check test "$("$TRIGON" events -e PROCESS_EXIT -o json <"$LOG" | wc -l)" = "$(jq 'select(.process_exit) | 1' "$LOG" | wc -l)"
check test "$("$TRIGON" events --process '/odd name$' <"$LOG" | wc -l)" = 2
check test "$("$TRIGON" events --pod x <"$LOG" | wc -l)" = 0
check grep -q $'\e\\[' <("$TRIGON" events --color always <"$LOG")

# Broken lines are named and skipped, the others printed.
{ echo '{"process_exec":'; cat "$LOG"; } >broken
status=0
"$TRIGON" events <broken >stdout 2>stderr || status=$?
check test "$status" = 1
check cmp stdout compact
check grep -q 'line 1 skipped' stderr
