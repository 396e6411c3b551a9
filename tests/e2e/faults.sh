# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# An agent on this machine and what must hold whatever its API server does. Sourced by a case, after lib.sh.
#
#   proxy_start [CA_NAME]       fault_proxy in front of the server, $PROXY is its address. CA_NAME: a CA of make_ca, else the
#                               cluster's; another call ends the one before
#   proxy_config FILE           changes the server of a kubeconfig into the proxy
#   proxy_tell WATCHES OTHERS   see fault_proxy.c
#   proxy_count                 prints how many watches and others have met their fault
#   proxy_has_met N [N]         succeeds once so many watches and, with a second number, others have met their fault
#   agent_start CONFIG          the agent, with policies and pods of the cluster, as node $NODE; waits until it knows them
#   agent_said REGEX            succeeds if it has said so
#   agent_end                   SIGTERM; nothing was lost
#   pod_start NAME              a pod on it with a container that, as far as the cluster knows, runs
#   policy_put MESSAGE          policy `watched`, whose events have this message; a namespaced one changes, too, so that
#                               there is something new for each of the agent's streams
#   observed POD REGEX          an act on the host and one in the container of POD: each makes one event in 5 s, that says
#                               so of the pod and has a message of the policy that matches
#   converges SECONDS POD MESSAGE   waits until such acts are told as they are to be, as long as `wait_until` would
#   memory_kib                  prints what the agent has resident, when it has come to rest
#   memory_is_flat KIB          fails if that is more than a bit above an earlier one
#   acts_are_told_once          no act, since the begin, has more than one event of the policy or of its process

FAULT_PROXY=$REPOSITORY/build/tests/e2e/fault_proxy
NODE=$NAMESPACE
LOG=$WORK/events.json
OBSERVED_LIMIT_S=5
START_LIMIT_S=60
REST_S=5               # after a change of policies
MEMORY_GROWTH_KIB=4096 # of some 20,000: more processes on a busy machine, pieces that lie elsewhere

PROXY=
_proxy_pid=
_proxy_port=
_acts=0
_mark= # of the last one
_agent_pid=
declare -A _container=() _cgroup=()

_hierarchy=/sys/fs/cgroup
if [[ -d $_hierarchy/memory ]]; then
    _hierarchy=$_hierarchy/memory
fi

# --- the proxy -----------------------------------------------------------------------------------------------------

# Makes NAME.ca.crt and NAME.ca.key in $WORK.
make_ca() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$WORK/$1.ca.key" -subj "/CN=$1" \
        -days 1 -out "$WORK/$1.ca.crt" -addext "basicConstraints=critical,CA:TRUE" 2>/dev/null
}

# Makes proxy.crt and proxy.key, signed by CERTIFICATE and its KEY.
_proxy_certificate() {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$WORK/proxy.key" -subj /CN=proxy \
        2>/dev/null | openssl x509 -req -CA "$1" -CAkey "$2" -set_serial "0x$(openssl rand -hex 8)" -days 1 \
        -out "$WORK/proxy.crt" -extfile <(printf '%s\n' extendedKeyUsage=serverAuth subjectAltName=IP:127.0.0.1) 2>/dev/null
}

_proxy_answers() {
    proxy_count >/dev/null 2>&1
}

proxy_start() {
    if [[ -n ${1:-} ]]; then
        _proxy_certificate "$WORK/$1.ca.crt" "$WORK/$1.ca.key"
    else
        _proxy_certificate "$CLUSTER/pki/ca.crt" "$CLUSTER/pki/ca.key"
    fi
    if [[ -n $_proxy_pid ]]; then
        kill -KILL "$_proxy_pid"
        wait "$_proxy_pid" 2>/dev/null || true
        rm -f "$WORK/proxy.sock"
    fi
    _proxy_port=${_proxy_port:-$(free_port)}
    PROXY=https://127.0.0.1:$_proxy_port
    background proxy "$FAULT_PROXY" serve "$WORK/proxy.sock" "$_proxy_port" \
        "$WORK/proxy.crt" "$WORK/proxy.key" "${SERVER##*:}" "$CLUSTER/pki/ca.crt"
    _proxy_pid=$BACKGROUND_PID
    wait_until 5 "proxy" _proxy_answers
}

proxy_config() {
    sed -i "s|server: .*|server: $PROXY|" "$1"
}

proxy_tell() {
    "$FAULT_PROXY" tell "$WORK/proxy.sock" "$@"
}

proxy_count() {
    "$FAULT_PROXY" count "$WORK/proxy.sock"
}

proxy_has_met() {
    local watches others

    read -r watches others < <(proxy_count)
    ((watches >= $1 && others >= ${2:-0}))
}

# --- the agent -----------------------------------------------------------------------------------------------------

agent_said() {
    grep -qE -- "$1" "$WORK/agent.out"
}

agent_start() {
    # shellcheck disable=SC2016 # for the other shell
    background agent env NODE_NAME="$NODE" unshare --mount bash -c \
        'mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"' agent \
        "$TRIGON" agent --kubeconfig "$1" --tracing-policy-dir '' --export-filename "$LOG" --export-file-max-size-mb 0 \
        --server-address "$WORK/trigon.sock" --tracing-node-jitter 0
    _agent_pid=$BACKGROUND_PID
    wait_until "$START_LIMIT_S" "list of all" agent_said 'the pods of this node and the policies are known'
}

agent_end() {
    kill -TERM "$_agent_pid"
    wait_until 30 "end of the agent" agent_said 'ended; [0-9]+ records lost'
}

# What a change of a policy takes is let go some seconds after it, and that is the moment.
memory_kib() {
    local end=$((SECONDS + REST_S)) least now

    least=$(_resident_kib)
    while ((SECONDS <= end)); do
        now=$(_resident_kib)
        least=$((now < least ? now : least))
        sleep 0.5
    done
    echo "$least"
}

_resident_kib() {
    awk '/^VmRSS/ {print $2}' "/proc/$_agent_pid/status"
}

memory_is_flat() {
    local now

    now=$(memory_kib)
    echo "memory: $1 KiB before, $now KiB after"
    check test "$now" -le $(($1 + MEMORY_GROWTH_KIB))
}

# --- what it is to know --------------------------------------------------------------------------------------------

# By the API itself, which takes a tenth of kubectl's time.
pod_start() {
    local name=$1 pods=/api/v1/namespaces/$NAMESPACE/pods uid id

    jq -n --arg name "$name" --arg node "$NODE" '{metadata: {name: $name}, spec: {nodeName: $node,
        terminationGracePeriodSeconds: 0, containers: [{name: "main", image: "none:none"}]}}' >"$WORK/pod.json"
    api POST "$pods" "$WORK/pod.json" >"$WORK/answer"
    check_output 201 tail -n 1 "$WORK/answer"
    id=$(openssl rand -hex 32)
    sed '$d' "$WORK/answer" | jq --arg id "$id" '.status.containerStatuses = [{name: "main", ready: true, restartCount: 0,
        image: "none:none", imageID: "none@sha256:\($id)", containerID: "containerd://\($id)",
        state: {running: {startedAt: "2026-01-01T00:00:00Z"}}}]' >"$WORK/pod.json"
    api PUT "$pods/$name/status" "$WORK/pod.json" >"$WORK/answer"
    check_output 200 tail -n 1 "$WORK/answer"
    uid=$(jq -r .metadata.uid "$WORK/pod.json")
    _container[$name]=$id
    _cgroup[$name]=$_hierarchy/$NAMESPACE/kubepods/pod$uid/$id # as in a node that is a container itself
    mkdir -p "${_cgroup[$name]}"
    cleanup "rmdir -p --ignore-fail-on-non-empty ${_cgroup[$name]} 2>/dev/null || true"
}

policy_put() {
    kubectl apply -f - >/dev/null <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: watched}
spec: {kprobes: [{call: sys_setresuid, syscall: true, message: "$1"}]}
---
apiVersion: cilium.io/v1alpha1
kind: TracingPolicyNamespaced
metadata: {name: other, labels: {of: "$1"}}
spec: {kprobes: [{call: sys_setresgid, syscall: true}]}
POLICY
}

# Each act has an argument of its own, by which its event is found: the agents of cases that run at once see all of them.
_act() {
    local pod=$1

    _acts=$((_acts + 1))
    _mark=$NAMESPACE-$_acts
    setpriv --reuid 0 true "host-$_mark"
    sh -c 'echo $$ >"$0/cgroup.procs"; exec /bin/true "$1"' "${_cgroup[$pod]}" "pod-$_mark"
}

# Prints what the last acts' events say: a line each.
_told() {
    jq_log -r --arg host "true host-$_mark" --arg pod "pod-$_mark" '
        (select(.process_kprobe.process.arguments // "" | endswith($host)) | "policy \(.process_kprobe.message)"),
        (select(.process_exec.process.arguments == $pod) | .process_exec.process.pod | "pod \(.name) \(.container.id)")' \
        "$LOG" 2>/dev/null | sort
}

_expected() {
    echo "pod $1 containerd://${_container[$1]}"
    echo "policy $2"
}

_is_told() {
    [[ $(_told) =~ ^$1$ ]]
}

observed() {
    _act "$1"
    wait_until "$OBSERVED_LIMIT_S" "events of $_mark" _is_told "$(_expected "$@")"
}

# An act is told once, as what was known then, so it takes another one when that was too little.
converges() {
    local end=$((SECONDS + $1 * BUSY_FACTOR)) expected i

    expected=$(_expected "$2" "$3")
    while ((SECONDS <= end)); do
        _act "$2"
        for ((i = 0; i < 10; i++)); do
            if _is_told "$expected"; then
                return
            fi
            sleep "$POLL_S"
        done
    done
    fail "in $(limit "$1") the agent has not learnt: $expected; it says: $(_told)"
}

acts_are_told_once() {
    local told twice

    told=$(jq_log -r --arg host "true host-$NAMESPACE-" --arg pod "pod-$NAMESPACE-" '
        (.process_kprobe.process.arguments // empty | select(startswith($host))),
        (.process_exec.process.arguments // empty | select(startswith($pod)))' "$LOG" | sort)
    [[ -n $told ]] || fail "no event of any act"
    twice=$(uniq -d <<<"$told")
    [[ -z $twice ]] || fail "more than one event of: $twice"
}

# The cluster's side: what policies and pods take, the rights, and the first of each.
faults_begin() {
    cleanup 'kubectl delete tracingpolicies,tracingpoliciesnamespaced --all >/dev/null'
    cleanup 'kubectl delete tracingnodes --all >/dev/null'
    crds_make
    node_make "$NODE"
    apply_manifest ClusterRole ClusterRoleBinding Role RoleBinding
    policy_put first
    pod_start first
}
