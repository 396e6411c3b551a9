# trigon status: what a running agent says of itself, in text and JSON; the exit code says whether it is ready.
# kernels: 6.1 native

socket=$WORK/trigon.sock

status=0
"$TRIGON" status --server-address "$socket" 2>"$WORK/said" || status=$?
check test "$status" = 1
check grep -q "no agent answers on $socket" "$WORK/said"

export NODE_NAME=node-1
agent_start --server-address "$socket" --tracing-policy-dir ''
/bin/true
log_sync

has_counted() {
    [[ $("$TRIGON" status --server-address "$socket" -o json | jq -r '.events.process_exit // 0') -gt 0 ]]
}
check wait_until 10 has_counted
"$TRIGON" status --server-address "$socket" >"$WORK/text"
check grep -qE "^agent +ready.*, pid $AGENT_PID, version " "$WORK/text"
check grep -qE '^node +node-1$' "$WORK/text"
check grep -qE '^events +[0-9]+ process_exec, [0-9]+ process_exit$' "$WORK/text"
check grep -qE '^lost +0$' "$WORK/text"
check grep -qE "^log +$LOG, [0-9]+ lines, [0-9]+ bytes$" "$WORK/text"
check grep -qE '^policies +none$' "$WORK/text"
"$TRIGON" status --server-address "$socket" -o json >"$WORK/json"
check jq -e --arg log "$LOG" '.ready and .node_name == "node-1" and .log.path == $log and .lost == {}' "$WORK/json" >"$WORK/jq"
agent_stop
