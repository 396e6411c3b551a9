# The OpenTelemetry collector and rsyslog, as docs/shippers sets them up, follow the log under load: rotated every second, written by an
# agent that is killed, renamed by somebody else; they are stopped and started themselves: each delivers every line once, byte for byte.
# timeout: 300
# kernels: native

# shellcheck source=tests/vm/shippers.sh
. "$REPOSITORY/tests/vm/shippers.sh"

COUNT=40000 # processes, two events each
ROTATION=(--export-file-max-size-mb 1 --export-file-rotation-interval 1s --export-file-max-backups 0 --rb-size-total 64M)

flood=$(helper flood)

begin rotated
agent_start "${ROTATION[@]}"
/bin/true "$(head -c 30000 /dev/zero | tr '\0' x)"
/bin/true $'tab\tnewline\nescape\e delete\x7f quote" backslash\\ umlaut\xc3\xbc broken\xff'
"$flood" "$COUNT" 4 "$DIR/flood"
agent_stop
check_delivered
check_complete
check test "$(wc -L <"$DIR/all")" -gt 16384
check test "$lines" -gt "$((2 * COUNT))"
check test "$(jq -r 'select(.loss_ledger.reason == "END").loss_ledger.lines' "$DIR/all")" = "$((lines - 1))"

# The agent is killed, and the shippers are stopped, under load; both go on where they were.
begin killed
agent_start "${ROTATION[@]}"
"$flood" "$((COUNT / 2))" 4 "$DIR/flood" &
flooding=$!
has_rotated() {
    [[ $(find "$DIR/log" -name 'trigon-*.log' | wc -l) -ge $1 ]]
}
wait_until 10 has_rotated 2 || fail "no rotated files"
agent_kill
shippers_stop
agent_start "${ROTATION[@]}"
wait_until 10 has_rotated 4 || fail "no rotated files of the second agent"
shippers_start
wait "$flooding"
agent_stop
check_delivered
check grep -q 'of 2 agents' "$DIR/verified"

# As logrotate does it with dateext and extension .log, while the agent writes.
begin renamed
agent_start --rb-size-total 64M
"$flood" "$((COUNT / 2))" 4 "$DIR/flood" &
flooding=$!
has_log() {
    [[ -s $LOG ]]
}
for ((i = 0; i < 10; i++)); do
    wait_until 10 has_log || fail "no new log after SIGHUP"
    mv "$LOG" "$DIR/log/trigon-$i.log"
    _pause 0.1 # in which it writes on to the renamed file
    kill -HUP "$AGENT_PID"
done
wait "$flooding"
agent_stop
check_delivered
check_complete

# What is lost is said in a line like any other; the documented filter finds it.
filter=$(sed -n "s/^    jq -c '\(.*\)' trigon.json$/\1/p" "$SHIPPERS/README.md")
check test -z "$(jq -c "$filter" "$DIR/rsyslog/trigon.json")"
begin lost
agent_start --rb-size-total 64k
kill -STOP "$AGENT_PID"
"$flood" 2000 4 "$DIR/flood"
kill -CONT "$AGENT_PID"
agent_stop
check_delivered
check test -n "$(jq -c "$filter | select(.lost.ring)" "$DIR/rsyslog/trigon.json")"
check test -n "$(jq -c "$filter | select(.lost.ring)" "$DIR/otel/lines")"
