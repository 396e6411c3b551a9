# Whose processes a policy is for: its namespace and its selectors of pods, containers and the host, decided in the kernel, from
# a container's first process on; as pods come, change and go. The cgroups are made here as a container runtime makes them.
# timeout: 400

node=scope-$NAMESPACE
log=$WORK/events.json
hierarchy=/sys/fs/cgroup
[[ ! -d $hierarchy/memory ]] || hierarchy=$hierarchy/memory
acts=0
first=()
GAP_MAX_US=50000 # until it is known which policies a container is for, on average: 85 us on an idle machine

said() {
    grep -qE -- "$1" "$WORK/agent.out"
}

# new_id: prints a container's id.
new_id() {
    head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'
}

uid_of() {
    kubectl "${@:2}" get pod "$1" -o 'jsonpath={.metadata.uid}'
}

# make_cgroup UID [ID]: makes a pod's cgroup, or one of its containers.
make_cgroup() {
    mkdir -p "$hierarchy/kubepods/pod$1${2:+/$2}"
}

# act MARK [CGROUP]: what the policies watch, by a process of the host or the first one of a cgroup.
act() {
    # shellcheck disable=SC2016 # for the other shell
    sh -c 'test -z "$1" || echo $$ >"$1/cgroup.procs"; exec nice -n 1 /bin/true "$0"' "$1" "${2:+$hierarchy/kubepods/$2}"
}

# told MARK: the policies that told of it, in the order of their names.
told() {
    jq_log -r --arg mark "$1" 'select(.process_tracepoint.process.arguments // "" | endswith($mark)) | .process_tracepoint.policy_name' \
        "$log" | sort -u | xargs
}

is_heard() {
    [[ -n $(told "$1") ]]
}

# is_told MARK NAME...: policy `all` among them, of all processes; the lines of one container come in their order. Those of
# a container whose name is not known wait for it: 10 s, once.
is_told() {
    local end=end-$((++acts))

    wait_until 15 "event of $1" is_heard "$1"
    act "$end"
    wait_until 5 "event of the host" is_heard "$end"
    check_output "${*:2}" told "$1"
}

ends_up_told() { # POLICY UID ID: until the policy tells of an act there
    local mark=try-$((++acts))

    act "$mark" "pod$2/$3"
    wait_until 15 "event of $2" is_heard "$mark"
    [[ " $(told "$mark") " == *" $1 "* ]]
}

# give_status POD ID NAME [OPTION...]: as the kubelet does once a container runs.
give_status() {
    kubectl "${@:4}" patch pod "$1" --subresource status --type merge -p "{\"status\": {\"containerStatuses\": [{\"name\": \"$3\", \"ready\": true,
        \"restartCount\": 0, \"image\": \"none:none\", \"imageID\": \"docker.io/library/none@sha256:$2\", \"containerID\": \"containerd://$2\",
        \"state\": {\"running\": {\"startedAt\": \"2026-01-01T00:00:00Z\"}}}]}}" >/dev/null
}

# make_bundle ID TYPE [NAME]: as a runtime does before a container's cgroup is there
make_bundle() {
    mkdir "$bundles/$1"
    cleanup "rm -rf $bundles/$1"
    echo "{\"annotations\": {\"io.kubernetes.cri.container-type\": \"$2\"${3:+, \"io.kubernetes.cri.container-name\": \"$3\"}}}" \
        >"$bundles/$1/config.json"
}

# failures: prints how many events went out without their container's name.
failures() {
    curl -sf --unix-socket "$WORK/trigon.sock" http://trigon/metrics |
        awk '/^trigon_event_cache_fetch_failures_total/ { sum += $NF } END { print sum }'
}

# gap_us: prints how long it took in all until it was known which policies are for the containers that came.
gap_us() {
    curl -sf --unix-socket "$WORK/trigon.sock" http://trigon/metrics |
        awk '/^trigon_policy_scope_gap_seconds_total/ { printf "%d\n", $NF * 1000000 }'
}

# have_come COUNT: so many containers came, and nothing is missing to know that of any of them
have_come() {
    "$TRIGON" status --server-address "$WORK/trigon.sock" -o json | jq -e --arg count "$1" '.scopes | .containers == $count and .missing == 0' >/dev/null
}

# policy KIND NAME SELECTORS
policy() {
    kubectl apply -f - <<POLICY
apiVersion: cilium.io/v1alpha1
kind: $1
metadata: {name: $2}
spec:
  $3
  tracepoints: [{subsystem: syscalls, event: sys_enter_setpriority}]
POLICY
}

bundles=/run/containerd/io.containerd.runtime.v2.task/k8s.io
mkdir -p "$bundles"
cleanup "rmdir -p $bundles 2>/dev/null || true"
cleanup "find '$hierarchy/kubepods' -depth -type d -exec rmdir {} + 2>/dev/null || true"
cleanup 'kubectl delete tracingpolicies --all >/dev/null'
crds_make
node_make "$node"
pod_make web "$node"
pod_make db "$node"
kubectl create namespace "other-$NAMESPACE"
cleanup "kubectl delete namespace other-$NAMESPACE --wait=false >/dev/null"
wait_until 20 "service account" kubectl -n "other-$NAMESPACE" create serviceaccount default
kubectl get pod web -o json | jq '{apiVersion, kind, metadata: {name: .metadata.name, labels: .metadata.labels},
    spec: {nodeName: .spec.nodeName, containers: [.spec.containers[] | {name, image, imagePullPolicy}]}}' |
    kubectl -n "other-$NAMESPACE" create -f -
web=$(uid_of web) db=$(uid_of db) other=$(uid_of web -n "other-$NAMESPACE")
web_id=$(new_id) db_id=$(new_id) other_id=$(new_id) nobody=01234567-89ab-cdef-0123-456789abcdef nobody_id=$(new_id)
# one is there before the agent, the others come
make_cgroup "$web" "$web_id"
policy TracingPolicy all ''
policy TracingPolicyNamespaced namespaced ''
policy TracingPolicy pods 'podSelector: {}'
policy TracingPolicy web 'podSelector: {matchLabels: {app: web}}'
policy TracingPolicy web-here "podSelector: {matchLabels: {app: web, k8s:io.kubernetes.pod.namespace: $NAMESPACE}}"
policy TracingPolicy not-web 'podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}'
policy TracingPolicy main 'containerSelector: {matchLabels: {name: main}}'
policy TracingPolicy not-main 'containerSelector: {matchExpressions: [{key: name, operator: NotIn, values: [main]}]}'
policy TracingPolicy repo 'containerSelector: {matchExpressions: [{key: repo, operator: In, values: [docker.io/library/none]}]}'
policy TracingPolicy host 'hostSelector: {}'
policy TracingPolicy host-or-db $'hostSelector: {}\n  podSelector: {matchLabels: {app: db}}'
# shellcheck disable=SC2016 # for the other shell
background agent env NODE_NAME="$node" unshare --mount bash -c \
    'mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"' agent \
    "$TRIGON" agent --kubeconfig "$KUBECONFIG" --tracing-policy-dir '' --export-filename "$log" --export-file-max-size-mb 0 --server-address "$WORK/trigon.sock" \
    --log-level debug
agent=$BACKGROUND_PID
wait_until 60 "policies" said 'policies: 11 enabled, 0 failed'

# --- the host
act of-the-host
is_told of-the-host all host host-or-db

# --- an ordinary pod: its sandbox has no name that could be waited for, its container gets one in time
sandbox=$(new_id)
make_bundle "$sandbox" sandbox
make_cgroup "$db" && make_cgroup "$db" "$sandbox"
act of-sandbox "pod$db/$sandbox"
wait_until 5 "event of a sandbox" is_heard of-sandbox
check_output '["db",false]' jq_log -c 'select(.process_tracepoint.policy_name == "all") | .process_tracepoint.process |
    select(.arguments | endswith("of-sandbox")) | .pod | [.name, has("container")]' "$log"
make_cgroup "$db" "$db_id"
act of-ordinary "pod$db/$db_id"
give_status db "$db_id" store
wait_until 10 "event of an ordinary container" is_heard of-ordinary
check_output 0 failures

# --- a container that was there, pods of several namespaces, one that nobody knows
act of-web "pod$web/$web_id"
make_cgroup "$other" && make_cgroup "$nobody"
make_cgroup "$other" "$other_id" && make_cgroup "$nobody" "$nobody_id"
act of-nobody "pod$nobody/$nobody_id"
give_status web "$other_id" main -n "other-$NAMESPACE"
wait_until 10 "scope of db" ends_up_told not-main "$db" "$db_id"
wait_until 10 "scope of the other" ends_up_told main "$other" "$other_id"
act of-db "pod$db/$db_id"
is_told of-db all host-or-db namespaced not-main not-web pods repo
act of-other "pod$other/$other_id"
is_told of-other all main pods repo web
is_told of-web all namespaced pods web web-here
is_told of-nobody all

# --- what the container is called is in its pod's status
give_status web "$web_id" main
wait_until 10 "scope by the container's name" ends_up_told main "$web" "$web_id"
act of-main "pod$web/$web_id"
is_told of-main all main namespaced pods repo web web-here
# what is inside of a container's cgroup is the container's, whatever it is called
make_cgroup "$web" "$web_id/pod$db/$db_id"
act of-inside "pod$web/$web_id/pod$db/$db_id"
is_told of-inside all main namespaced pods repo web web-here
check_output "web main $(printf %.31s "$web_id")" jq_log -r 'select(.process_tracepoint.policy_name == "all") | .process_tracepoint.process |
    select(.arguments | endswith("of-inside")) | "\(.pod.name) \(.pod.container.name) \(.docker)"' "$log"

# --- labels change, without a new generation
kubectl label pod db app=web --overwrite
wait_until 10 "scope of the new label" ends_up_told web "$db" "$db_id"
act of-new-web "pod$db/$db_id"
is_told of-new-web all namespaced not-main pods repo web web-here
kubectl label pod db app=db --overwrite
wait_until 10 "scope of the old label" ends_up_told not-web "$db" "$db_id"
act of-db-again "pod$db/$db_id"
is_told of-db-again all host-or-db namespaced not-main not-web pods repo
if said 'new generation'; then
    fail "a change of labels loaded a policy anew"
fi

# --- a policy's selector changes: no event is lost of what both are for
policy TracingPolicy web 'podSelector: {matchExpressions: [{key: app, operator: In, values: [web, db]}]}'
wait_until 10 "new generation" said 'web: new generation'
act of-db-too "pod$db/$db_id"
is_told of-db-too all host-or-db namespaced not-main not-web pods repo web
check kubectl delete tracingpolicies web repo >/dev/null
wait_until 10 "end of a policy" said "9 enabled, 0 failed"

# --- first processes, of containers that come in a row and act as soon as they can. What they are called the runtime says
# before that; the agent needs a moment to read it.
name_of() {
    echo "main side" | cut -d ' ' -f "$(($1 % 2 + 1))"
}

wait_until 20 "scopes of the containers until now" have_come 3
gap=$(gap_us)
for i in {1..30}; do
    id=$(new_id)
    make_bundle "$id" container "$(name_of "$i")"
    # shellcheck disable=SC2016 # for the other shell
    sh -c 'mkdir "$1" && echo $$ >"$1/cgroup.procs" && exec nice -n 1 /bin/true "$0"' "first-$i" "$hierarchy/kubepods/pod$web/$id"
    first[i]=$id
done
is_pod_wide() { # MARK: told of by what does not ask for the container's name
    check_output 'all namespaced pods web-here' sh -c "echo '$(told "$1")' | sed 's/\(not-\)\?main //'"
}
wait_until 20 "last event" is_heard first-30
wait_until 20 "scopes of all containers" have_come 33
gap=$((($(gap_us) - gap) / 30))
echo "known after $gap us on average"
check test "$gap" -gt 0 -a "$gap" -le "$GAP_MAX_US"
for i in {1..30}; do
    is_pod_wide "first-$i"
done
act named "pod$web/${first[2]}"
act by-other "pod$web/${first[1]}"
is_told named all main namespaced pods web-here
is_told by-other all namespaced not-main pods web-here
rmdir "$hierarchy/kubepods/pod$web"/*/ 2>/dev/null || true

kill -TERM "$agent"
wait_until 30 "end of the agent" said 'ended; [0-9]+ records lost'
check said '33 containers came'
grep -E 'containers came|cgroups of pods|own mounts' "$WORK/agent.out"
