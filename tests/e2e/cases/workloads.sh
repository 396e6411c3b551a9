# Pods on a real node: whose container an event is of, and whose processes a policy is for, from a container's first process
# on. Init and ephemeral containers, two containers of a pod, a pod in the host's PID namespace, a static pod, a restart, many
# pods in a row, and the agent's pod deleted meanwhile.
# timeout: 900
# needs: kube-controller-manager kube-scheduler kubelet kube-proxy helm
# shellcheck shell=bash

# shellcheck source=tests/e2e/chart.sh
. "$E2E_DIR/chart.sh"

PODS=${TRIGON_E2E_PODS:-12} # in a row; 200 take a quarter of an hour

# policy KIND NAME [SELECTORS]: who sets a user id
policy() {
    kubectl apply -f - >/dev/null <<POLICY
apiVersion: cilium.io/v1alpha1
kind: $1
metadata: {name: $2}
spec:
  ${3:-}
  kprobes: [{call: __sys_setresuid, syscall: false}]
POLICY
}

# pod NAME LABEL SPEC: its containers do what the policies watch as the first thing that they do
pod() {
    kubectl apply -f - >/dev/null <<POD
apiVersion: v1
kind: Pod
metadata: {name: $1, labels: {app: $2}}
spec:
  terminationGracePeriodSeconds: 0
  $3
POD
}

container() { # NAME [WHAT]: the text of one
    echo "{name: $1, image: docker.io/library/shell:test, imagePullPolicy: Never, args: [${2:-setuid-and-wait}]}"
}

# acts POD CONTAINER: which policies told of its act, and how often: each time there are two calls.
acts() {
    events ".process_kprobe.process.pod | .name == \"$1\" and .container.name == \"$2\" and .namespace == \"$NAMESPACE\"" |
        jq -r 'select(.process_kprobe.process.arguments | startswith("setuid")) | .process_kprobe.policy_name' | sort | uniq -c | xargs
}

acted() { # COUNT POD CONTAINER POLICY...: so many times, told of by these policies
    local count=$1 who=("$2" "$3") wanted

    shift 3
    wanted=$(printf "$((2 * count)) %s\n" "$@" | xargs)
    [[ $(acts "${who[@]}") == "$wanted" ]]
}

check_acts() { # COUNT POD CONTAINER POLICY...
    wait_until "$EVENT_LIMIT_S" "events of $2's $3: $1 times ${*:4}" acted "$@"
}

chart_node 6.12 crun
chart_install
cleanup 'kubectl delete tracingpolicies --all --wait=false >/dev/null'
policy TracingPolicy all
policy TracingPolicy first 'containerSelector: {matchLabels: {name: first}}'
policy TracingPolicy host 'hostSelector: {}'
policy TracingPolicyNamespaced here
policy TracingPolicy one 'podSelector: {matchLabels: {app: one}}'
policy TracingPolicy other-namespace 'podSelector: {matchLabels: {k8s:io.kubernetes.pod.namespace: other}}'
wait_until 60 "policies" policies_run all first here host one other-namespace
step "policies"

pod one one "initContainers: [$(container prepare setuid)]
  containers: [$(container first), $(container second)]"
pod two two "hostPID: true
  containers: [$(container first)]"
pod restarts two "containers: [$(container again setuid)]"
check node_run 10 "cat >/etc/kubernetes/manifests/static.yaml <<'POD'
apiVersion: v1
kind: Pod
metadata: {name: static, namespace: $NAMESPACE, labels: {app: one}}
spec:
  containers: [$(container first)]
POD"
check kubectl wait --for=condition=Ready pod/one pod/two --timeout "${POD_LIMIT_S}s"
check_acts 1 one prepare all here one
check_acts 1 one first all first here one
check_acts 1 one second all here one
check_acts 1 two first all first here
step "first processes of init container, both containers, and one with the host's PIDs"

kubectl get pod one -o json | jq '.spec.ephemeralContainers = [{"name": "first-aid", "image": "docker.io/library/shell:test",
    "imagePullPolicy": "Never", "args": ["setuid-and-wait"]}]' | kubectl replace --raw "/api/v1/namespaces/$NAMESPACE/pods/one/ephemeralcontainers" -f - >/dev/null
check_acts 1 one first-aid all here one
step "ephemeral container"
check_acts 1 "static-$NODE" first all first here one
step "static pod"
has_restarted() {
    (($(kubectl get pod restarts -o 'jsonpath={.status.containerStatuses[0].restartCount}') >= 1))
}
wait_until 60 "restart" has_restarted
check_acts 2 restarts again all here
container_ids() {
    events '.process_kprobe.process.pod.name == "restarts"' | jq -r '.process_kprobe.process.pod.container.id' | sort -u
}
check test "$(container_ids | wc -l)" -ge 2
step "restart: another container"
kubectl label pod two app=one --overwrite >/dev/null
kubectl exec two -- /shell setuid
acted_by_label() { # the first act was before the label
    [[ $(acts two first) == "4 all 4 first 4 here 2 one" ]]
}
wait_until "$EVENT_LIMIT_S" "events of the new label" acted_by_label
step "label that changed"

kubectl delete pod one two restarts --wait=false >/dev/null
node_run 10 "rm /etc/kubernetes/manifests/static.yaml"

# --- many pods in a row, the agent's own is deleted meanwhile: the node's log has the first process of each, by exec or, of those
# that came while no agent ran, as the next one found it
started_in() {
    kubectl get pod "$1" -o 'jsonpath={.status.containerStatuses[0].state.running}' | grep -q startedAt
}
for ((i = 0; i < PODS; i++)); do
    pod "row-$i" one "containers: [$(container main)]"
    ((i != PODS / 2)) || trigon_kubectl delete "$(agent_pod)" --wait=false >/dev/null
    ((i < 8)) || kubectl delete pod "row-$((i - 8))" --wait=false >/dev/null
    ((i < 3)) || wait_until 150 "row-$((i - 3))" started_in "row-$((i - 3))"
done
check kubectl wait --for=condition=Ready "pod/row-$((PODS - 1))" --timeout "${POD_LIMIT_S}s" >/dev/null
check trigon_kubectl rollout status ds/trigon --timeout "${POD_LIMIT_S}s"
rows_seen() {
    check node_run 20 "cp /var/log/trigon/trigon.log /mnt/results/trigon.log"
    [[ $(jq -r '.process_exec.process | select(.binary == "/shell") | .pod.name | select(startswith("row-"))' "$NODE_DIR/trigon.log" |
        sort -u | wc -l) == "$PODS" ]]
}
wait_until 120 "first process of each of $PODS pods" rows_seen
step "$PODS pods in a row"
jq -r '.process_exec.process | select(.binary == "/shell" and (.pod.name | startswith("row-"))) | .flags' "$NODE_DIR/trigon.log" | sort | uniq -c
unresolved=$(jq -c 'select(.process_exec.process.binary == "/shell") | select(.process_exec.process.pod | .unresolved // .container.unresolved // false)' "$NODE_DIR/trigon.log")
check test -z "$unresolved"
trigon_kubectl logs "$(agent_pod)" -c trigon --tail=-1 | grep -E 'level=(warn|error)' || true
# shellcheck disable=SC2016 # for the guest
node_run 10 'grep -E "^(VmRSS|RssAnon)" "/proc/$(pidof trigon | xargs -n 1 | tail -n 1)/status"'
