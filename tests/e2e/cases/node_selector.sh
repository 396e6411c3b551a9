# nodeSelector against a real API server: a policy runs where the node's labels say so and is skipped elsewhere, follows them
# when they change, and READY is of the nodes that it is meant for. An agent that may not read its Node runs all policies,
# and one whose NODE_NAME is no Node's says that it knows no pods.
# timeout: 500

node=selector-$NAMESPACE
other=selector-other-$NAMESPACE

said() {
    grep -qE -- "$2" "$WORK/$1.out"
}

# Prints NAME and STATE of the agent's policies.
states() {
    "$TRIGON" policy list --server-address "$WORK/trigon.sock" -o json 2>/dev/null | jq -r '.[] | "\(.name) \(.state)"'
}

has_states() {
    [[ $(states) == "$1" ]]
}

shows() {
    [[ $(kubectl get tracingpolicies "$1" --no-headers 2>/dev/null) =~ $2 ]]
}

tells() {
    [[ $(kubectl get tracingnodes "$node" -o 'jsonpath={.status.policiesReady}') == "$1" ]]
}

count() {
    check test "$(grep -cE -- "$2" "$WORK/$1.out" || true)" = "$3"
}

# start_agent NAME [NODE [OPTION...]]
start_agent() {
    # shellcheck disable=SC2016 # for the other shell
    background "$1" env NODE_NAME="${2:-$node}" unshare --mount bash -c \
        'mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"' agent \
        "$TRIGON" agent --kubeconfig "$agent_config" --tracing-policy-dir '' --export-filename "$WORK/events.json" --export-file-max-size-mb 0 \
        --server-address "$WORK/trigon.sock" --tracing-node-jitter 0 "${@:3}"
}

# policy NAME SELECTOR
policy() {
    kubectl apply -f - >/dev/null <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: $1}
spec: {nodeSelector: $2, kprobes: [{call: sys_setuid, syscall: true, args: [{index: 0, type: int}]}]}
POLICY
}

# report NODE STATE: what an agent of another node tells of the policies.
report() {
    local uid

    uid=$(kubectl get tracingpolicy here -o 'jsonpath={.metadata.uid}')
    kubectl apply --server-side --force-conflicts -f - >/dev/null <<REPORT
apiVersion: trigon.dev/v1alpha1
kind: TracingNode
metadata: {name: "$1"}
status: {nodeName: "$1", agentVersion: test, policies: [{name: here, uid: $uid, generation: 1, state: $2}]}
REPORT
}

cleanup 'kubectl delete tracingpolicies --all >/dev/null'
cleanup 'kubectl delete tracingnodes --all >/dev/null'
check kubectl apply -f "$REPOSITORY/k8s/crds" >/dev/null
crds_wait tracingpolicies.cilium.io tracingpoliciesnamespaced.cilium.io tracingnodes.trigon.dev
node_make "$node"
node_make "$other"
agent_config=$(make_kubeconfig trigon serviceaccount)
operator_config=$(make_kubeconfig trigon-operator serviceaccount)
apply_manifest ClusterRole ClusterRoleBinding Role RoleBinding Lease
policy here '{matchLabels: {zone: a}}'
policy anywhere '{}'
policy not-old '{matchExpressions: [{key: age, operator: NotIn, values: [old]}]}'

# --- at the start: what is not meant for the node is not loaded first
start_agent agent
agent=$BACKGROUND_PID
wait_until 30 "first states" has_states $'anywhere enabled\nhere skipped\nnot-old enabled'
check said agent 'policy here: skipped: its nodeSelector, zone=a, does not select this node'
check said agent 'policies: 2 enabled, 0 failed, 1 for other nodes'
count agent 'policy here: (enabled|removed)' 0
background operator "$TRIGON" operator --kubeconfig "$operator_config" --lease-namespace "$NAMESPACE"
wait_until 30 "READY 0/0 of what no node is meant for" shows here ' 0/0 '
check_output 'nodeSelector selects no node' kubectl get tracingpolicy here -o 'jsonpath={.status.message}'
wait_until 30 "READY 1/1" shows not-old ' 1/1 '
wait_until 30 "report" tells 2/2
check_output skipped kubectl get tracingnodes "$node" -o 'jsonpath={.status.policies[?(@.name=="here")].state}'

# --- the label comes: the policy runs, and no other one is touched
kubectl label node "$node" zone=a >/dev/null
wait_until 5 "policy here" has_states $'anywhere enabled\nhere enabled\nnot-old enabled'
wait_until 30 "READY 1/1 with the label" shows here ' 1/1 '
kubectl label node "$node" zone=b age=old --overwrite >/dev/null
wait_until 5 "end of both" has_states $'anywhere enabled\nhere skipped\nnot-old skipped'
wait_until 30 "READY 0/0 without the label" shows here ' 0/0 '
kubectl label node "$node" zone=a age- --overwrite >/dev/null
wait_until 5 "both again" has_states $'anywhere enabled\nhere enabled\nnot-old enabled'
count agent 'policy anywhere: enabled' 1
count agent 'policy here: enabled' 2
kubectl label node "$node" colour=red >/dev/null
kubectl patch tracingpolicy here --type merge -p '{"spec": {"nodeSelector": {"matchLabels": {"colour": "blue"}}}}'
wait_until 5 "skipped by its change" has_states $'anywhere enabled\nhere skipped\nnot-old enabled'
count agent 'policy here: enabled' 2 # not by the label, which says nothing about it
kubectl delete tracingpolicy here >/dev/null
policy here '{matchLabels: {zone: a}}'
wait_until 10 "policy here anew" has_states $'anywhere enabled\nnot-old enabled\nhere enabled'

# --- another node: it counts by its labels, whatever it says
report "$other" load_error
wait_until 30 "sum without the other node" shows here ' 1/1 '
kubectl label node "$other" zone=a >/dev/null
wait_until 30 "sum with the other node" shows here ' 1/2 '
report "$other" enabled
wait_until 30 "READY 2/2" shows here ' 2/2 '
kubectl label node "$other" zone- >/dev/null
wait_until 30 "sum without the other node again" shows here ' 1/1 '

# --- the Node goes: what is known of it stays
kubectl delete node "$node" >/dev/null
node_make "$node" # without the label
wait_until 10 "the new Node's labels" has_states $'anywhere enabled\nnot-old enabled\nhere skipped'
kill -TERM "$agent"
wait_until 30 "end of the agent" said agent 'ended; [0-9]+ records lost'

# --- an agent that may not read Nodes: all policies, and the right that is missing
kubectl get clusterrole trigon -o json | jq 'del(.rules[] | select(.resources == ["nodes"]))' | kubectl replace -f - >/dev/null
start_agent blind
agent=$BACKGROUND_PID
wait_until 30 "all policies" has_states $'anywhere enabled\nhere enabled\nnot-old enabled'
check said blind 'policies with a nodeSelector are loaded whatever it says, since the labels of node .* are not known: .*cannot list resource .*nodes'
count blind 'are loaded whatever it says' 1
apply_manifest ClusterRole
wait_until 60 "the labels after all" has_states $'anywhere enabled\nhere skipped\nnot-old enabled'
kill -TERM "$agent"
wait_until 30 "end of the agent" said blind 'ended; [0-9]+ records lost'

# --- the cluster has no Node of this name: no policy asks for it, and all the same it is said
count blind 'has no Node' 0
start_agent lost "lost-$NAMESPACE" --enable-tracing-policy-crd=false
agent=$BACKGROUND_PID
wait_until 30 "word of the Node that there is not" said lost "no Node .*lost-$NAMESPACE.*, so no event gets a pod.*set NODE_NAME"
kill -TERM "$agent"
wait_until 30 "end of the agent" said lost 'ended; [0-9]+ records lost'
count lost 'has no Node' 1
