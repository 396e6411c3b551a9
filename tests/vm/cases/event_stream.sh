# Events as they come, over WebSockets: those of the log, those that its filters keep back, and what becomes of a reader that stops.
# kernels: 6.1 native

socket=$WORK/run/trigon.sock
websocket=$(helper websocket)
flood=$(helper flood)

# read_events NAME [QUERY]: a reader whose messages are in NAME; sets `reader`
read_events() {
    : >"$1"
    "$websocket" "$socket" "/v1/events${2:-}" >"$1" 2>"$1.said" &
    reader=$!
    cleanup "kill $reader 2>/dev/null"
    check wait_until 10 test -s "$1"
}

# ended PID NAME: that reader has been told that the agent goes away
ended() {
    wait "$1" || fail "$2: $(<"$2.said")"
}

# first_record NAME FIELD, last_record NAME FIELD: of the stream
first_record() {
    jq -r "select(.stream) | .stream.$2" "$1" | head -n 1
}

last_record() {
    jq -r "select(.stream) | .stream.$2" "$1" | tail -n 1
}

# has_library: libwebsockets is in the agent's memory
has_library() {
    grep -q libwebsockets "/proc/$AGENT_PID/maps"
}

# Nobody asks: no library. A reader without filters gets what the log keeps back, too.
agent_start --server-address "$socket" --export-denylist '{"arguments_regex": ["for-readers"]}'
check test "$(has_library && echo yes)" = ""
read_events all
all=$reader
check has_library
read_events some "?allow=%7B%22event_set%22:%5B%22PROCESS_EXEC%22%5D,%22arguments_regex%22:%5B%22for-rea%22%5D%7D&deny=%7B%22binary_regex%22:%5B%22websocket%22%5D%7D"
some=$reader
read_events chosen "?allow=%7B%22cel_expression%22:%5B%22process_exec.process.arguments=='for-all'%26%26!has(process_exec.process.pod)%22%5D%7D&deny=%7B%22cel_expression%22:%5B%22process_exec.process.binary.contains('websocket')%22%5D%7D"
chosen=$reader
read_events costly "?allow=%7B%22cel_expression%22:%5B%22process_exec.process.arguments.matches('a%5Bab%5D%7B900%7Dc')%22%5D%7D"
costly=$reader
status=0
"$websocket" "$socket" '/v1/events?allow=nonsense' 2>said || status=$?
check test $status = 1
check grep -q 'refused with 400' said
/bin/true for-readers
/bin/true for-all
/bin/true "$(printf 'ab%.0s' {1..10000})"
log_sync
agent_stop
ended "$all" all
ended "$some" some
ended "$chosen" chosen
ended "$costly" costly
check test "$(jq -r 'select(.process_exec) | .process_exec.process | "\(.binary) \(.arguments)"' some)" = "/bin/true for-readers"
check test "$(jq -r 'select(.process_exec) | .process_exec.process | "\(.binary) \(.arguments)"' chosen)" = "/bin/true for-all"
check test "$(last_record chosen lost)" = 0
# What would take too long is lost for who asks for it, and for nobody else.
check test "$(last_record costly lost)" = 1
check test "$(last_record costly sent)" = 0
check test "$(last_record costly filtered)" -ge 2
check test "$(grep -c '^{"process_exec".*ababababab' "$LOG")" = 1
check test "$(last_record some ended)" = true
check test "$(last_record some sent)" = 1
check test "$(last_record some filtered)" -ge 2

# The log up to where the stream began, then the stream: every event once, and the same lines. A busy machine may have lost some.
check test "$(first_record all session)" = "$(jq -r 'select(.loss_ledger) | .loss_ledger.session' "$LOG" | head -n 1)"
tail -n "+$(($(first_record all lines) + 1))" "$LOG" | grep -v '^{"loss_ledger"' >log_rest || true
grep -v '^{"stream"' all >stream_rest
check test "$(last_record all sent)" = "$(grep -c '' stream_rest)"
diff log_rest stream_rest >differences || true
check test "$(grep '^>' differences | grep -vc for-readers || true)" = 0
check test "$(grep -c '^<' differences || true)" -le "$(last_record all lost)"
check test "$(($(grep -c for-readers stream_rest || true) + $(last_record all lost)))" -ge 2

# With what runs already, while more comes: each process once, all that run, and nobody ends who was not told of.
(while :; do /bin/true; done) &
busy=$!
cleanup "kill $busy 2>/dev/null"
LOG=$WORK/existing.log
agent_start --server-address "$socket"
running() {
    ps -eo pid=,ppid=,stat= | awk '$1 != 2 && $2 != 2 && $3 !~ /Z/ {print $1}' | sort
}
running >before
read_events existing '?existing=true'
existing=$reader
check wait_until 10 grep -q '"complete":true' existing
running >after
log_sync
kill "$busy"
agent_stop
ended "$existing" existing
jq -r 'select(.process_exec) | .process_exec.process.pid' existing | sort >told
check test -z "$(comm -12 before after | comm -23 - told)"
check test -z "$(jq -r 'select(.process_exec) | .process_exec.process.exec_id' existing | sort | uniq -d)"
jq -r 'select(.process_exec) | .process_exec.process.exec_id' existing | sort >begun
# one that ends before it is its turn has this event only
sed '1,/"complete":true/d' existing | jq -r 'select(.process_exit.process.binary == "/bin/true") | .process_exit.process.exec_id' | sort >ended
check test -s ended
check test -z "$(comm -13 begun ended)"
check test "$(jq -r 'select(.stream.existing.complete) | .stream.existing | "\(.sent) \(.left_out)"' existing | sort -u)" = "\
$(grep -c '^{"process_exec".*,"existing":{' existing) 0"
check test "$(last_record existing lost)" = 0
check test "$(last_record existing sent)" = "$(grep -vc -e '^{"stream"' -e ',"existing":{' existing)"

# A reader that stops loses, and is told so when it goes on; the log is complete.
LOG=$WORK/second.log
mkdir started
agent_start --server-address "$socket"
read_events stopped
stopped=$reader
kill -STOP "$stopped"
"$flood" 1500 2 "$PWD/started"
log_sync
kill -CONT "$stopped"
agent_stop
ended "$stopped" stopped
lost=$(last_record stopped lost)
check test "$lost" -gt 0
check test "$(last_record stopped sent)" = "$(grep -vc '^{"stream"' stopped)"
ledger=$(grep '^{"loss_ledger"' "$LOG" | tail -n 1)
check test "$(jq -r '.loss_ledger.readers[0].lost' <<<"$ledger")" = "$lost"
"$TRIGON" events --verify "$LOG" >verified || true
check test -z "$(grep -E 'missing|too many|contradictions|broken' verified || true)"
check test "$(jq -r '.loss_ledger.lost | has("stream")' <<<"$ledger")" = false
