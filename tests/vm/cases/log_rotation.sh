# A log that is rotated under load, by size and by time, compressed, and by somebody else who sends SIGHUP; an agent that is
# killed: every process is told of once, no file is larger than it may be, and the ledger says that all is there, or what is not.
# kernels: 6.1 native
# timeout: 300

COUNT=20000
if [[ $KERNEL != native ]]; then
    COUNT=5000
fi
MIB=$((1024 * 1024))

verify() {
    "$TRIGON" events --verify "$@" >verified || true
    tail -n 20 verified
}

# The exec of each of flood's processes is there once. Others are there, too, natively.
check_execs() {
    cat "$@" | zcat -f | grep '^{"process_exec"' | grep -o '"arguments":"short-[0-9]*' | sort >told
    check test "$(wc -l <told)" = "$(sort -u told | wc -l)"
    check test "$((COUNT - $(wc -l <told)))" = "$LOST_EXECS"
}

lost_execs() { # of LOG
    zcat -f "$1" | jq -r 'select(.loss_ledger.reason == "END") | .loss_ledger.lost | (.ring.exec // "0"), (.preempted.exec // "0")' |
        awk '{ sum += $1 } END { print sum + 0 }'
}

flood=$(helper flood)
LOG=$WORK/size/trigon.log
mkdir size
agent_start --export-file-max-size-mb 1 --export-file-max-backups 0 --rb-size-total 64M
"$flood" "$COUNT" 4 "$WORK"
agent_stop
find size -name '*.log' -size +${MIB}c | tee large
check test ! -s large
check test "$(find size -name 'trigon-*.log' | wc -l)" -ge 3
verify size/trigon-*.log size/trigon.log
LOST_EXECS=$(lost_execs size/trigon.log)
if [[ $LOST_EXECS == 0 ]]; then
    check grep -q '^complete' verified
fi
check_execs size/*.log

# A file that is missing, and a line
check test "$(tail -n 1 size/trigon.log | jq -r .loss_ledger.reason)" = END
readarray -t files < <(ls size/trigon-*.log)
verify "${files[0]}" "${files[@]:2}" size/trigon.log
check grep -q "$(wc -l <"${files[1]}") lines are missing" verified
sed -i 100d "${files[1]}"
verify "${files[@]}" size/trigon.log
check grep -q ': 1 lines are missing' verified

# By time, with gzip, no more than two backups; another agent ends without a word
LOG=$WORK/time/trigon.log
mkdir time
agent_start --export-file-rotation-interval 1s --export-file-max-backups 2 --export-file-compress
for ((i = 0; i < 40; i++)); do
    /bin/true "$i"
    _pause 0.1
done
has_two() {
    [[ $(find time -name 'trigon-*.log.gz' | wc -l) == 2 ]]
}
wait_until 10 has_two || fail "not two compressed files: $(ls time)"
log_sync
agent_kill
agent_start
check grep -q 'was killed; the log.s loss ledger has what' "$AGENT_STDERR"
mv "$LOG" time/moved.log
kill -HUP "$AGENT_PID"
has_log() {
    [[ -s $LOG ]]
}
wait_until 5 has_log || fail "no new log after SIGHUP"
check test "$(head -n 1 "$LOG" | jq -r .loss_ledger.reason)" = FILE
/bin/true last
log_sync
agent_stop
verify time/moved.log "$LOG"
check grep -q '^complete.* 2 agents' verified
check test "$(cat time/moved.log "$LOG" | jq -r 'select(.loss_ledger.previous) | .loss_ledger.previous.ended')" = false
check grep -q '"arguments":"last"' "$LOG"
