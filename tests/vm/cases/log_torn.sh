# A log that ends in the middle of a line is continued on a line of its own; its permissions are as the flag says.
# kernels: 6.1 native

torn='{"process_exec":{"process":{"exec_id":"dm0'
printf '%s\n%s' '{"whole":1}' "$torn" >"$LOG"
chmod 604 "$LOG"
agent_start --export-file-perm 640
log_sync
agent_stop
check test "$(sed -n 2p "$LOG")" = "$torn"
check test "$(sed 2d "$LOG" | jq -c . | head -n 1)" = '{"whole":1}'
check test -z "$(grep -n '^$' "$LOG" || true)"
check test "$(stat -c %a "$LOG")" = 604

umask 077
LOG=$WORK/new.log
agent_start --export-file-perm 644
agent_stop
check test "$(stat -c %a "$LOG")" = 644
LOG=$WORK/default.log
umask 0
agent_start
agent_stop
check test "$(stat -c %a "$LOG")" = 600

# A log that ends with a newline gets none more.
LOG=$WORK/new.log
agent_start
agent_stop
check test -z "$(grep -n '^$' "$LOG" || true)"
