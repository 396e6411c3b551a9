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

cat >"$policies/chroot.yaml" <<'EOF'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: chroot}
spec:
  tracepoints:
    - {subsystem: syscalls, event: sys_enter_chroot}
EOF
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

wait_until 10 is_at_least 'trigon_events_total{type="PROCESS_EXEC"}' 1
check [ "$(value 'trigon_tracingpolicy_loaded{state="enabled"}')" = 1 ]
check [ "$(value 'trigon_tracingpolicy_loaded{state="load_error"}')" = 2 ]
check [ "$(value trigon_process_cache_capacity)" = 65536 ]
check [ "$(value 'trigon_records_lost_total{stage="ring",type="exec"}')" = 0 ]
check [ "$(value trigon_metrics_samples_left_out)" = 0 ]
check [ -z "$(value trigon_pods)" ] # there is no cluster

before=$(value 'trigon_events_total{type="PROCESS_EXIT"}')
for _ in {1..20}; do
    chroot / true
done
wait_until 10 is_at_least 'trigon_events_total{type="PROCESS_EXIT"}' $((before + 20))
wait_until 10 is_at_least 'trigon_policy_events_total{policy="chroot",policy_namespace="",source="file"}' 20
wait_until 10 is_at_least 'trigon_events_total{type="PROCESS_TRACEPOINT"}' 20
wait_until 10 is_at_least trigon_events_exported_total $((before + 40))
check [ "$(get /metrics | grep -c '^trigon_policy_events_total{')" = 1 ]
answer=$(get /metrics)
check grep -q '^content-type: text/plain; version=0.0.4' <<<"$answer"

rm "$policies"/*.yaml
is_gone() {
    [[ $(get /metrics) != *'trigon_policy_events_total{'* ]]
}
wait_until 20 is_gone
agent_stop
