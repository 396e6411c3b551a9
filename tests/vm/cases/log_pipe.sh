# The log goes to a pipe: a reader that goes away does not end the agent, which says so once; a slow one gets all of it.
# kernels: 6.1 native

mkfifo pipe
AGENT_STDERR=$WORK/pipe.stderr
: >"$AGENT_STDERR"
"$TRIGON" agent --export-filename - --summary >pipe 2>"$AGENT_STDERR" </dev/null &
AGENT_PID=$!
cleanup "kill -KILL $AGENT_PID 2>/dev/null"
exec {reader}<pipe
wait_until 30 grep -q 'trigon: ready' "$AGENT_STDERR"

# Again and again, since this reader is slow, and on a machine with much else to do loses lines.
(while sleep 0.5; do /bin/true read; done) &
acts=$!
cleanup "kill $acts 2>/dev/null"
line=
until [[ $line == *'"arguments":"read"'* ]]; do
    IFS= read -rt 10 line <&"$reader" || fail "no line from the pipe"
done
kill "$acts"
exec {reader}<&-
/bin/true unread
wait_until 10 grep -q 'cannot write standard output: Broken pipe' "$AGENT_STDERR"
/bin/true unread again
_pause 1.2 # the agent would try, and say, it again each second
check kill -0 "$AGENT_PID"
check test "$(grep -c 'cannot write.*: Broken pipe' "$AGENT_STDERR")" = 1 # it may have been too slow before
agent_stop
check grep -qE '^    lines, closed pipe +[1-9]' "$AGENT_STDERR"

# A FIFO by its name: its reader may come and go.
LOG=$WORK/fifo.log
"$TRIGON" agent --export-filename "$WORK/pipe" 2>"$AGENT_STDERR" </dev/null &
AGENT_PID=$!
cleanup "kill -KILL $AGENT_PID 2>/dev/null"
wait_until 30 grep -q 'trigon: ready' "$AGENT_STDERR"
cat pipe >"$LOG" &
wait_until 10 test -s "$LOG" # many processes' lines may have filled the agent's memory before
/bin/true to-fifo
wait_until 10 grep -qs '"to-fifo"' "$LOG"
agent_stop
wait
check jq -e . "$LOG" >/dev/null
