#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# make bench: the costs of the base sensor. In a VM, in one boot: fork+exec+wait bare, with empty programs on the same
# tracepoints and with the agent, interleaved (tests/vm/cases/bench_process.sh). Natively: nanoseconds per record and per
# line. Prints a table with ratios. TRIGON_BENCH_KERNELS="6.1 7" chooses kernels (6.1).
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
            printf "%-28s %10.0f %10.0f %10s %8.2f\n", label, wall, cpu, added, wall / median(bare, rounds)
        }
        $2 == "bare"          { rounds++; bare[rounds] = $3; bare_cpu[rounds] = $5 }
        $2 == "empty"         { empty[rounds] = $3; empty_cpu[rounds] = $5; empty_adds[rounds] = $3 - bare[rounds] }
        $2 == "agent"         { agent[rounds] = $3; agent_cpu[rounds] = $5; agent_adds[rounds] = $3 - bare[rounds] }
        $2 == "agent_cpu_us"  { own_cpu[rounds] = $3 }
        $2 == "resident_kb"   { resident[rounds] = $3 }
        $2 == "start_ms"      { start[rounds] = $3 }
        END {
            printf "%-28s %10s %10s %10s %8s\n", "fork+exec+wait of /bin/true", "wall us", "CPU us", "adds us", "ratio"
            row("  bare kernel", median(bare, rounds), median(bare_cpu, rounds), "")
            row("  empty programs", median(empty, rounds), median(empty_cpu, rounds), sprintf("%.0f", median(empty_adds, rounds)))
            row("  Trigon", median(agent, rounds), median(agent_cpu, rounds), sprintf("%.0f", median(agent_adds, rounds)))
            printf "%-28s %10.2f ms  (budget 0.50)\n", "agent CPU per process", median(own_cpu, rounds) / 1000
            printf "%-28s %10.1f MB  (budget 10)\n", "agent resident memory", median(resident, rounds) / 1000
            printf "%-28s %10.2f s\n", "start to ready", median(start, rounds) / 1000
        }' "$1"
}

echo "machine: $(nproc) cores, $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1), load $(cut -d' ' -f1-3 /proc/loadavg)"
for kernel in ${TRIGON_BENCH_KERNELS:-6.1}; do
    echo
    echo "== kernel $kernel, emulated (qemu TCG, 2 CPUs); medians of 12 interleaved rounds of 80; budget: adds 300 us"
    if ! tests/vm/vm run "$kernel" bench_process >build/bench.log 2>&1; then
        cat build/bench.log
        exit 1
    fi
    table "build/vm/$kernel/bench_process.out"
done
echo
echo "== natively, one core"
build/tests/bench/decode
build/tests/bench/encode
