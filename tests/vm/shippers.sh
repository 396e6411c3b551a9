# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The OpenTelemetry collector and rsyslog, as docs/shippers sets them up, for cases: source it behind lib.sh.
#
#   begin NAME        has the next agent, and the shippers, work in a directory of their own, which $DIR and $LOG name then
#   shippers_start, shippers_stop
#   otel_lines        prints what was delivered by the collector: the bodies of what it exports
#   check_delivered   compares what both have with the log, whose name is another one then: each line once, byte for byte
#   check_complete    the log had nothing lost but what the agent itself had
#
# After check_delivered $DIR/all is the log, $lines how many lines it has, and $DIR/verified what `trigon events --verify` says of
# what was delivered.

SHIPPERS=$REPOSITORY/docs/shippers
DELIVERY_LIMIT_S=60

otelcol=$("$REPOSITORY/tests/e2e/tools" path otelcol) || skip "no collector: run tests/e2e/tools build otelcol"
rsyslogd=$(PATH=$PATH:/usr/sbin command -v rsyslogd) || skip "no rsyslogd: run tools/deps.sh test"

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

otel_lines() {
    jq -r '.resourceLogs[].scopeLogs[].logRecords[].body.stringValue' "$DIR/otel/trigon.json"
}

is_delivered() {
    [[ $(wc -l <"$DIR/rsyslog/trigon.json") -ge $lines && $(otel_lines | wc -l) -ge $lines ]]
}

# rsyslog waits for the last file to be renamed.
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

check_complete() {
    check test -z "$(sed 1d "$DIR/verified" | grep -v '^  lost, and accounted for' || true)"
}
