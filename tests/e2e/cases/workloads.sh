# Pods on a real node: whose container an event is of, and whose processes a policy is for, from a container's first process
# on. Init and ephemeral containers, two containers of a pod, a pod in the host's PID namespace, a static pod, a restart, pods of
# a Deployment, a Job and a CronJob, a probe, the node's power cut, many pods in a row with the agent's pod deleted meanwhile, and
# what is kept of them.
# timeout: 1800
# needs: kube-controller-manager kube-scheduler kubelet kube-proxy helm
# shellcheck shell=bash

# shellcheck source=tests/e2e/chart.sh
. "$E2E_DIR/chart.sh"

PODS=${TRIGON_E2E_PODS:-12}   # in a row; each takes four seconds of an emulated CPU: case pods has more
WAVE=6                       # of them at a time
WAVE_LIMIT_S=120
MEMORY_MAX_KIB=8192          # of the agent's own, when they are gone

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

# of POD CONTAINER: a condition on an event's `pod`. The event may have waited in vain for the kubelet to name the container, as on
# a machine with much else to do: then that is found by its id.
of() {
    local ids

    ids=$(kubectl get pod "$1" -o json | jq -c --arg name "$2" '[.status |
        (.initContainerStatuses, .containerStatuses, .ephemeralContainerStatuses)[]? | select(.name == $name) | .containerID // ""]')
    echo "(.name == \"$1\" and .namespace == \"$NAMESPACE\" and
        (.container.name == \"$2\" or (.container | .unresolved and (.id as \$id | $ids | any(contains(\$id))))))"
}

# acts POD CONTAINER: which policies told of its act, and how often: each time there are two calls.
acts() {
    events ".process_kprobe.process.pod | $(of "$1" "$2")" |
        jq -r 'select(.process_kprobe.process.arguments // "" | startswith("setuid")) | .process_kprobe.policy_name' | sort | uniq -c | xargs
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

# What makes a pod that ends, as the `spec` of a Job
job_spec() {
    echo "{backoffLimit: 0, template: {metadata: {labels: {app: job}}, spec: {restartPolicy: Never, terminationGracePeriodSeconds: 0,
        containers: [$(container main setuid)]}}}"
}

# owned NAME KIND: the `pod` of the first process of a workload's pod
owned() {
    events ".process_exec.process | .binary == \"/shell\" and (.arguments | startswith(\"setuid\")) and
        (.pod | .workload == \"$1\" and .workload_kind == \"$2\" and .namespace == \"$NAMESPACE\")" |
        jq -s '.[0].process_exec.process.pod // empty'
}

is_owned() {
    [[ -n $(owned "$@") ]]
}

policies=(all first here host one other-namespace truncate)
chart_node 6.12 crun
chart_install --set agent.exportFileMaxSizeMB=0 # one file to look at
cleanup 'kubectl delete tracingpolicies --all --wait=false >/dev/null'
policy TracingPolicy all
policy TracingPolicy first 'containerSelector: {matchLabels: {name: first}}'
policy TracingPolicy host 'hostSelector: {}'
policy TracingPolicyNamespaced here
policy TracingPolicy one 'podSelector: {matchLabels: {app: one}}'
policy TracingPolicy other-namespace 'podSelector: {matchLabels: {k8s:io.kubernetes.pod.namespace: other}}'
policy_since_6_2 | kubectl apply -f - >/dev/null
wait_until 60 "policies" policies_run "${policies[@]}"
wait_until 30 "READY 1/1" policies_are_ready
step "policies"

kubectl apply -f - >/dev/null <<WORKLOADS
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec: {schedule: "* * * * *", concurrencyPolicy: Forbid, jobTemplate: {spec: $(job_spec)}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec: $(job_spec)
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: main
          image: docker.io/library/shell:test
          imagePullPolicy: Never
          args: [setuid-and-wait]
          livenessProbe: {exec: {command: [/shell, setuid, probe]}, initialDelaySeconds: 5, periodSeconds: 120, timeoutSeconds: 60}
WORKLOADS
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
check kubectl wait --for=condition=Ready pod/one pod/two --timeout "$(limit "$POD_LIMIT_S")"
check_acts 1 one prepare all here one
check_acts 1 one first all first here one
check_acts 1 one second all here one
check_acts 1 two first all first here
wait_until "$EVENT_LIMIT_S" "events of a Deployment's pod" is_owned web Deployment
wait_until "$EVENT_LIMIT_S" "events of a Job's pod" is_owned once Job
step "first processes of init container, both containers, one with the host's PIDs, a Deployment and a Job"

kubectl get pod one -o json | jq '.spec.ephemeralContainers = [{"name": "first-aid", "image": "docker.io/library/shell:test",
    "imagePullPolicy": "Never", "args": ["setuid-and-wait"]}]' | kubectl replace --raw "/api/v1/namespaces/$NAMESPACE/pods/one/ephemeralcontainers" -f - >/dev/null
check_acts 1 one first-aid all here one
step "ephemeral container"
check_acts 1 "static-$NODE" first all first here one
step "static pod"
restart_is_told() { # of two containers or more, each time by the same policies
    local containers

    containers=$(events '.process_kprobe.process.pod.name == "restarts"' |
        jq -r '.process_kprobe.process.pod.container.id // empty | sub("containerd://"; "") | .[:31]' | sort -u | wc -l)
    ((containers >= 2)) && [[ $(acts restarts again) =~ ^([0-9]+)\ all\ ([0-9]+)\ here$ && ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]]
}
wait_until 60 "events of a container that starts again" restart_is_told
step "restart: another container"
kubectl delete pod restarts --wait=false >/dev/null
wait_until 60 "events of a CronJob's pod" is_owned nightly CronJob
kubectl delete cronjob nightly --wait=false >/dev/null
kubectl delete job once --wait=false >/dev/null
step "the pod of a CronJob"
probe='.process_exec.process | .arguments == "setuid probe" and .pod.workload == "web"'
is_probed() {
    [[ -n $(events "$probe") ]]
}
wait_until 60 "event of a probe" is_probed
# What the object says of the pod is what the event says of it; the first process was there before the kubelet said more.
kubectl get pod -l app=web -o json | jq -S '.items[0] | .status.containerStatuses[0] as $status |
    {namespace: .metadata.namespace, name: .metadata.name, uid: .metadata.uid, pod_labels: .metadata.labels, workload: "web",
     workload_kind: "Deployment", container: {id: $status.containerID, name: "main", maybe_exec_probe: true, security_context: {},
     image: {id: $status.imageID, name: $status.image}, start_time: $status.state.running.startedAt}}' >pod.json
check_output "$(<pod.json)" jq -sS '.[0].process_exec.process.pod | del(.container.pid)' <(events "$probe")
check test "$(jq -s '.[0].process_exec.process.pod.container.pid' <(events "$probe"))" -gt 1
kubectl delete deployment web --wait=false >/dev/null
step "a probe, with all that is told of its container"
kubectl exec one -c first -- /shell truncate
truncate_is_told() {
    [[ -n $(events '.process_kprobe | .policy_name == "truncate" and .process.pod.name == "one" and .function_name == "security_file_truncate"') ]]
}
wait_until "$EVENT_LIMIT_S" "event of a function that 6.1 has not" truncate_is_told
kubectl label pod two app=one --overwrite >/dev/null
kubectl exec two -- /shell setuid
acted_by_label() { # the first act was before the label
    [[ $(acts two first) == "4 all 4 first 4 here 2 one" ]]
}
wait_until "$EVENT_LIMIT_S" "events of the new label" acted_by_label
step "label that changed"

# --- the node's power is cut: all of it comes back without a hand, and the log goes on behind what it had

agent_restarts() {
    trigon_kubectl get "$(agent_pod)" -o 'jsonpath={range .status.containerStatuses[*]}{.restartCount}{.ready} {end}'
}

# Both containers of the agent's pod have started again, and are ready.
agent_is_back() {
    [[ $(agent_restarts) == "1true 1true " ]]
}

reported_since() { # TIME
    [[ $(kubectl get tracingnode "$NODE" -o 'jsonpath={.status.reportedAt}') > $1 ]]
}

told_again() { # POD POLICY...: the policies that told of the act after the reset
    local pod=$1

    shift
    [[ $(events ".process_kprobe.process | .arguments == \"setuid again\" and (.pod | $(of "$pod" first))" |
        jq -r .process_kprobe.policy_name | sort -u | xargs) == "$*" ]]
}

# Of what the agent saw start, in the log of which the end may be torn. What ran before has the time of /proc in its exec_id, in
# steps of 10 ms since the boot, and an emulator boots alike.
exec_ids() { # CONDITION
    jq -rR "fromjson? | select($1) | .process_exec.process | values | select(.flags | contains(\"procFS\") | not) | .exec_id" \
        "$NODE_DIR/after.log" | sort -u
}

if [[ ${TRIGON_E2E_DRIVER:-} != kind ]]; then
    log_copy before.log
    agent=$(agent_pod)
    off=$(date -u -d '2 seconds' +%FT%T) # the clocks are not the same to the second
    node_reset
    step "the node is up again"
    wait_until "$POD_LIMIT_S" "agent that is back" agent_is_back
    check_output "$agent" agent_pod
    step "the agent is back"
    wait_until 60 "report of the new boot" reported_since "$off"
    wait_until 60 "policies" policies_run "${policies[@]}"
    wait_until 30 "READY 1/1" policies_are_ready
    check kubectl wait --for=condition=Ready pod/one pod/two "pod/static-$NODE" --timeout "$(limit "$POD_LIMIT_S")" >/dev/null
    for pod in one two; do
        kubectl exec "$pod" -c first -- /shell setuid again
    done
    wait_until "$EVENT_LIMIT_S" "events of one" told_again one all first here one
    wait_until "$EVENT_LIMIT_S" "events of two" told_again two all first here one
    step "policies and pods are back"

    log_copy after.log
    check cmp -n "$(stat -c %s "$NODE_DIR/before.log")" "$NODE_DIR/before.log" "$NODE_DIR/after.log"
    check test "$(jq -cR fromjson? "$NODE_DIR/after.log" | wc -l)" -ge "$(($(wc -l <"$NODE_DIR/after.log") - 1))"
    check test -n "$(exec_ids ".time < \"$off\"")"
    check test -n "$(exec_ids ".time > \"$off\"")"
    check test -z "$(comm -12 <(exec_ids ".time < \"$off\"") <(exec_ids ".time > \"$off\""))"
    check_output "" acts one first-aid # this container did not start again, and its line was copied before
    step "the log went on, with exec_ids of its own"
fi

kubectl delete pod one two --wait=false >/dev/null
node_run 10 "rm /etc/kubernetes/manifests/static.yaml"

# --- many pods in a row, the agent's own is deleted meanwhile: the node's log has the first process of each, by exec or, of those
# that came while no agent ran, as the next one found it
wave_make() { # NUMBER
    local i main

    main=$(container main)
    for ((i = $1 * WAVE; i < ($1 + 1) * WAVE && i < PODS; i++)); do
        cat <<POD
---
apiVersion: v1
kind: Pod
metadata: {name: row-$i, labels: {app: one, wave: "$1"}}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  hostNetwork: true
  terminationGracePeriodSeconds: 0
  containers: [$main]
POD
    done | kubectl create -f - >/dev/null
}

# The agent's memory of its own.
agent_kib() {
    # shellcheck disable=SC2016 # for the guest
    node_run 20 'awk "/^RssAnon/ { print \$2 }" "/proc/$(pgrep -fo "trigon agent")/status"'
}

# Prints how many pods the agent knows, events that wait, cgroups of pods that there are, and such cgroups in the kernel's map.
held() {
    local address

    address=$(trigon_kubectl get "$(agent_pod)" -o 'jsonpath={.status.podIP}')
    {
        node_run 20 "curl -s http://$address:6789/metrics | awk '/^trigon_(pods|event_cache_entries)/ { print \$NF }'
            find /sys/fs/cgroup -type d -path '*[/-]pod[0-9a-f]*' | wc -l"
        node_kernel_run 20 'bpftool -j map dump name cgroup_scopes | jq "length - 1"' # the mark is no cgroup
    } | xargs
}

nothing_is_left() {
    local pods waiting cgroups scopes

    FOUND=$(held)
    read -r pods waiting cgroups scopes <<<"$FOUND"
    ((pods == $(kubectl get pods -A -o name | wc -l) && waiting == 0 && scopes == cgroups))
}

rows() { # CONDITION: of the first processes of the pods in a row, the pods' names
    jq_log -r ".process_exec.process | select(.binary == \"/shell\" and (.pod.name // \"\" | startswith(\"row-\"))) | select($1) | .pod.name" \
        "$NODE_DIR/trigon.log" | sort -u
}

rows_seen() {
    log_copy trigon.log
    (($(rows true | wc -l) == PODS))
}

for ((wave = 0; wave * WAVE < PODS; wave++)); do
    wave_make "$wave"
    ((wave != 1)) || trigon_kubectl delete "$(agent_pod)" --wait=false >/dev/null
    check kubectl wait --for=jsonpath='{.status.phase}'=Running pod -l "wave=$wave" --timeout "$(limit "$WAVE_LIMIT_S")" >/dev/null
    ((wave != 1)) || check trigon_kubectl rollout status ds/trigon --timeout "$(limit "$POD_LIMIT_S")" >/dev/null
    kubectl delete pod -l "wave=$wave" --wait=false >/dev/null
done
wait_until 60 "first process of each of $PODS pods" rows_seen
step "$PODS pods in a row, $(rows '.flags | contains("procFS")' | wc -l) of them while no agent ran"
check_output "" jq_log -c '.process_exec.process | select(.binary == "/shell" and .pod == null)' "$NODE_DIR/trigon.log"
# their sandboxes' processes have the pod, and no container that could be missing
sandboxes() { # CONDITION: of the pods of these
    jq_log -r ".process_exec.process | select(.binary == \"/pause\") | .pod | values | select($1) | .name" "$NODE_DIR/trigon.log" | sort -u
}
check test "$(sandboxes '.name | startswith("row-")' | wc -l)" -gt 0
check_output "" sandboxes 'has("container")'
wait_until 60 "end of all that was kept for these pods" nothing_is_left
kib=$(agent_kib)
step "pods, events that wait, cgroups, cgroups in the map: $(held); the agent's memory: $kib KiB"
check test "$kib" -le "$MEMORY_MAX_KIB"
