# A ring that is too small: what is lost is counted by its type, exactly, and what is seen is there once.
# kernels: 5.10 7 native

COUNT=2000

# Runs the flood in directory $1; $2 says whether the agent stands still meanwhile.
run_flood() {
    mkdir "$1"
    LOG=$WORK/$1/log AGENT_STDERR=$WORK/$1/stderr
    agent_start --summary --rb-size-total 64k
    log_sync
    if [[ $2 == stopped ]]; then
        kill -STOP "$AGENT_PID"
    fi
    "$flood" "$COUNT" 4 "$WORK/$1" &
    flooding=$!
    wait "$flooding"
    if [[ $2 == stopped ]]; then
        kill -CONT "$AGENT_PID"
        wait_until 10 grep -q 'the ring was full: [0-9]* records lost in the last second' "$AGENT_STDERR"
    fi
    agent_stop
}

lost_of() {
    awk -v type="$1" '$1 == type && / (records|events), / { sum += $NF } END { print sum + 0 }' "$AGENT_STDERR"
}

# Others on the machine lose some, too, where it is not ours alone.
check_lost() {
    echo "  $1: $2 are not in the log, $3 were counted as lost"
    if [[ $KERNEL == native ]]; then
        check test "$2" -le "$3"
    else
        check test "$2" = "$3"
    fi
}

flood=$(helper flood)
for how in running stopped; do
    echo "the agent is $how"
    run_flood "$how" "$how"
    cd "$how"
    sort started >expected
    cut -d ' ' -f 2 expected | sort >pids
    awk '/^{"process_exec"/ && match($0, /"arguments":"short-[0-9]+/) {
        number = substr($0, RSTART + 19, RLENGTH - 19)
        match($0, /"pid":[0-9]+/)
        print number, substr($0, RSTART + 6, RLENGTH - 6)
    }' log | sort >execs # jq takes a minute for that under emulation
    awk '/^{"process_exit"/ && match($0, /"pid":[0-9]+/) { print substr($0, RSTART + 6, RLENGTH - 6) }' log | sort >exits
    check test "$(wc -l <started)" = "$COUNT"
    check test "$(uniq -d execs | wc -l)" = 0
    check test "$(comm -12 pids <(uniq -d exits) | wc -l)" = 0
    check test "$(comm -13 expected execs | wc -l)" = 0
    check_lost exec "$(comm -23 expected execs | wc -l)" "$(lost_of exec)"
    # Of the flood's own five processes the exits count, too; their pids are not in `started`.
    own=$({ grep -E "\"pid\":$flooding[,}]" log || true; } | jq -r --argjson flooding "$flooding" '.process_exit |
        select(.process.pid == $flooding or
            (.parent.pid == $flooding and (.process.arguments | startswith("short-") | not))) | 1' | wc -l)
    check_lost exit "$(($(comm -23 pids exits | wc -l) + 5 - own))" "$(lost_of exit)"
    total=$(sed -n 's/^  lost *//p' stderr)
    check test "$total" = "$(awk '/ records, ring full| events, preempted/ { sum += $NF } END { print sum + 0 }' stderr)"
    check grep -q "ended; $total records lost" stderr
    if [[ $how == stopped ]]; then
        check test "$(lost_of exec)" -gt 0
        check test "$(lost_of exit)" -gt 0
        check test "$(lost_of fork)" -gt 0
    fi
    cd ..
done
