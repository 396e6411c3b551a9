# The OpenTelemetry collector and rsyslog, as docs/shippers sets them up, follow the log under load: rotated every second, written by an
# agent that is killed, renamed by somebody else; they are stopped and started themselves: each delivers every line once, byte for byte.
# timeout: 300
# kernels: native

SHIPPERS=$REPOSITORY/docs/shippers
COUNT=40000 # processes, two events each
DELIVERY_LIMIT_S=60
ROTATION=(--export-file-max-size-mb 1 --export-file-rotation-interval 1s --export-file-max-backups 0 --rb-size-total 64M)

otelcol=$("$REPOSITORY/tests/e2e/tools" path otelcol) || skip "no collector: run tests/e2e/tools build otelcol"
rsyslogd=$(PATH=$PATH:/usr/sbin command -v rsyslogd) || skip "no rsyslogd: run tools/deps.sh test"
flood=$(helper flood)

# Has the next agent, and the shippers, work in the new directory DIR.
begin() {
    DIR=$WORK/$1
    LOG=$DIR/log/trigon.log
    mkdir -p "$DIR"/{log,flood,otel/trigon,rsyslog}
    sed "s:/var/log/trigon:$DIR/log:; s:/var/lib/otelcol:$DIR/otel:" "$SHIPPERS/otel-collector.yaml" >"$DIR/otel.yaml"
    sed "s:/var/log/trigon:$DIR/log:; s:/var/spool/rsyslog:$DIR/rsyslog:" "$SHIPPERS/rsyslog.conf" >"$DIR/rsyslog.conf"
    : >"$DIR/shippers.out"
    shippers_start
}

shippers_start() {
    "$otelcol" --config "$DIR/otel.yaml" >>"$DIR/shippers.out" 2>&1 &
    otelcol_pid=$!
    "$rsyslogd" -n -f "$DIR/rsyslog.conf" -i "$DIR/rsyslogd.pid" >>"$DIR/shippers.out" 2>&1 &
    rsyslogd_pid=$!
}

shippers_stop() {
    kill -TERM "$otelcol_pid" "$rsyslogd_pid"
    wait "$otelcol_pid" "$rsyslogd_pid"
}

# Prints what was delivered by the collector: the bodies of what it exports.
otel_lines() {
    jq -r '.resourceLogs[].scopeLogs[].logRecords[].body.stringValue' "$DIR/otel/trigon.json"
}

is_delivered() {
    [[ $(wc -l <"$DIR/rsyslog/trigon.json") -ge $lines && $(otel_lines | wc -l) -ge $lines ]]
}

# Compares what the shippers have with the log. rsyslog waits for the last file to be renamed.
check_delivered() {
    local -a files

    mv "$LOG" "$DIR/log/trigon-9999.log"
    readarray -t files < <(find "$DIR/log" -name 'trigon-*.log' | sort)
    cat "${files[@]}" >"$DIR/all"
    lines=$(wc -l <"$DIR/all")
    echo "$DIR: $lines lines in ${#files[@]} files"
    wait_until "$DELIVERY_LIMIT_S" is_delivered || echo "not all is delivered in $DELIVERY_LIMIT_S s"
    shippers_stop
    otel_lines >"$DIR/otel/lines"
    check_lines "$DIR/rsyslog/trigon.json"
    check_lines "$DIR/otel/lines"
}

# Looks whether FILE has the log's lines, and what `trigon events --verify` says of it. Files that are there for some milliseconds only
# may be delivered in another order. Two agents may write the same line about a process that they found.
check_lines() {
    awk 'NR == FNR { number[$0, ++count[$0]] = NR; next } { print number[$0, ++found[$0]] + 0, $0 }' "$DIR/all" "$1" |
        sort -sn -k 1,1 | cut -d ' ' -f 2- >"$DIR/ordered"
    check cmp "$DIR/all" "$DIR/ordered"
    "$TRIGON" events --verify "$DIR/ordered" >"$DIR/verified" || true
    cat "$DIR/verified"
}

# What the agent itself has lost is no shipper's fault.
check_complete() {
    check test -z "$(sed 1d "$DIR/verified" | grep -v '^lost, and accounted for' || true)"
}

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
