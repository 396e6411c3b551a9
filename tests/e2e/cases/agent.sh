# The agent on this machine against the API server: rights that it lacks, the cluster's policies as they come, change, break
# and go, pods in events, and an API server that is away for a while.
# timeout: 600

node=agent-$NAMESPACE
log=$WORK/events.json
socket=$WORK/trigon.sock

# Succeeds if the agent has said a line that matches.
said() {
    grep -qE -- "$1" "$WORK/agent.out"
}

# Succeeds if an event for which the filter holds is in the log.
has_event() {
    [[ -n $(jq_log -c "select($1)" "$log" 2>/dev/null) ]]
}

# Prints NAME and STATE of its policies.
states() {
    "$TRIGON" policy list --server-address "$socket" -o json | jq -r '.[] | "\(.name) \(.state)"'
}

has_states() {
    [[ $(states) == "$1" ]]
}

# become_root MARK: what privileges-raise tells of, by a process that is told apart by its argument.
become_root() {
    setpriv --reuid 0 true "$1"
}

tells() {
    become_root "$1"
    wait_until 10 "event of the policy" has_event \
        "(.process_kprobe.function_name == \"__sys_setresuid\") and (.process_kprobe.process.arguments | endswith(\"$1\"))"
}

# read_stream NAME OPTION...: `trigon events` of the pod web into $WORK/NAME.out, from when this returns; sets $reader
read_stream() {
    local name=$1

    shift
    background "$name" "$TRIGON" events --server-address "$socket" -n "$NAMESPACE" --pod '^web$' -o json "$@"
    reader=$BACKGROUND_PID
    wait_until 10 "reader" has_readers
}

has_readers() {
    "$TRIGON" status -o json --server-address "$socket" | jq -e '.readers | length > 0' >/dev/null
}

has_no_readers() {
    ! has_readers
}

# read_events NAME FILTER: of what read_stream has read
read_events() {
    jq -r "$2" "$WORK/$1.out" 2>/dev/null
}

# has_read NAME TEXT: a process with these arguments started, or ran
has_read() {
    read_events "$1" .process_exec.process.arguments | grep -qxF "$2"
}

end_stream() {
    kill -INT "$reader"
    wait "$reader" || fail "trigon events ended with status $?"
    wait_until 10 "end of the reader" has_no_readers
}

cleanup 'kubectl delete tracingpolicies --all >/dev/null'
cleanup 'kubectl delete tracingnodes --all >/dev/null'
crds_make
node_make "$node"
account=$(make_kubeconfig agent serviceaccount)

# is_reported REGEX: the condition Ready of its TracingNode
is_reported() {
    [[ $(kubectl get tracingnodes "$node" -o \
        'jsonpath={range .status.conditions[?(@.type=="Ready")]}{.status} {.reason} {.message}{end}' 2>/dev/null) =~ $1 ]]
}

# --- rights: it says which it lacks, in its TracingNode as well, and goes on when it has them
# shellcheck disable=SC2016 # for the other shell
background agent env HUBBLE_NODE_NAME=shown NODE_NAME="$node" unshare --mount bash -c \
    'mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"' agent \
    "$TRIGON" agent --kubeconfig "$account" --tracing-policy-dir '' --export-filename "$log" --export-file-max-size-mb 0 --server-address "$socket" \
    --health-server-address 127.0.0.1:0
agent=$BACKGROUND_PID
wait_until 20 "word of the missing right" said 'pods is forbidden: User .* cannot list resource .*give the agent.s role this right'
grant() { # NAME OPTION...
    kubectl create clusterrole "$@"
    cleanup "kubectl delete clusterrole $1 >/dev/null"
    kubectl create clusterrolebinding "$1" --clusterrole "$1" --serviceaccount "$NAMESPACE:agent"
    cleanup "kubectl delete clusterrolebinding $1 >/dev/null"
}
grant "$node-report" --verb create,patch --resource tracingnodes.trigon.dev
grant "$node-watch" --verb get,list,watch --resource \
    nodes,clusternetworks.trigon.dev,tracingpolicies.cilium.io,tracingpoliciesnamespaced.cilium.io
wait_until 90 "report of the missing right" is_reported '^False RightMissing pods: pods is forbidden: User .* cannot list resource "pods".*this right$'
grant "$node" --verb get,list,watch --resource pods
wait_until 60 "list of all" said 'the pods of this node and the policies are known'
wait_until 30 "report without trouble" is_reported '^True AgentRuns '

# --- policies
kubectl apply -f "$REPOSITORY/policies/privileges-raise.yaml"
wait_until 10 "policy" has_states 'privileges-raise enabled'
tells first
kubectl label tracingpolicies privileges-raise a=b
kubectl patch tracingpolicies privileges-raise --type json -p '[{"op": "replace", "path": "/spec/kprobes/8/message", "value": "changed"}]'
wait_until 10 "new generation" said 'privileges-raise: new generation'
check test "$(grep -c 'privileges-raise: new generation' "$WORK/agent.out")" = 1 # the label is no change
tells second
wait_until 10 "new message" has_event '.process_kprobe.message == "changed"'
kubectl patch tracingpolicies privileges-raise --type json -p '[{"op": "replace", "path": "/spec/kprobes/8/call", "value": "no_such_function"}]'
wait_until 10 "error" has_states 'privileges-raise error'
tells third # by the last good version
check grep -qF 'k8s:tracingpolicy/privileges-raise: error: spec.kprobes[8]' "$WORK/agent.out"
kubectl apply -f - <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicyNamespaced
metadata: {name: narrow}
spec: {kprobes: [{call: no_such_function, syscall: false}]}
POLICY
wait_until 10 "refusal" has_states $'privileges-raise error\nnarrow load_error'
kubectl delete tracingpoliciesnamespaced narrow
kubectl apply -f "$REPOSITORY/policies/privileges-raise.yaml"
wait_until 10 "mended policy" has_states 'privileges-raise enabled'

# --- pods: the line waits for the container's name, others do not wait for it
hierarchy=/sys/fs/cgroup
if [[ -d $hierarchy/memory ]]; then
    hierarchy=$hierarchy/memory
fi
pod_make web "$node"
uid=$(kubectl get pod web -o 'jsonpath={.metadata.uid}')
id=$(printf '%064x' "$RANDOM$RANDOM")
cgroup=$hierarchy/kubepods/pod$uid/$id
mkdir -p "$cgroup"
cleanup "rmdir $cgroup $hierarchy/kubepods/pod$uid $hierarchy/kubepods 2>/dev/null || true"
read_stream stream --follow
sh -c 'echo $$ >"$0/cgroup.procs"; exec /bin/true of-the-pod' "$cgroup"
/bin/true of-the-host
wait_until 5 "event of the host" has_event '.process_exec.process.arguments == "of-the-host"'
check test -z "$(jq_log -c 'select(.process_exec.process.arguments == "of-the-pod")' "$log")"
kubectl patch pod web --subresource status --type merge -p "{\"status\": {\"containerStatuses\": [{\"name\": \"main\", \"ready\": true,
    \"restartCount\": 0, \"image\": \"none:none\", \"imageID\": \"none@sha256:$id\", \"containerID\": \"containerd://$id\",
    \"state\": {\"running\": {\"startedAt\": \"2026-01-01T00:00:00Z\"}}}]}}"
wait_until 5 "event of the pod" has_event '.process_exec.process.arguments == "of-the-pod"'
check_output "$NAMESPACE web main containerd://$id Pod" jq_log -r \
    'select(.process_exec.process.arguments == "of-the-pod") | .process_exec.process.pod | "\(.namespace) \(.name) \(.container.name) \(.container.id) \(.workload_kind)"' "$log"
check_output shown jq_log -r 'select(.process_exec.process.arguments == "of-the-pod") | .node_name' "$log"
check_output '{"app":"web"}' jq_log -c 'select(.process_exec.process.arguments == "of-the-pod") | .process_exec.process.pod.pod_labels' "$log"

# --- who reads the stream is told the same, and what runs already
wait_until 5 "event of the pod in the stream" has_read stream of-the-pod
check_output "$NAMESPACE web main" read_events stream \
    'select(.process_exec.process.arguments == "of-the-pod") | .process_exec.process.pod | "\(.namespace) \(.name) \(.container.name)"'
check test -z "$(read_events stream '.[].process? | select(.pod.name != "web")')" # nothing of the host
end_stream
sh -c 'echo $$ >"$0/cgroup.procs"; exec sleep 1234' "$cgroup" &
sleeper=$!
cleanup "kill $sleeper; wait $sleeper 2>/dev/null || true"
wait_until 5 "event of the process that goes on" has_event '.process_exec.process.arguments == "1234"'
read_stream existing --existing
wait_until 5 "process that runs already" has_read existing 1234
check_output "object $NAMESPACE web main" read_events existing \
    '"\(.existing | type) \(.process_exec.process.pod | "\(.namespace) \(.name) \(.container.name)")"'
end_stream

# --- Prometheus is told whose events they are, within a second
is_at_least() {
    (($(metric agent "$2") >= $1))
}

pod_events() {
    [[ $(metric agent "trigon_events_total{type=\"$1\",namespace=\"$NAMESPACE\",workload=\"web\",pod=\"web\",binary=\"/bin/true\",node_name=\"shown\"}") == 1 ]]
}
wait_until 5 "events of the pod in the metrics" pod_events PROCESS_EXIT
check pod_events PROCESS_EXEC
wait_until 5 "both changes of the pod in the metrics" is_at_least 2 'trigon_watcher_events_total{watcher="pods"}'
wait_until 5 "events of the policy in the metrics" is_at_least 1 \
    'trigon_policy_events_sent_total{policy="privileges-raise",policy_namespace="",source="cluster"}'
check metrics_are_clean agent

# --- the API server is away: what is loaded goes on; on its return the agent follows
control_plane stop kube-apiserver
wait_until 20 "word of the API server's end" said 'cannot (reach|watch).*what is known stays as it is'
tells fourth
control_plane start
wait_until 60 "word of its return" said 'the API server answers again'
kubectl delete tracingpolicies privileges-raise
wait_until 60 "end of the policy" has_states ''
check test "$(grep -c 'privileges-raise: enabled' "$WORK/agent.out")" = 1 # nothing was attached twice

kill -TERM "$agent"
wait_until 30 "end of the agent" said 'ended; [0-9]+ records lost'
