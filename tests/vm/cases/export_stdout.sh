# `trigon export-stdout` copies the log once, whoever of the two ends first: with the agent it ends after the agent's last line, and the
# next one goes on where it was.
# kernels: 6.1 native

exporter=

export_start() { # NAME
    "$TRIGON" export-stdout --export-filename "$LOG" --position-file "$WORK/position" </dev/null >"$1.out" 2>"$1.err" &
    exporter=$!
    # shellcheck disable=SC2064 # now
    cleanup "kill -KILL $exporter 2>/dev/null"
}

is_copied() { # NAME ARGUMENT
    jq -e --arg argument "$2" -n 'any(inputs; .process_exec.process.arguments == $argument)' "$1.out" >/dev/null 2>&1
}

last_reason() { # NAME
    tail -n 1 "$1.out" | jq -r .loss_ledger.reason
}

export_start first # before there is a log
agent_start
/bin/true one
check wait_until 10 is_copied first one
kill -TERM "$exporter"
agent_stop
check wait "$exporter"
check cmp first.out "$LOG"
check test "$(last_reason first)" = END
check grep -qE "ended after the agent's last line; $(grep -c '^' first.out) lines copied" first.err

# The agent has ended before, and has left lines that nobody copied.
agent_start
/bin/true two
log_sync
export_start second
check wait_until 10 is_copied second two
agent_stop
kill -TERM "$exporter"
check wait "$exporter"
check test "$(head -n 1 second.out | jq -r .loss_ledger.reason)" = START
check test "$(last_reason second)" = END
check grep -q "ended after the agent's last line" second.err

# The agent goes on: an end of the agent before is not its own.
agent_start
export_start third
/bin/true three
check wait_until 10 is_copied third three
kill -TERM "$exporter"
check wait "$exporter"
check grep -q "ended without the agent's last line" third.err
/bin/true four
log_sync
export_start fourth
check wait_until 10 is_copied fourth four
kill -TERM "$exporter"
agent_stop
check wait "$exporter"
check cmp <(cat {first,second,third,fourth}.out) "$LOG"
