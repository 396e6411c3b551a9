# The log is renamed, removed, loses its directory: it is opened again, and no line is lost that could be kept.
# kernels: 6.1 native

executed() {
    jq -r '.process_exec.process.arguments // empty' "$@"
}

mkdir logs
LOG=$WORK/logs/trigon.log
agent_start --export-file-perm 640
/bin/true first
log_sync

# As logrotate does it: what comes before the agent has noticed still goes to the old file.
mv "$LOG" logs/old.log
/bin/true rotated
wait_until 10 test -e "$LOG"
/bin/true second
log_sync
check test "$(executed logs/old.log "$LOG" | grep -cxE 'first|rotated|second')" = 3
check test "$(executed "$LOG" | grep -cx second)" = 1
check test "$(stat -c %a "$LOG")" = 640
check grep -q 'was moved or removed; opened anew' "$AGENT_STDERR"

# Cut to zero, as logrotate's copytruncate does.
: >"$LOG"
/bin/true truncated
log_sync
check test "$(executed "$LOG" | grep -cx truncated)" = 1
check test "$(head -c 1 "$LOG")" = "{"

rm "$LOG"
/bin/true third
wait_until 10 grep -qs '"third"' "$LOG"

rm -r logs
/bin/true fourth
wait_until 10 grep -q 'cannot write' "$AGENT_STDERR"
/bin/true fifth
mkdir logs
wait_until 10 grep -qs '"fifth"' "$LOG"
check test "$(executed "$LOG" | grep -cxE 'fourth|fifth')" = 2
check grep -q 'works again; 0 lines were lost' "$AGENT_STDERR"
agent_stop
check jq -e . logs/* >/dev/null
check test "$(grep -c 'cannot write' "$AGENT_STDERR")" = 1
