# Two hundred pods in a row, with a real kubelet and container runtime on this machine: each first process has its pod, also of
# those that came while no agent ran, a policy for them holds for it and for no other, and nothing is kept of them.
# timeout: 600
# needs: kube-controller-manager kubelet
# shellcheck shell=bash

PODS=${TRIGON_E2E_PODS:-200}
WAVE=20 # of them at a time
ALONE_WAVE=1 # comes while no agent runs
WAVE_LIMIT_S=60
MEMORY_MAX_KIB=12288 # of the agent's own, when they are gone
CGROUP=trigon-e2e-$$
NODE=here-$NAMESPACE
DIR=$WORK/node
STATE=/run/k0s # node-here.sh has containerd there
log=$WORK/events.json

[[ ${TRIGON_E2E_DRIVER:-} != kind ]] || skip "kind has a node of its own"
((EUID == 0)) || skip "a node needs root"
missing=$("$REPOSITORY/tools/deps.sh" --check node) || skip "missing packages, tools/deps.sh node: $missing"
[[ ! -e $STATE || -e $STATE/of-trigon-e2e ]] || skip "this machine is a node of k0s: $STATE is there"

cgroup_roots() {
    if [[ -e /sys/fs/cgroup/cgroup.procs ]]; then
        echo /sys/fs/cgroup
    else
        find /sys/fs/cgroup -mindepth 2 -maxdepth 2 -name cgroup.procs -printf '%h\n'
    fi
}

# What was in them may still be on its way out.
remove_cgroups() { # NAME
    local root

    for root in $(cgroup_roots); do
        for _ in {1..100}; do
            find "$root/$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
            [[ -d $root/$1 ]] || break
            sleep 0.1
        done
    done
}

# Those of a run that was killed.
remove_old_cgroups() {
    local name

    for name in $(cgroup_roots | xargs -I '{}' find '{}' -maxdepth 1 -name 'trigon-e2e-*' -printf '%f\n' | sort -u); do
        [[ -e /proc/${name##*-} ]] || remove_cgroups "$name"
    done
}

node_is_ready() {
    kill -0 "$node_pid" || fail "the node ended: $(tail -n 5 "$WORK/node.out" "$DIR"/*.log)"
    [[ $(kubectl get node "$NODE" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null) == True ]]
}

rm -rf "$STATE"
mkdir -p "$STATE"
touch "$STATE/of-trigon-e2e"
cleanup "rm -rf $STATE"
remove_old_cgroups
for root in $(cgroup_roots); do
    mkdir "$root/$CGROUP"
done
cleanup "remove_cgroups $CGROUP"
"$E2E_DIR/image" programs "$WORK/images"
mkdir "$DIR"
make_kubeconfig "system:node:$NODE" user system:nodes >/dev/null
mv "$WORK/system:node:$NODE.conf" "$DIR/kubelet.conf"
cp "$CLUSTER/pki/ca.crt" "$("$E2E_DIR/tools" path kubelet)" "$DIR"
cleanup "cp '$DIR'/*.log '$LOGS' 2>/dev/null"
cleanup "kubectl delete node $NODE --ignore-not-found --wait=false >/dev/null"
background node env NODE="$NODE" RUNTIME=runc CGROUP="$CGROUP" unshare --mount --pid --fork --kill-child --mount-proc \
    "$E2E_DIR/node-here.sh" "$DIR" "$(free_port)" "$WORK/images/pause.tar" "$WORK/images/shell.tar"
node_pid=$BACKGROUND_PID
cleanup 'kill -KILL "$node_pid"; wait "$node_pid" || true' # before what it may use
wait_until 60 "node that is ready" node_is_ready
step "the node is ready"

# --- the agent, as it is on any machine, with the node's pods
start_agent() {
    # shellcheck disable=SC2016 # for the other shell
    background agent env NODE_NAME="$NODE" unshare --mount bash -c \
        'mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"' agent \
        "$TRIGON" agent --kubeconfig "$account" --tracing-policy-dir '' --export-filename "$log" --export-file-max-size-mb 0 \
        --server-address "$WORK/trigon.sock" --health-server-address 127.0.0.1:0
    agent=$BACKGROUND_PID
    wait_until 30 "agent that is ready" is_ready
    wait_until 30 "policies" policies_run even nobody
}

is_ready() {
    kill -0 "$agent" || fail "the agent ended: $(tail -n 5 "$WORK/agent.out")"
    [[ $(curl -s -o /dev/null -w '%{http_code}' "$(url agent readyz)") == 200 ]]
}

# policy KIND NAME SELECTOR: who becomes another user
policy() {
    kubectl apply -f - >/dev/null <<POLICY
apiVersion: cilium.io/v1alpha1
kind: $1
metadata: {name: $2}
spec:
  $3
  tracepoints: [{subsystem: syscalls, event: sys_enter_setresuid}]
POLICY
}

policies_run() {
    FOUND=$("$TRIGON" policy list --server-address "$WORK/trigon.sock" -o json | jq -r '.[] | select(.state == "enabled") | .name' | sort | xargs)
    [[ $FOUND == "$*" ]]
}

wave_make() { # NUMBER
    local i

    for ((i = $1 * WAVE; i < ($1 + 1) * WAVE && i < PODS; i++)); do
        cat <<POD
---
apiVersion: v1
kind: Pod
metadata: {name: row-$i, labels: {wave: "$1", parity: "$((i % 2))"}}
spec:
  nodeName: $NODE
  automountServiceAccountToken: false
  enableServiceLinks: false
  hostNetwork: true
  terminationGracePeriodSeconds: 0
  containers: [{name: main, image: docker.io/library/shell:test, imagePullPolicy: Never, args: [setuid-and-wait]}]
POD
    done | kubectl create -f - >/dev/null
}

# rows CONDITION: of the first processes of the pods in a row, the pods' names
rows() {
    jq_log -r ".process_exec.process | select(.binary == \"/shell\" and (.pod.name // \"\" | startswith(\"row-\"))) | select($1) | .pod.name" \
        "$log" | sort -u
}

rows_are_seen() {
    (($(rows true | wc -l) == PODS))
}

# told POLICY: pods of which the policy told, with how often; should_be_told: what this is of those with an even number, by two
# calls each, but those that came while no agent ran
told() {
    jq_log -r ".process_tracepoint | select(.policy_name == \"$1\") | .process.pod.name" "$log" | sort -V | uniq -c | awk '{ print $2, $1 }'
}

should_be_told() {
    local i

    for ((i = 0; i < PODS; i += 2)); do
        ((i / WAVE == ALONE_WAVE)) || echo "row-$i 2"
    done
}

# Prints the id of this agent's map: there may be other agents on this machine.
scopes_map() {
    local id

    for id in $(sed -n 's/^map_id:\t//p' "/proc/$agent/fdinfo"/*); do
        [[ $(bpftool -j map show id "$id" | jq -r .name) != cgroup_scopes ]] || echo "$id"
    done | sort -u
}

# Prints how many pods the agent knows, events that wait, cgroups of these pods, such cgroups on this machine, and in the kernel's
# map.
held() {
    local name root

    root=$(cgroup_roots | grep -E '/(memory|cgroup)$' | head -n 1)
    for name in trigon_pods trigon_event_cache_entries; do
        metric agent "$name"
    done
    find "$root/$CGROUP" -type d -path '*[/-]pod[0-9a-f]*' | wc -l
    find "$root" -type d -path '*[/-]pod[0-9a-f]*' 2>/dev/null | wc -l
    bpftool -j map dump id "$(scopes_map)" | jq 'length - 1' # the mark is no cgroup
}

nothing_is_left() {
    FOUND=$(held | xargs)
    [[ $FOUND =~ ^"0 0 0 "([0-9]+)" "([0-9]+)$ && ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]]
}

cleanup 'kubectl delete tracingpolicies --all --wait=false >/dev/null'
crds_make
account=$(make_kubeconfig trigon serviceaccount)
apply_manifest ClusterRole ClusterRoleBinding
policy TracingPolicyNamespaced even 'podSelector: {matchLabels: {parity: "0"}}'
policy TracingPolicy nobody 'podSelector: {matchLabels: {parity: "2"}}'
start_agent
step "the agent is ready"
for ((wave = 0; wave * WAVE < PODS; wave++)); do
    if ((wave == ALONE_WAVE)); then
        kill -TERM "$agent"
        wait "$agent" || fail "the agent ended with status $?"
    fi
    wave_make "$wave"
    check kubectl wait --for=jsonpath='{.status.phase}'=Running pod -l "wave=$wave" --timeout "$(limit "$WAVE_LIMIT_S")" >/dev/null
    ((wave != ALONE_WAVE)) || start_agent
    kubectl delete pod -l "wave=$wave" --wait=false >/dev/null
done
step "the last pods run"
wait_until 30 "first process of each of $PODS pods" rows_are_seen
step "$PODS pods in a row, $(rows '.flags | contains("procFS")' | wc -l) of them while no agent ran"
check_output "" jq_log -c '.process_exec.process | select(.binary == "/shell" and .pod == null)' "$log"
wait_until 60 "end of all that was kept for these pods" nothing_is_left
kib=$(awk '/^RssAnon/ { print $2 }' "/proc/$agent/status")
step "nothing is kept; the agent's memory: $kib KiB"
check test "$kib" -le "$MEMORY_MAX_KIB"
check_output "$(should_be_told)" told even
check_output "" told nobody
step "the policies told of their pods, from the first call on"
