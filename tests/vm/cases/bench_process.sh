# Bench: fork+exec+wait bare, with empty programs on the same tracepoints, and with the agent.
# manual: a benchmark, run by make bench
# timeout: 900
# On one CPU: two share the emulator's clock, so what the agent does beside a process would count as the process's own.
# Rounds are interleaved; medians of the rounds count. Prints one line `bench NAME VALUE...` each, which
# tests/bench/run.sh makes a table of.

ROUNDS=${TRIGON_BENCH_ROUNDS:-5}
COUNT=${TRIGON_BENCH_COUNT:-80}
forkbench=$(helper forkbench)
empty=$(helper empty_tracepoints)

run_bare() {
    echo "bench bare $("$forkbench" "$COUNT")"
}

run_empty() {
    local pid line

    exec {out}< <("$empty" & echo $!; wait)
    read -r -u "$out" pid
    read -r -u "$out" line
    [[ $line == ready ]] || fail "empty_tracepoints: $line"
    echo "bench empty $("$forkbench" "$COUNT")"
    kill "$pid"
    exec {out}<&-
}

# Nanoseconds on a CPU so far.
cpu_ns() {
    local ns rest

    read -r ns rest <"/proc/$1/schedstat"
    echo "$ns"
}

run_agent() {
    local before after started

    started=${EPOCHREALTIME/./}
    agent_start "$@"
    echo "bench start_ms $(((${EPOCHREALTIME/./} - started) / 1000))"
    before=$(cpu_ns "$AGENT_PID")
    echo "bench agent $("$forkbench" "$COUNT")"
    log_sync
    after=$(cpu_ns "$AGENT_PID")
    # besides the benchmark's own processes, the shell's few are in it
    echo "bench agent_cpu_us $(((after - before) / COUNT / 1000))"
    echo "bench resident_kb $(sed -n 's/^VmRSS:\s*\([0-9]*\) kB/\1/p' "/proc/$AGENT_PID/status")"
    agent_stop
    rm -f "$LOG"
}

run_bare >/dev/null
for ((round = 0; round < ROUNDS; round++)); do
    run_bare
    run_empty
    run_agent
done
