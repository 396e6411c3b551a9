# What Prometheus is told at /metrics grows with what happens, and each policy that runs has its numbers.

policies=$WORK/policies port=16789
mkdir "$policies"

get() { # PATH
    local connection

    exec {connection}<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' "$1" >&"$connection"
    cat <&"$connection"
    exec {connection}>&-
}

# value SAMPLE: prints what /metrics has for this name with these labels
value() {
    get /metrics | awk -v sample="$1" '$1 == sample {print $2}'
}

is_at_least() { # SAMPLE NUMBER
    local value

    value=$(value "$1" 2>/dev/null)
    [[ -n $value ]] && ((value >= $2))
}

lacks() { # TEXT
    [[ $(get /metrics) != *"$1"* ]]
}

# sum NAME LABEL: of all samples of this name that have this label
sum() {
    get /metrics | awk -v name="$1{" -v label="$2" 'index($0, name) == 1 && index($0, label) {sum += $NF} END {print sum + 0}'
}

sum_is_at_least() { # NAME LABEL NUMBER
    (($(sum "$1" "$2") >= $3))
}

cat >"$policies/chroot.yaml" <<'EOF'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: chroot}
spec:
  tracepoints:
    - {subsystem: syscalls, event: sys_enter_chroot}
EOF
cp "$policies/chroot.yaml" "$WORK"
cp "$policies/chroot.yaml" "$policies/second.yaml" # the name is taken: refused, and no series of its own
cat >"$policies/broken.yaml" <<'EOF'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: broken}
spec:
  tracepoints:
    - {subsystem: syscalls, event: sys_enter_no_such_call}
EOF
agent_start --health-server-address "127.0.0.1:$port" --tracing-policy-dir "$policies"
policies_ready 1 2

wait_until 10 sum_is_at_least trigon_events_total 'type="PROCESS_EXEC"' 1
check [ "$(value 'trigon_tracingpolicy_loaded{state="enabled"}')" = 1 ]
check [ "$(value 'trigon_tracingpolicy_loaded{state="load_error"}')" = 2 ]
check [ "$(value trigon_process_cache_capacity)" = 65536 ]
check [ "$(value 'trigon_records_lost_total{stage="ring",type="exec"}')" = 0 ]
check [ "$(value trigon_metrics_samples_left_out)" = 0 ]
check [ -z "$(value trigon_pods)" ] # there is no cluster

before=$(sum trigon_events_total 'type="PROCESS_EXIT"')
for _ in {1..20}; do
    chroot / true
done
wait_until 10 sum_is_at_least trigon_events_total 'type="PROCESS_EXIT"' $((before + 20))
wait_until 10 is_at_least 'trigon_policy_events_sent_total{policy="chroot",policy_namespace="",source="file"}' 20
chroot_binary=$(readlink -f "$(command -v chroot)") node_name=$(uname -n)
process="namespace=\"\",workload=\"\",pod=\"\",binary=\"$chroot_binary\",node_name=\"$node_name\""
hook="policy=\"chroot\",hook=\"tracepoint:syscalls/sys_enter_chroot\""
wait_until 10 is_at_least "trigon_events_total{type=\"PROCESS_TRACEPOINT\",$process}" 20
check [ "$(value "trigon_policy_events_total{$hook,$process}")" = 20 ]
check [ "$(value "trigon_syscalls_total{syscall=\"chroot\",$process}")" = 20 ]
check [ "$(value 'trigon_event_metrics_overflow_total{metric="events"}')" = 0 ]
wait_until 10 is_at_least trigon_events_exported_total $((before + 40))
check [ "$(get /metrics | grep -c '^trigon_policy_events_sent_total{')" = 1 ]

# what the kernel alone knows
memory=$(value 'trigon_tracingpolicy_kernel_memory_bytes{policy="chroot",policy_namespace="",source="file"}')
check [ "$memory" -gt 4096 ]
check [ "$(value 'trigon_missed_prog_probes_total{policy="chroot",policy_namespace="",source="file"}')" = 0 ]
check lacks trigon_overhead_program_ # it does not measure
answer=$(get /metrics)
check grep -q '^content-type: text/plain; version=0.0.4' <<<"$answer"

rm "$policies"/*.yaml
wait_until 20 lacks 'trigon_policy_events_sent_total{'
agent_stop

# events by type alone, and run times
cp "$WORK/chroot.yaml" "$policies"
bpf_stats=$(sysctl -n kernel.bpf_stats_enabled)
sysctl -q -w kernel.bpf_stats_enabled=1
agent_start --health-server-address "127.0.0.1:$port" --tracing-policy-dir "$policies" --enable-event-metrics=false
policies_ready 1
chroot / true
wait_until 10 is_at_least "trigon_events_total{type=\"PROCESS_TRACEPOINT\",node_name=\"$node_name\"}" 1
check lacks 'binary="'
has_run() {
    is_at_least 'trigon_overhead_program_runs_total{policy="chroot",policy_namespace="",source="file"}' 1
}
wait_until 25 has_run
check [ "$(value 'trigon_overhead_program_seconds_total{policy="chroot",policy_namespace="",source="file"}')" != 0.000000000 ]
sysctl -q -w "kernel.bpf_stats_enabled=$bpf_stats"
agent_stop
