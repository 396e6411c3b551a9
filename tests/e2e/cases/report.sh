# Agent and operator against a real API server: the policies' status says on how many nodes they run, where they do not and
# why; a Node that is gone does not count, one that is not ready does not run them; of two operators the other goes on when
# the leader is killed, or ends. The operator's probes and metrics.
# timeout: 600

node=report-$NAMESPACE
lease=trigon-operator

shows() {
    [[ $(kubectl get tracingpolicies "$1" --no-headers "${@:3}" 2>/dev/null) =~ $2 ]]
}

said() {
    grep -qE -- "$2" "$WORK/$1.out"
}

has_holder() {
    [[ $(kubectl get lease "$lease" -o 'jsonpath={.spec.holderIdentity}' 2>/dev/null) == "$1" ]]
}

start_operator() {
    background "$1" "$TRIGON" operator --kubeconfig "${2:-$operator_config}" --lease-namespace "$NAMESPACE" --identity "$1" \
        --health-server-address 127.0.0.1:0
}

# probe OPERATOR PATH: prints the status.
probe() {
    curl -s -o /dev/null -w '%{http_code}' "$(url "$@")"
}

# tells OPERATOR SAMPLE PATTERN: whether its /metrics has this name with these labels, and a value that matches
tells() {
    [[ $(metric "$1" "$2") =~ ^($3)$ ]]
}

# start_agent OPTION...
start_agent() {
    # shellcheck disable=SC2016 # for the other shell
    background agent env NODE_NAME="$node" unshare --mount bash -c \
        'mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"' agent \
        "$TRIGON" agent --kubeconfig "$agent_config" --tracing-policy-dir '' --export-filename "$WORK/events.json" --export-file-max-size-mb 0 \
        --server-address "$WORK/trigon.sock" --tracing-node-jitter 0 \
        --health-server-address 127.0.0.1:0 "$@"
}

cleanup 'kubectl delete tracingpolicies --all >/dev/null'
cleanup "kubectl delete tracingnodes --all >/dev/null"
crds_make
node_make "$node"
agent_config=$(make_kubeconfig trigon serviceaccount)
operator_config=$(make_kubeconfig trigon-operator serviceaccount)
apply_manifest ClusterRole ClusterRoleBinding Role RoleBinding Lease

# --- a policy that runs, and one that no kernel has a function for
start_operator first
first=$BACKGROUND_PID
wait_until 10 "leader" has_holder first
start_operator second
start_agent
agent=$BACKGROUND_PID
wait_until 10 "second operator" said second 'are known'
check_output 200 probe first readyz
check_output 200 probe second livez # which does not lead
start_operator blind "$agent_config"
blind=$BACKGROUND_PID
wait_until 10 "word of the missing right" said blind 'cannot list resource .*tracingnodes'
check_output 503 probe blind readyz
check_output 200 probe blind livez
wait_until 5 "failures in its metrics" tells blind 'trigon_operator_watch_failures_total{resource="tracingnodes"}' '[1-9][0-9]*'
check tells blind 'trigon_operator_watch_synced{resource="tracingnodes"}' 0
kill -TERM "$blind"
kubectl apply -f "$REPOSITORY/policies/privileges-raise.yaml"
kubectl apply -f - <<'POLICY'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: broken}
spec: {kprobes: [{call: no_such_function, syscall: false}]}
POLICY
wait_until 30 "READY 1/1" shows privileges-raise '1/1 +monitor_only '
wait_until 30 "READY 0/1 with the reason" shows broken "0/1 .*$node: .*no_such_function" -o wide
check kubectl wait --for=condition=Ready --timeout "$(limit 5)" tracingpolicy/privileges-raise
check kubectl wait --for=condition=Degraded --timeout "$(limit 5)" tracingpolicy/broken
check_output "$node NotLoaded" kubectl get tracingpolicy broken -o 'jsonpath={.status.failures[0].node} {.status.failures[0].reason}'
check_output "Node $node" kubectl get tracingnodes "$node" -o 'jsonpath={.metadata.ownerReferences[0].kind} {.metadata.ownerReferences[0].name}'

# --- what the kernel lacks is what the agent's log says
lacks=$(kubectl get tracingnodes "$node" -o 'jsonpath={.status.kernel.lacks}')
if [[ -n $lacks ]]; then
    check grep -qF "cannot serve ${lacks%%;*}" "$WORK/agent.out"
    check test "$(grep -c 'cannot serve' "$WORK/agent.out")" = "$(tr ';' '\n' <<<"$lacks" | wc -l)"
else
    check said agent 'serves every hook family'
fi

# --- what Prometheus is told of the replica that leads, of the other one, and of the one that may not look
wait_until 10 "statuses written" tells first trigon_operator_status_writes_total '[1-9][0-9]*'
wait_until 10 "nothing to write" tells first trigon_operator_status_queue 0
check tells first trigon_operator_leader 1
check tells first trigon_operator_policies 2
check tells first trigon_operator_policy_reports 2
check tells first trigon_operator_nodes '[1-9][0-9]*'
check tells first trigon_operator_nodes_silent 0
check tells first 'trigon_operator_watch_synced{resource="tracingnodes"}' 1
check tells first 'trigon_operator_kube_client_requests_total{code="2xx"}' '[1-9][0-9]*'
check tells first trigon_metrics_samples_left_out 0
check metrics_are_clean first
if [[ -w /proc/sys/kernel/bpf_stats_enabled ]]; then # or there are no run times
    cleanup "sysctl -q -w kernel.bpf_stats_enabled=$(sysctl -n kernel.bpf_stats_enabled)"
    sysctl -q -w kernel.bpf_stats_enabled=1
    wait_until 15 "all that the dashboard asks for" dashboard_fits agent first
fi
check tells second trigon_operator_leader 0
check tells second trigon_operator_policies 2
check tells second trigon_operator_status_writes_total 0
check tells second trigon_operator_status_queue 0

# --- a change: the status is about the new generation, and the time of what stays true stays
since=$(kubectl get tracingpolicy privileges-raise -o 'jsonpath={.status.conditions[?(@.type=="Degraded")].lastTransitionTime}')
kubectl patch tracingpolicies privileges-raise --type json -p '[{"op": "replace", "path": "/spec/kprobes/8/message", "value": "changed"}]'
follows() {
    [[ $(kubectl get tracingpolicy privileges-raise -o 'jsonpath={.status.observedGeneration} {.status.ready}') == "2 1/1" ]]
}
wait_until 30 "status of the new generation" follows
check_output "$since" kubectl get tracingpolicy privileges-raise -o 'jsonpath={.status.conditions[?(@.type=="Degraded")].lastTransitionTime}'
check test "$(kubectl get tracingpolicy privileges-raise -o 'jsonpath={.metadata.generation}')" = 2 # a status is no change

# --- the leader is killed: the other one takes over when the lease has run out, and follows
kill -KILL "$first"
killed=$SECONDS
wait_until 30 "new leader" has_holder second
check test "$((SECONDS - killed))" -ge 10 # not before
echo "taken over $((SECONDS - killed)) s after SIGKILL"
check_output 2 kubectl get lease "$lease" -o "jsonpath={.spec.leaseTransitions}" # the first was from nobody
kubectl delete tracingpolicy broken
kubectl apply -f - <<'POLICY'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: another}
spec: {kprobes: [{call: no_such_function, syscall: false}]}
POLICY
wait_until 30 "status by the new leader" shows another '0/1'

# --- a Node that is gone does not count, though nobody collects its TracingNode here
kubectl delete node "$node"
wait_until 30 "no node" shows privileges-raise '0/0 .*(the cluster has no nodes|no node reports: does the agent run\?)' -o wide
[[ ${TRIGON_E2E_DRIVER:-} == kind ]] || check kubectl get tracingnodes "$node" # kind's clusters do collect
node_make "$node"
wait_until 30 "node again" shows privileges-raise '1/1'
is_owned() { # by the Node that there is now
    [[ $(kubectl get tracingnodes "$node" -o 'jsonpath={.metadata.ownerReferences[*].uid}') == $(kubectl get node "$node" -o 'jsonpath={.metadata.uid}') ]]
}
wait_until 30 "new owner of the report" is_owned

# --- nor does one run it that is not ready, unless its agent goes on to report
wait_until 30 "report of all" shows another '0/1 .*no_such_function' -o wide
kubectl patch node "$node" --subresource status --type merge -p '{"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}'
wait_until 10 "number of silent nodes" tells second trigon_operator_nodes_silent 1
wait_until 30 "silent node" shows privileges-raise "0/1 .*$node: the node is not ready, and its agent has not reported since" -o wide
check kubectl wait --for=condition=Degraded --timeout "$(limit 5)" tracingpolicy/privileges-raise
check_output "1 NodeNotReady" kubectl get tracingpolicy privileges-raise -o 'jsonpath={.status.nodes.silent} {.status.failures[0].reason}'
kubectl patch tracingpolicies privileges-raise --type json -p '[{"op": "replace", "path": "/spec/kprobes/8/message", "value": "loud"}]'
wait_until 30 "node that is heard" shows privileges-raise '1/1'
written() {
    kubectl get tracingnodes "$node" -o 'jsonpath={.status.reportedAt} {.metadata.managedFields[?(@.manager=="trigon-agent")].time}'
}
check test "$(($(date +%s) - $(date -d "$(written | cut -d ' ' -f 2)" +%s)))" -le 90 # by which a new operator tells its age
check test "$(($(date +%s) - $(date -d "$(written | cut -d ' ' -f 1)" +%s)))" -le 90

# --- the leader ends: the other one need not wait
start_operator third
wait_until 10 "third operator" said third 'are known'
second=$(pgrep -f -- "--lease-namespace $NAMESPACE --identity second")
kill -TERM "$second"
ended=$SECONDS
wait_until 10 "leader at once" has_holder third
check test "$((SECONDS - ended))" -lt 10
check said second 'ended; [0-9]+ sums computed, [1-9]'

# --- the API server is away: reported when it is back
control_plane stop kube-apiserver
wait_until 20 "word of it" said agent 'what is known stays as it is'
wait_until 20 "word of it by the operator" said third 'what is known stays as it is'
check_output 200 probe third livez
check_output 200 probe third readyz
control_plane start
kubectl delete tracingpolicy another
tells_one() {
    [[ $(kubectl get tracingnodes "$node" -o 'jsonpath={.status.policiesReady}') == 1/1 ]]
}
wait_until 90 "report after its return" tells_one
wait_until 30 "status after its return" shows privileges-raise '1/1'

# --- an agent that ends says so: the policies are pending, which is no failure, until another one runs them
conditions() { # OBJECT: prints type, status and reason of each
    kubectl get "$1" -o 'jsonpath={range .status.conditions[*]}{.type} {.status} {.reason}, {end}'
}
wait_until 10 "conditions of a node whose agent runs" prints 'Ready True AgentRuns, Degraded False AsExpected, ' conditions "tracingnode/$node"
check test "$(kubectl get tracingnodes "$node" --no-headers | awk '{print $2, $3}')" = 'True 1/1'
kill -TERM "$agent"
wait_until 30 "end of the agent" said agent 'ended; [0-9]+ records lost'
wait_until 10 "conditions of a node whose agent has ended" prints 'Ready False AgentStopped, Degraded True PoliciesNotReady, ' conditions "tracingnode/$node"
check_output '0/1 []' kubectl get tracingnodes "$node" -o 'jsonpath={.status.policiesReady} {.status.policies}'
check grep -qE "^$node +False +0/1 +[0-9hms]+ " <(kubectl get tracingnodes "$node" --no-headers)
wait_until 30 "policy that is pending" shows privileges-raise "0/1 .*waiting for the report of 1 node: $node" -o wide
wait_until 10 "conditions of a pending policy" prints 'Ready False NodesPending, Degraded False AsExpected, ' conditions tracingpolicy/privileges-raise
start_agent
agent=$BACKGROUND_PID
wait_until 30 "policy that runs again" shows privileges-raise '1/1'
wait_until 10 "message that is empty again" prints '' kubectl get tracingpolicy privileges-raise -o 'jsonpath={.status.message}'
wait_until 10 "conditions of a node whose agent runs" prints 'Ready True AgentRuns, Degraded False AsExpected, ' conditions "tracingnode/$node"

# --- one whose API server hangs ends all the same
read -r server _ <"$CLUSTER/kube-apiserver.pid"
cleanup "kill -CONT $server"
kill -STOP "$server"
kill -TERM "$agent"
wait_until 3 "end of the agent" said agent 'ended; [0-9]+ records lost'
kill -CONT "$server"

# --- CRDs without the kind or the subresource: said once
kubectl delete crd tracingnodes.trigon.dev >/dev/null
start_agent
wait_until 20 "word of the missing kind" said agent 'is not told what runs on this node: the API server has none of this kind'
kubectl apply -f "$REPOSITORY/k8s/crds/tracingnodes.yaml" >/dev/null

# --- what was lost is told by stage, as in the log's ledger
kill -TERM "$BACKGROUND_PID"
wait_until 30 "end of the agent" said agent 'ended; '
start_agent --cgroup-rate 10,1m
wait_until 30 "report" tells_one
has_throttled() {
    "$TRIGON" status -o json --server-address "$WORK/trigon.sock" | jq -e '.lost.throttle' >/dev/null
}
for _ in {1..100}; do
    /bin/true
done
wait_until 10 "events that are throttled" has_throttled
kill -TERM "$BACKGROUND_PID"
wait_until 30 "end of the agent" said agent 'ended; '
throttled=$(kubectl get tracingnodes "$node" -o 'jsonpath={.status.drops[?(@.cause=="throttle")].count}')
of_all=$(jq -s '[.[].loss_ledger | select(.reason == "END")] | last | .lost.throttle | map_values(tonumber) | add' "$WORK/events.json")
check test "$throttled" -gt 50
check test "$throttled" -le "$of_all" # there may be more, since the report

cleanup "kubectl apply -f $REPOSITORY/k8s/crds >/dev/null"
sed '/^    subresources:$/,+1d' "$REPOSITORY/k8s/crds/tracingpolicies.yaml" | kubectl apply -f - >/dev/null
check_output '' kubectl get crd tracingpolicies.cilium.io -o 'jsonpath={.spec.versions[0].subresources}'
kubectl patch tracingpolicies privileges-raise --type json -p '[{"op": "replace", "path": "/spec/kprobes/8/message", "value": "again"}]'
wait_until 30 "word of the missing status" said third 'CRDs have no status for policies'
check test "$(grep -c 'CRDs have no status' "$WORK/third.out")" = 1
