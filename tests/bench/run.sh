#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# make bench: the costs of the base sensor. In a VM, in one boot: fork+exec+wait bare, with empty programs on the same
# tracepoints and with the agent, interleaved (tests/vm/cases/bench_process.sh). Natively: nanoseconds per record and per
# line. Prints a table with ratios. TRIGON_BENCH_KERNELS="6.1 7" chooses kernels (6.1).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

make --no-print-directory -j2 all bench-programs test-helpers

# Medians of the values of each `bench NAME VALUE...` line, as NAME MEDIAN...
medians() {
    awk '
        function median(name, column,    n, i, j, t, v) {
            n = 0
            for (i = 1; i <= count[name]; i++) v[++n] = values[name, i, column]
            for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] > v[j]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
            return v[int((n + 1) / 2)]
        }
        $1 == "bench" { count[$2]++; columns[$2] = NF; for (i = 3; i <= NF; i++) values[$2, count[$2], i] = $i + 0 }
        END { for (name in count) { printf "%s", name; for (i = 3; i <= columns[name]; i++) printf " %s", median(name, i); print "" } }
    ' "$1"
}

table() {
    awk '
        { wall[$1] = $2; cpu[$1] = $4 }
        END {
            printf "%-34s %12s %12s %12s\n", "fork+exec+wait of /bin/true", "wall us", "CPU us", "ratio"
            printf "%-34s %12.0f %12.0f %12s\n", "  bare kernel", wall["bare"], cpu["bare"], "1.00"
            printf "%-34s %12.0f %12.0f %12.2f\n", "  empty programs", wall["empty"], cpu["empty"], wall["empty"] / wall["bare"]
            printf "%-34s %12.0f %12.0f %12.2f\n", "  Trigon", wall["agent"], cpu["agent"], wall["agent"] / wall["bare"]
            printf "%-34s %12.2f ms (budget 0.30)\n", "Trigon adds, wall", (wall["agent"] - wall["bare"]) / 1000
            printf "%-34s %12.2f ms (budget 0.50)\n", "agent CPU per process", wall["agent_cpu_us"] / 1000
            printf "%-34s %12.1f MB (budget 10)\n", "agent resident memory", wall["resident_kb"] / 1000
            printf "%-34s %12.2f s\n", "start to ready", wall["start_ms"] / 1000
        }'
}

echo "machine: $(nproc) cores, $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1), load $(cut -d' ' -f1-3 /proc/loadavg)"
for kernel in ${TRIGON_BENCH_KERNELS:-6.1}; do
    echo
    echo "== kernel $kernel, emulated (qemu TCG, 2 CPUs); medians of 5 interleaved rounds of 150"
    if ! tests/vm/vm run "$kernel" bench_process >build/bench.log 2>&1; then
        cat build/bench.log
        exit 1
    fi
    medians "build/vm/$kernel/bench_process.out" | table
done
echo
echo "== natively, one core"
build/tests/bench/decode
build/tests/bench/encode
