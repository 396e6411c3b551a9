# SIGTERM and SIGINT: the log is complete up to the end, the agent's own end excepted.

flood=$(helper flood)
for signal in TERM INT; do
    LOG=$WORK/$signal.log
    mkdir "$signal"
    # Bash has its background jobs ignore SIGINT; the agent takes it all the same.
    agent_start --summary
    "$flood" 500 2 "$PWD/$signal"
    kill "-$signal" "$AGENT_PID"
    check wait "$AGENT_PID"
    AGENT_PID=
    # By pid: an exit says short-N only if its exec was seen. A preemptible kernel may lose some, which it counts.
    cut -d ' ' -f 2 "$signal/started" | sort >pids
    for event in exec exit; do
        lost=$(awk -v type="$event" '$1 == type && / (records|events), / { sum += $NF } END { print sum + 0 }' \
            "$AGENT_STDERR")
        jq -r ".process_$event.process.pid // empty" "$LOG" | sort -u | comm -23 pids - >missing
        check test "$(wc -l <missing)" -le "$lost"
    done
    check test "$(tail -c 1 "$LOG")" = ""
    check test "$(grep -c '^' "$LOG")" = "$(sed -n 's/^  log  *\([0-9]*\) lines.*/\1/p' "$AGENT_STDERR")"
    check grep -q 'ended; [0-9]* records lost' "$AGENT_STDERR"
done
