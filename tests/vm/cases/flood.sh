# 20,000 processes as fast as they can start: each exec and each exit is in the log once, or counted as lost.
# timeout: 300

COUNT=20000

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
lost_execs=$(sed -n 's/^    exec records, ring full *//p' "$AGENT_STDERR")
lost_exits=$(sed -n 's/^    exit records, ring full *//p' "$AGENT_STDERR")
check test "$(comm -23 expected execs | wc -l)" = "${lost_execs:-0}"
check test "$(comm -23 pids exits | wc -l)" = "${lost_exits:-0}"
