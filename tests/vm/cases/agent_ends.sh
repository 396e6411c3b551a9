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
    for event in exec exit; do
        jq -r ".process_$event.process.arguments // empty" "$LOG" | grep -cx 'short-[0-9]*' >count
        check test "$(<count)" = 500
    done
    check test "$(tail -c 1 "$LOG")" = ""
    check test "$(grep -c '^' "$LOG")" = "$(sed -n 's/^  log  *\([0-9]*\) lines.*/\1/p' "$AGENT_STDERR")"
    check grep -q 'ended; 0 records lost' "$AGENT_STDERR"
done
