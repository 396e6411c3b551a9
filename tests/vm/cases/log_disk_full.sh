# A full disk: whole lines only, what is lost is counted and said once, and the log goes on when there is room again.
# kernels: 6.1 native

# Starts $1 processes with the arguments $2-1, $2-2, ...
run_processes() {
    local i

    for ((i = 1; i <= $1; i++)); do
        /bin/true "$2-$i"
    done
}

logged() {
    jq -r '.process_exec.process.arguments // empty' "$LOG" | grep -cx "$1-[0-9]*" || true
}

# Prints how many lines the agent has taken for the log: agent/io/sink/log_state.h.
lines_taken() {
    od -A n -t u8 -j 40 -N 8 "$(dirname "$LOG")/.$(basename "$LOG").state" | tr -d ' '
}

# Succeeds if $1 lines are in the agent's memory only.
are_waiting() {
    (($(lines_taken) - $(wc -l <"$LOG") >= $1))
}

mkdir disk
mount -t tmpfs -o size=256k tmpfs disk
cleanup "umount -l '$WORK/disk'"
LOG=$WORK/disk/trigon.log
agent_start --summary
before=$(wc -l <"$LOG")
run_processes 5 before
log_sync

dd if=/dev/zero of=disk/filler bs=4k status=none 2>/dev/null || true
run_processes 250 full # some 300 KiB of lines; the agent keeps 128 KiB
wait_until 10 grep -q 'cannot write' "$AGENT_STDERR"
check jq -e . "$LOG" >/dev/null
check test "$(tail -c 1 "$LOG")" = ""

rm disk/filler
mount -o remount,size=4m disk
wait_until 10 grep -q 'works again' "$AGENT_STDERR"
run_processes 5 after
log_sync
agent_stop

check jq -e . "$LOG" >/dev/null
check test "$(logged before)" = 5
check test "$(logged after)" = 5
# What had no room in the agent's memory is missing, and no line more.
check test "$(logged full)" -lt 250
check test "$(logged full)" -gt 0
lost=$(sed -n 's/^    lines, write error *//p' "$AGENT_STDERR")
read -r events < <(awk '/^  process_(exec|exit) / { sum += $2 } END { print sum }' "$AGENT_STDERR")
check test "$((events - $(grep -vc loss_ledger "$LOG")))" = "$lost"
check test "$(jq -r 'select(.loss_ledger.reason == "END") | .loss_ledger.lost.log.write_error' "$LOG")" = "$lost"
"$TRIGON" events --verify "$LOG" >verified && fail "the log should not be complete"
check grep -qE "^ +lost, and accounted for +$lost\$" verified
check test "$(wc -l <verified)" -le 3 # and nothing else
check test "$(grep -c 'cannot write' "$AGENT_STDERR")" = 1
check grep -q "works again; $lost lines were lost" "$AGENT_STDERR"
check test "$before" -gt 0

# Killed while lines wait for room: they are gone, and the next agent's first record says how many.
rm "$LOG" # which has been verified
LOG=$WORK/disk/killed.log
agent_start
run_processes 5 written
log_sync
dd if=/dev/zero of=disk/filler bs=4k status=none 2>/dev/null || true
run_processes 20 waiting
wait_until 10 grep -q 'cannot write' "$AGENT_STDERR"
wait_until 10 are_waiting 20
agent_kill
taken=$(lines_taken)
written=$(wc -l <"$LOG")
rm disk/filler
agent_start
run_processes 5 later
log_sync
agent_stop
check test "$(logged written)" = 5
check test "$(logged waiting)" -lt 20 # the last page of the file may have had room for some
check test "$(logged later)" = 5
check jq -e . "$LOG" >/dev/null
check test "$(jq -r 'select(.loss_ledger.previous) | .loss_ledger.previous.lines' "$LOG")" = "$taken"
"$TRIGON" events --verify "$LOG" >verified && fail "the log should not be complete"
check grep -qE "^ +lines missing +$((taken - written))\$" verified
