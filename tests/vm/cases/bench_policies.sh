# Bench: system calls bare, with empty programs on the same functions, and with the six library policies.
# manual: a benchmark, run by make bench
# timeout: 1800
# On one CPU, see bench_process.sh. Rounds are interleaved. Prints one line `bench WHAT NAME VALUE` each, which
# tests/bench/run.sh makes a table of.

ROUNDS=${TRIGON_BENCH_ROUNDS:-3}
LIBRARY=(privileges-raise bpf modules library sshd egress)
calls=$(helper callbench)
forks=$(helper forkbench)

measure() {
    local cpu

    echo "bench $1 read $("$calls" read 2000 15)"
    echo "bench $1 setuid $("$calls" setuid 2000 15)"
    echo "bench $1 connect $("$calls" connect 100 7)"
    read -r _ _ cpu < <("$forks" 60)
    echo "bench $1 exec_us $cpu"
}

# The kernel's memory of BPF objects: programs and maps, as it accounts for them.
kernel_memory() {
    { cat /proc/[0-9]*/fdinfo/* 2>/dev/null || true; } | awk '/^memlock:/ { sum += $2 } END { print int(sum / 1024) }'
}

# empty_start [COUNT]: empty programs are attached until empty_stop.
empty_start() {
    "$REPOSITORY/build/tests/bench/empty_hooks" "$@" >empty &
    empty=$!
    wait_until 20 grep -q ready empty || fail "empty_hooks"
}

empty_stop() {
    kill "$empty"
    wait "$empty" || true
}

# COUNT policies on the one function that read() calls.
measure_many() {
    local count=$1 i

    empty_start "$count"
    echo "bench empty read$count $("$calls" read 2000 15)"
    empty_stop
    rm -rf many
    mkdir many
    for ((i = 1; i <= count; i++)); do
        cat >"many/$i.yaml" <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: many-$i}
spec:
  kprobes:
  - call: security_file_permission
    syscall: false
    return: true
    returnArg: {index: 0, type: int}
    args: [{index: 0, type: file}, {index: 1, type: int}]
    selectors:
    - matchArgs:
      - {index: 0, operator: Prefix, values: ["/sys/fs/$i"]}
      - {index: 1, operator: Equal, values: ["4"]}
POLICY
    done
    agent_start --tracing-policy-dir "$WORK/many"
    policies_ready "$count"
    echo "bench trigon read$count $("$calls" read 2000 15)"
    agent_stop
    rm -f "$LOG"
}

ip addr add 192.0.2.1/32 dev lo
mkdir policies
measure warm >/dev/null
for ((round = 0; round < ROUNDS; round++)); do
    measure bare
    empty_start
    measure empty
    empty_stop
    agent_start --tracing-policy-dir ''
    base_kb=$(kernel_memory)
    agent_stop
    for name in "${LIBRARY[@]}"; do
        cp "$REPOSITORY/policies/$name.yaml" policies/
    done
    started=${EPOCHREALTIME/./}
    agent_start --tracing-policy-dir "$WORK/policies" --variable PODCIDR=10.0.0.0/8,SERVICECIDR=10.96.0.0/12
    wait_until 60 grep -q 'policies: ' "$AGENT_STDERR" || fail "the policies were not loaded"
    echo "bench trigon active_ms $(((${EPOCHREALTIME/./} - started) / 1000))"
    grep -aoE 'policy [a-z-]*: enabled.*, [0-9]+ ms' "$AGENT_STDERR" | sed -E 's/policy ([a-z-]*):.* ([0-9]+) ms/bench load \1 \2/'
    measure trigon
    echo "bench trigon kernel_kb $(($(kernel_memory) - base_kb))"
    _pause 3 # what changes take is given back two seconds after the last one
    echo "bench trigon resident_kb $(sed -n 's/^VmRSS:\s*\([0-9]*\) kB/\1/p' "/proc/$AGENT_PID/status")"
    : >"$AGENT_STDERR"
    sed -i 's/127.0.0.1/127.0.0.2/' policies/egress.yaml
    wait_until 20 grep -aq "new values" "$AGENT_STDERR" || fail "no new values"
    echo "bench trigon values_ms $(grep -aoE "new values.* [0-9]+ ms" "$AGENT_STDERR" | grep -oE '[0-9]+ ms' | cut -d ' ' -f 1)"
    agent_stop
    rm -f "$LOG"
    for count in 1 10 50; do
        measure_many "$count"
    done
done
