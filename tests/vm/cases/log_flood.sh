# As many processes as the machine can make, for TRIGON_FLOOD_SECONDS (60), while the log is rotated every second, the collector and
# rsyslog follow it, its disk is filled and freed twice, and the agent is killed between: the ledger explains every line that is not there.
# Three read the second agent's events as they come, one of which is stopped: they lose for themselves.
# timeout: 600
# kernels: native

# shellcheck source=tests/vm/shippers.sh
. "$REPOSITORY/tests/vm/shippers.sh"

LOAD_S=${TRIGON_FLOOD_SECONDS:-60}
DISK_MB=$((LOAD_S * 24))
ROUND=2000 # processes
BATCH_BYTES=131072 # FILE_SINK_BATCH_BYTES, agent/io/sink/file_sink.h
OPTIONS=(--export-file-rotation-interval 1s --export-file-max-backups 0 --rb-size-total 64M)

flood=$(helper flood)
websocket=$(helper websocket)
socket=$WORK/run/trigon.sock
readers=()

# Until there is a file `stop`; each round has a directory of its own.
load() {
    local round

    for ((round = 1; ; round++)); do
        mkdir "$DIR/flood/$round"
        [[ ! -e $DIR/stop ]] || break
        "$flood" "$ROUND" 4 "$DIR/flood/$round"
        rm "$DIR/flood/$round/short"
    done
}

last_round() {
    find "$DIR/flood" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tail -n 1
}

# Whatever the record is for: a rotation may be first.
tells_of_disk() {
    grep -qsh '"loss_ledger":{.*"write_error":' "$DIR"/log/*.log
}

# Until the agent has lost lines, and for some time more.
fill_disk() {
    dd if=/dev/zero of="$DIR/log/filler" bs=4k status=none 2>/dev/null || true
    wait_until 20 grep -q 'cannot write' "$AGENT_STDERR" || fail "the disk is full, and the agent does not say so"
    _pause "$((LOAD_S / 15 + 1))"
    rm "$DIR/log/filler"
    wait_until 20 grep -q 'works again' "$AGENT_STDERR" || fail "the disk is free, and the agent does not say so"
}

# Three, whose messages are in $DIR/reader-N; the third one is stopped for some time.
readers_start() {
    local number

    for number in 1 2 3; do
        "$websocket" "$socket" /v1/events >"$DIR/reader-$number" 2>"$DIR/reader-$number.said" &
        readers+=("$!")
        wait_until 10 test -s "$DIR/reader-$number" || fail "reader $number: $(<"$DIR/reader-$number.said")"
    done
    kill -STOP "${readers[2]}"
}

# Right behind the agent's end: the shell forgets a child whose pid is another one's later.
readers_wait() {
    local number

    for number in 1 2 3; do
        wait "${readers[number - 1]}" || fail "reader $number: $(<"$DIR/reader-$number.said")"
    done
}

# Each was told how much it has not got; the ledger says the same.
readers_check() {
    local number sent lost

    for number in 1 2 3; do
        sent=$(tail -n 1 "$DIR/reader-$number" | jq -r 'select(.stream.ended) | .stream.sent')
        lost=$(tail -n 1 "$DIR/reader-$number" | jq -r .stream.lost)
        echo "reader $number: $sent events, $lost lost"
        check test "$sent" = "$(grep -vc '^{"stream"' "$DIR/reader-$number")"
        check test "$lost" = "$(ledger '.reason == "END"' ".readers[] | select(.reader == \"$number\") | .lost")"
    done
    check test "$lost" -gt 0
}

# Prints FIELD of the record that jq's CONDITION selects.
ledger() {
    grep -h '"loss_ledger"' "$DIR/all" | jq -r ".loss_ledger | select($1) | $2"
}

# The rounds behind $first_whole: what the second agent has seen from start to end.
count_found() {
    awk -v first="$first_whole" -v directory="$DIR/flood/" '
        match($0, /^\{"process_ex(ec|it)":\{"process":\{"exec_id":"[^"]*","pid":[0-9]+,"uid":[0-9]+,"cwd":"[^"]*","binary":"/) {
            binary = substr($0, RLENGTH + 1)
            if (index(binary, directory) == 1 && binary ~ /^[^"]*\/short"/ && substr(binary, length(directory) + 1) + 0 > first)
                count++
        }
        END { print count + 0 }' "$DIR/all"
}

mkdir -p "$WORK/flood/log"
mount -t tmpfs -o size="${DISK_MB}m" tmpfs "$WORK/flood/log"
cleanup "umount -l '$WORK/flood/log'"
begin flood
agent_start "${OPTIONS[@]}"
load &
loading=$!

_pause "$((LOAD_S / 6))"
fill_disk
wait_until 10 tells_of_disk || fail "no record of what a full disk took"
_pause "$((LOAD_S / 6))"
agent_kill
agent_start "${OPTIONS[@]}" --server-address "$socket"
first_whole=$(last_round)
readers_start
_pause "$((LOAD_S / 6))"
fill_disk
_pause "$((LOAD_S / 6))"
: >"$DIR/stop"
wait "$loading"
kill -CONT "${readers[2]}"
last_whole=$(($(last_round) - 1))
agent_stop
readers_wait
check_delivered
readers_check

# What is missing is in the last batch of the agent that was killed, and the next one says how much it is; what is lost is told by the ledger;
# nothing else is missing, doubled, torn or in contradiction.
killed=$(ledger '.reason == "START" and .previous' .previous.session)
missing=$(sed -n 's/^  lines missing  *//p' "$DIR/verified")
missing=${missing:-0}
shortest=$(awk 'NR == 1 || length($0) < shortest { shortest = length($0) } END { print shortest + 1 }' "$DIR/all")
check test "$((missing * shortest))" -le "$BATCH_BYTES"
check test "$(ledger '.previous' .previous.ended)" = false
check test "$(ledger '.reason == "START"' .session | head -n 1)" = "$killed"
taken=$(ledger '.previous' .previous.lines)
written=$(ledger '.reason == "END"' .lines)
lost_before=$(ledger ".session == \"$killed\"" '[(.lost.log // {})[] | tonumber] | add // 0' | tail -n 1)
check test "$lost_before" -gt 0
check test "$lines" = "$((taken - lost_before - missing + written + 1))"
check grep -q 'records of 2 agents' "$DIR/verified"
check test -z "$(grep -vE '^not complete: |^  lines missing |^  lost, and accounted for |: [0-9]+ lines are missing between ' "$DIR/verified" || true)"

# What was started, against what is there and what the ledger counts.
started=$((2 * ROUND * (last_whole - first_whole)))
found=$(count_found)
lost=$(ledger '.reason == "END"' '[.lost.ring.exec, .lost.ring.exit, .lost.preempted.exec, .lost.preempted.exit, (.lost.log // {})[]] | map(. // "0" | tonumber) | add')
echo "the second agent: $started events of whole rounds, $found in the log, $lost lost of all events; $missing lines gone with the first one"
check test "$started" -gt 0
check test "$found" -le "$started"
check test "$((found + lost))" -ge "$started"
check test "$lost" -gt 0
