# 20,000 processes as fast as they can start: each exec and each exit is in the log once, or counted as lost.
# timeout: 300

# Natively, and on the oldest and the newest kernel; the others show the same with fewer in a minute less each.
case $KERNEL in
6.1 | 6.12) COUNT=5000 ;;
*) COUNT=20000 ;;
esac

flood=$(helper flood)
agent_start --summary
"$flood" "$COUNT" 4 "$WORK"
agent_stop
check test "$(wc -l <started)" = "$COUNT"

# Number and pid of every process, from its exec; its pid, from its exit. jq would take a minute under emulation.
awk '/^{"process_exec"/ && match($0, /"arguments":"short-[0-9]+/) {
    number = substr($0, RSTART + 19, RLENGTH - 19)
    match($0, /"pid":[0-9]+/)
    print number, substr($0, RSTART + 6, RLENGTH - 6)
}' "$LOG" | sort >execs
awk '/^{"process_exit"/ && match($0, /"pid":[0-9]+/) { print substr($0, RSTART + 6, RLENGTH - 6) }' "$LOG" |
    sort >exits
sort started >expected
cut -d ' ' -f 2 expected | sort >pids
lost=$(sed -n 's/^  lost *//p' "$AGENT_STDERR")
echo "$(wc -l <execs) execs, $(comm -12 pids exits | wc -l) exits, $lost lost"

check test "$(uniq -d pids | wc -l)" = 0
check test "$(uniq -d execs | wc -l)" = 0
check test "$(comm -12 pids <(uniq -d exits) | wc -l)" = 0
check test "$(comm -13 expected execs | wc -l)" = 0
lost_execs=$(awk '/^    exec (records|events), / { sum += $NF } END { print sum + 0 }' "$AGENT_STDERR")
lost_exits=$(awk '/^    exit (records|events), / { sum += $NF } END { print sum + 0 }' "$AGENT_STDERR")
echo "lost: $lost_execs execs, $lost_exits exits"
check test "$(comm -23 expected execs | wc -l)" -le "$lost_execs"
check test "$(comm -23 pids exits | wc -l)" -le "$lost_exits"
# No more than the flood's own five other processes, where nobody else runs.
if [[ $KERNEL != native ]]; then
    check test "$lost_execs" -le "$(($(comm -23 expected execs | wc -l) + 1))"
    check test "$lost_exits" -le "$(($(comm -23 pids exits | wc -l) + 5))"
fi
