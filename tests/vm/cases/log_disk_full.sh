# A full disk: whole lines only, what is lost is counted and said once, and the log goes on when there is room again.

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
