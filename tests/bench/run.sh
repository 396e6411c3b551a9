#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# make bench: what the agent costs. In a VM, in one boot each: fork+exec+wait bare, with empty programs on the same
# tracepoints and with the agent, interleaved (tests/vm/cases/bench_process.sh); system calls with the six library
# policies (bench_policies.sh). Natively: nanoseconds per record and per line, the whole way of an event to the log,
# the agent's CPU on a real load, and its memory. Prints tables with ratios. TRIGON_BENCH_KERNELS="6.1 7" chooses kernels (6.1).
#
# The VM's clock is a count of instructions, each a nanosecond: so a result is the same on every machine, whatever else
# that one does. TRIGON_VM_ICOUNT= TRIGON_VM_THREAD=multi measures time instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

make --no-print-directory -j2 all bench-programs test-helpers

# From the `bench NAME VALUE...` lines: medians, and medians of what each round's bare run was exceeded by, since
# emulated times drift over minutes but little within a round.
table() {
    awk '
        function median(values, n,    i, j, t, v) {
            for (i = 1; i <= n; i++) v[i] = values[i]
            for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] > v[j]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
            return v[int((n + 1) / 2)]
        }
        function row(label, wall, cpu, added) {
            printf "%-28s %10.0f %10.0f %10s %8.2f\n", label, wall, cpu, added, cpu / median(bare_cpu, rounds)
        }
        $2 == "bare"          { rounds++; bare[rounds] = $3; bare_cpu[rounds] = $5 }
        $2 == "empty"         { empty[rounds] = $3; empty_cpu[rounds] = $5; empty_adds[rounds] = $5 - bare_cpu[rounds] }
        $2 == "agent"         { agent[rounds] = $3; agent_cpu[rounds] = $5; agent_adds[rounds] = $5 - bare_cpu[rounds] }
        $2 == "agent_cpu_us"  { own_cpu[rounds] = $3 }
        $2 == "resident_kb"   { resident[rounds] = $3 }
        $2 == "start_ms"      { start[rounds] = $3 }
        END {
            printf "%-28s %10s %10s %10s %8s\n", "fork+exec+wait of /bin/true", "wall us", "CPU us", "adds CPU", "ratio"
            row("  bare kernel", median(bare, rounds), median(bare_cpu, rounds), "")
            row("  empty programs", median(empty, rounds), median(empty_cpu, rounds), sprintf("%.0f", median(empty_adds, rounds)))
            row("  Trigon", median(agent, rounds), median(agent_cpu, rounds), sprintf("%.0f", median(agent_adds, rounds)))
            printf "%-28s %10.2f ms  (budget 0.50)\n", "agent CPU per process", median(own_cpu, rounds) / 1000
            printf "%-28s %10.1f MB  (budget 10)\n", "agent resident memory", median(resident, rounds) / 1000
            printf "%-28s %10.2f s\n", "start to ready", median(start, rounds) / 1000
        }' "$1"
}

# Medians of the rounds: what each call costs, what empty programs and the policies add to it, and what it takes with
# policies, as a multiple of that with empty programs.
policy_table() {
    awk '
        function median(list,    n, v, i, j, t) {
            n = split(list, v, " ")
            for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
            return v[int((n + 1) / 2)]
        }
        function row(label, name, unit, budget,    bare, empty, trigon) {
            bare = median(seen["bare", name ~ /^read/ ? "read" : name]) / unit
            empty = median(seen["empty", name]) / unit
            trigon = median(seen["trigon", name]) / unit
            printf "%-36s %9.2f %+9.2f %+9.2f %9.2f %9s\n", label, bare, empty - bare, trigon - bare, trigon / empty, budget
        }
        $1 == "bench" { seen[$2, $3] = seen[$2, $3] " " $4; if ($2 == "load") policies[$3] = 1 }
        END {
            printf "%-36s %9s %9s %9s %9s %9s\n", "with the six library policies, us", "bare", "empty", "Trigon", "ratio", "budget"
            row("  read(), the hook does not match", "read", 1000, "+1.00")
            row("  setuid(0), rate-limited", "setuid", 1000, "+1.50")
            row("  connect and close, an event each", "connect", 1000, "+25.00")
            row("  fork+exec+wait, CPU", "exec_us", 1, "+500.00")
            for (count = 1; count <= 50; count = count < 10 ? 10 : count + 40)
                row("  read(), " count (count == 1 ? " policy" : " policies") " on its hook", "read" count, 1000, "")
            printf "%-36s %9.2f s  (budget 3)\n", "start to all six active", median(seen["trigon", "active_ms"]) / 1000
            printf "%-36s %9.2f MB (budget 2)\n", "kernel memory of the six", median(seen["trigon", "kernel_kb"]) / 1024
            printf "%-36s %9.1f MB (budget 10)\n", "agent resident memory", median(seen["trigon", "resident_kb"]) / 1024
            printf "%-36s %9d ms (budget 50 natively, below)\n", "change of one value", median(seen["trigon", "values_ms"])
            for (name in policies) printf "%-36s %9d ms (budget 500)\n", "load " substr(name, 1, 30), median(seen["load", name])
        }' "$1"
}

# What a change of a policy's values takes natively, from the file's change to the agent's word of it: 10 ms of it the agent
# waits for the end of a burst of changes.
native_values() {
    local work begin end agent

    work=$(mktemp -d)
    cat >"$work/values" <<'POLICY'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: values}
spec:
  kprobes:
  - call: sys_umask
    syscall: true
    selectors:
    - matchPIDs: [{operator: In, values: [429000@]}]
POLICY
    mkdir "$work/policies"
    : >"$work/said"
    sed 's/@/0/' "$work/values" >"$work/policies/reload.yaml"
    build/trigon agent --export-filename "$work/log" --tracing-policy-dir "$work/policies" --server-address '' 2>"$work/said" &
    agent=$!
    for ((i = 0; i < 100; i++)); do
        if grep -q 'policies: 1 enabled' "$work/said"; then
            break
        fi
        sleep 0.1
    done
    begin=${EPOCHREALTIME/./}
    build/tests/helpers/reload "$work/policies" 100 "$work/said" 'new values' 'reload.yaml:' "$work/values"
    end=${EPOCHREALTIME/./}
    kill "$agent"
    wait "$agent" || true
    rm -r "$work"
    awk -v us="$((end - begin))" 'BEGIN { printf "change of one value: %.1f ms  (budget 50)\n", us / 100 / 1000 }'
}

# Instructions in user space from the ring's bytes to the file's write(2), a row of log_path each, where no counter of the machine tells.
native_instructions() {
    local row passes=20 sum events

    if ! command -v valgrind >/dev/null; then
        echo "  instructions: skipped, no valgrind"
        return
    fi
    for row in 0 1 2 3 4; do
        valgrind --tool=callgrind --toggle-collect=take --callgrind-out-file=/dev/null \
            build/tests/bench/log_path 1 "$passes" /dev/shm tests/bench/processes.gz "$row" >build/bench.log 2>&1
        sum=$(sed -n 's/^.*Collected : //p' build/bench.log)
        events=$(sed -n 's/^  of a recording of .* \([0-9]*\) events$/\1/p' build/bench.log)
        echo "  row $((row + 1)): $((sum / events / passes / 2)) instructions an event, by valgrind" # with the round that warms up
    done
}

# Prints nanoseconds that all threads of a process were on a CPU so far.
cpu_ns() {
    cat "/proc/$1/task/"*/schedstat | awk '{ sum += $1 } END { printf "%d\n", sum }'
}

# Starts the command, which says so on its standard output or error when it is ready; sets $reader.
start_reader() {
    local i

    : >"$work/said"
    "$@" >"$work/said" 2>&1 &
    reader=$!
    for ((i = 0; i < 200; i++)); do
        if grep -q 'ready' "$work/said"; then
            return
        fi
        sleep 0.1
    done
    echo "$1 is not ready: $(tail -n 1 "$work/said")" >&2
    return 1
}

# Prints the CPU time of the reader, in ns, for each process that is started and ends: two events. The reader has 64 MiB of ring and loses none.
reader_cost() {
    local before after

    start_reader "$@"
    mkdir "$work/flood"
    before=$(cpu_ns "$reader")
    build/tests/helpers/flood "$LOAD" 4 "$work/flood"
    sleep 0.5 # five periods of the reader
    after=$(cpu_ns "$reader")
    kill "$reader"
    wait "$reader" || true
    rm -rf "$work/flood" "$work/log"
    echo $(((after - before) / LOAD))
}

# What the agent takes of a core for each 10,000 events a second, against a program that reads the ring and discards, on a real load.
native_load() {
    local work reader round LOAD=20000 ROUNDS=5

    work=$(mktemp -d /dev/shm/trigon-bench.XXXXXX)
    mkdir "$work/policies"
    for ((round = 0; round < ROUNDS; round++)); do
        echo "discard $(reader_cost build/tests/bench/discard)"
        echo "agent $(reader_cost build/trigon agent --export-filename "$work/log" --export-file-max-size-mb 0 \
            --tracing-policy-dir "$work/policies" --server-address '' --rb-size-total 64M)"
    done | sort -k 1,1 -k 2n | awk -v rounds="$ROUNDS" '
        { value[$1, ++count[$1]] = $2 / 2 / 1000 } # us for an event: % of a core for 10,000 of them a second
        END {
            middle = int((rounds + 1) / 2)
            printf "CPU for 10,000 events/s: %.1f %% of a core; reading the ring and discarding %.1f %%\n", value["agent", middle], value["discard", middle]
        }'
    rm -r "$work"
}

# How long an event takes to its line in the file, where it happens and as a log shipper sees it: with single processes and with many.
native_delay() {
    local work reader agent load i

    work=$(mktemp -d /dev/shm/trigon-bench.XXXXXX)
    mkdir "$work/policies" "$work/flood"
    start_reader build/trigon agent --export-filename "$work/log" --export-file-max-size-mb 0 --tracing-policy-dir "$work/policies" \
        --server-address '' --rb-size-total 64M
    agent=$reader
    echo "from an event to its line in the file (budget 200 ms):"
    for load in single flood; do
        start_reader build/tests/bench/delay "$work/log"
        if [[ $load == single ]]; then
            for ((i = 0; i < 300; i++)); do
                sleep 0.013
            done
        else
            build/tests/helpers/flood 20000 4 "$work/flood"
        fi
        sleep 0.5 # five periods of the agent
        kill "$reader"
        wait "$reader"
        echo "  $load: $(tail -n 1 "$work/said")"
    done
    kill "$agent"
    wait "$agent" || true
    rm -r "$work"
}

# Resident memory when 100,000 processes have been seen and 4,000 are alive, with the default ring and cache.
native_memory() {
    local work reader

    work=$(mktemp -d /dev/shm/trigon-bench.XXXXXX)
    mkdir "$work/policies" "$work/flood"
    start_reader build/trigon agent --export-filename "$work/log" --export-file-max-size-mb 0 --tracing-policy-dir "$work/policies" \
        --server-address '' --summary
    echo "resident memory: $(resident_mb "$reader") MB after the start"
    (
        for ((i = 0; i < 4000; i++)); do
            sleep 600 &
        done
        build/tests/helpers/flood 96000 4 "$work/flood"
        sleep 0.5
        echo "  with 100,000 processes seen and 4,000 alive: $(resident_mb "$reader") MB"
        mapfile -t alive < <(jobs -p)
        kill "${alive[@]}"
    ) 2>/dev/null
    kill "$reader"
    wait "$reader" || true
    grep -E '^  (processes|lost|records)' "$work/said" || true
    rm -r "$work"
}

resident_mb() {
    awk '/^VmRSS:/ { printf "%.1f", $2 / 1000 }' "/proc/$1/status"
}

export TRIGON_VM_ICOUNT=${TRIGON_VM_ICOUNT-shift=0}
echo "machine: $(nproc) cores, $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1), load $(cut -d' ' -f1-3 /proc/loadavg)"
for kernel in ${TRIGON_BENCH_KERNELS:-6.1}; do
    echo
    echo "== kernel $kernel, emulated (qemu TCG, one CPU), an instruction a nanosecond; medians of interleaved rounds"
    if ! tests/vm/vm run "$kernel" bench_process >build/bench.log 2>&1; then
        cat build/bench.log
        exit 1
    fi
    table "build/vm/$kernel/bench_process.out"
    echo
    if ! tests/vm/vm run "$kernel" bench_policies >build/bench.log 2>&1; then
        cat build/bench.log
        exit 1
    fi
    policy_table "build/vm/$kernel/bench_policies.out"
done
echo
echo "== natively, one core"
build/tests/bench/decode
build/tests/bench/policy_sum
build/tests/bench/encode
build/tests/bench/log_path
native_instructions
if ((EUID != 0)); then
    echo "CPU on a real load, resident memory, change of one value: skipped, they need root"
    exit 0
fi
native_load
native_delay
native_memory
native_values
