# Trigon on a real node by the README's commands: image from the Dockerfile, chart, first policy, first event of a pod, upgrade,
# uninstall; and the same from the manifests.
# timeout: 1800
# needs: kube-controller-manager kube-scheduler kubelet kube-proxy helm
# shellcheck shell=bash

# shellcheck source=tests/e2e/chart.sh
. "$E2E_DIR/chart.sh"
# shellcheck source=tests/e2e/image_check.sh
. "$E2E_DIR/image_check.sh"
# shellcheck source=tests/vm/use_cases.sh
. "$REPOSITORY/tests/vm/use_cases.sh"

# What the commands of the documents are typed with.
mkdir "$WORK/bin"
ln -s "$HELM" "$WORK/bin/helm"
ln -s "$("$E2E_DIR/tools" path kubectl)" "$WORK/bin/kubectl"

# doc_commands FILE REGEX: prints the commands of the first block behind the line that matches, one a line
doc_commands() {
    awk -v after="$2" '
        $0 ~ after { found = 1 }
        found && /^    / { printf "%s%s", substr($0, 5), /\|$/ ? " " : "\n"; inside = 1 }
        inside && !/^    / { exit }' "$REPOSITORY/$1"
}

# Runs a command line of a document as it is there, but for the registry, from which nothing is pulled here.
as_printed() {
    (cd "$REPOSITORY" && PATH=$WORK/bin:$PATH bash -euo pipefail -c "${1//REGISTRY/docker.io/library}")
}

# What is of the cluster, what is in the namespace, and what is in the kernel.
is_gone() {
    [[ -z $(kubectl get clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings -l app.kubernetes.io/name=trigon -o name &&
        trigon_kubectl get all,configmaps,secrets,serviceaccounts,networkpolicies,roles,rolebindings,leases,poddisruptionbudgets -o name | grep trigon
        kubectl get crd -o name | grep -E 'cilium.io|trigon.dev'
        node_kernel_run 20 "bpftool prog show | grep trigon_") ]]
}

# Pod Security: the operator and the test are restricted, the agents cannot be.
kubectl label namespace "$NAMESPACE" pod-security.kubernetes.io/warn=restricted >/dev/null
warnings() { # TEMPLATE
    "$HELM" template trigon "$REPOSITORY/helm/trigon" --namespace "$NAMESPACE" --kube-version 1.34.0 -s "templates/$1" 2>/dev/null |
        sed '/serviceAccountName:/d' | # which is not there
        kubectl create --dry-run=server -f - 2>&1 >/dev/null
}
check_output "" warnings operator.yaml
check_output "" warnings tests/check-cluster.yaml
check grep -q 'would violate PodSecurity "restricted' <(warnings daemonset.yaml)
kubectl label namespace "$NAMESPACE" pod-security.kubernetes.io/warn- >/dev/null

chart_node 6.1 runc
image_check "$IMAGES/trigon.tar" "$(dpkg --print-architecture)"

# --- the README, word for word
mapfile -t commands < <(doc_commands README.md '^.*In a Kubernetes cluster')
check_output "$(printf '%s\n' "${commands[@]}")" doc_commands docs/install.md '^# Installing'
event="default/raise /bin/su Process set its user id to that of root"
check grep -qF "$event" "$REPOSITORY/README.md"
cleanup _keep_logs
cleanup "kubectl delete -f $REPOSITORY/policies/privileges-raise.yaml --ignore-not-found >/dev/null 2>&1"
prints_event() { # COMMAND
    as_printed "$1" | grep -qxF "${event/default/$NAMESPACE}"
}
uninstall=
for command in "${commands[@]}"; do
    case $command in
    *' logs '*) wait_until "$EVENT_LIMIT_S" "event" prints_event "$command" ;;
    'helm uninstall '*) uninstall=$command ;;
    *) check as_printed "$command" ;;
    esac
    step "$command"
done
check test -n "$uninstall"

helm test trigon --timeout "$(limit 60)"
check_output 1/1 trigon_kubectl get ds trigon -o 'jsonpath={.status.numberReady}/{.status.desiredNumberScheduled}'
trigon=$(agent_pod)

# What runs when the agent starts is told with its pod, the agent itself included; of operators there may be some.
pods_of_trigon() {
    events '.process_exec.process | (.flags // "" | startswith("procFS")) and (.binary | endswith("/trigon"))' |
        jq -r '.process_exec.process.pod | "\(.namespace) \(.name)"' | sort -u
}
knows_itself() {
    local pods

    pods=$(pods_of_trigon)
    grep -qxF "$TRIGON_NAMESPACE ${trigon#pod/}" <<<"$pods" && ! grep -q null <<<"$pods"
}
wait_until "$EVENT_LIMIT_S" "events of the agent itself, with its pod" knows_itself

# The agent's own commands, in its container.
in_agent() {
    trigon_kubectl exec "$trigon" -c trigon -- trigon "$@"
}
check_output true jq .ready <(in_agent status -o json)
check_output options.txt grep -o 'options\.txt$' <(in_agent bugtool --out - 2>/dev/null | tar tz)
background live in_agent events --follow -o json --pod '^privileged$'

# All of the library. Networks of pods and services are the cluster's own: the literal placeholders of egress.yaml.
kubectl apply -f - >/dev/null <<POD
apiVersion: v1
kind: Pod
metadata: {name: privileged}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: docker.io/library/shell:test
      imagePullPolicy: Never
      securityContext: {privileged: true}
POD
check kubectl apply -f "$REPOSITORY/policies" >/dev/null
cleanup "kubectl delete -f $REPOSITORY/policies --ignore-not-found --wait=false >/dev/null 2>&1"
wait_until 120 "READY 1/1 of all of the library" policies_are_ready
kubectl get tracingpolicies
kubectl get clusternetworks cluster
check kubectl wait --for=condition=Ready pod/privileged --timeout "$(limit "$POD_LIMIT_S")" >/dev/null
# tells POLICY FILTER COMMAND...: what a pod does is told of by the policy, with the pod's name
tells() {
    local policy=$1 filter=$2

    kubectl exec privileged -- "${@:3}" || true
    pod_is_told() {
        [[ -n $(events ".process_kprobe.policy_name == \"$policy\" or .process_loader != null" |
            jq -c "select($filter) | (.process_kprobe // .process_loader).process.pod | select(.name == \"privileged\")") ]]
    }
    wait_until "$EVENT_LIMIT_S" "event of $policy" pod_is_told
}
tells privileges-raise '.process_kprobe.function_name == "__sys_setresuid"' /shell setuid
# the use case's filter as the library publishes it, on what `kubectl logs` prints
check grep -qE "^\"[^ ]+Z $NAMESPACE privileged /shell setuid __sys_setresuid \[" \
    <(events true | jq "$(library_filter 'Privileges Escalation via Setuid System Calls')")
check_output '"privileged Pod main"' jq -s '.[0].process_kprobe.process.pod | "\(.workload) \(.workload_kind) \(.container.name)"' \
    <(events '.process_kprobe | .policy_name == "privileges-raise" and .process.pod.name == "privileged" and .process.binary == "/shell"')
is_live() {
    jq -cR 'fromjson? | .process_kprobe | select(.policy_name == "privileges-raise" and .process.pod.container.name == "main")' \
        "$WORK/live.out" | grep -q .
}
wait_until "$EVENT_LIMIT_S" "the same event in the live stream" is_live
tells bpf-library-policy '.process_kprobe.function_name == "bpf_check"' /shell bpf
tells monitor-kernel-modules '.process_kprobe.function_name == "security_kernel_module_request"' /shell module
tells accept '.process_kprobe.process.binary == "/usr/sbin/sshd"' /usr/sbin/sshd connect 10.0.2.2 9
tells loader '.process_loader.path == "/lib/libshell.so"' /shell map /lib/libshell.so
tells monitor-network-activity-outside-cluster-cidr-range '.process_kprobe.args[0].sock_arg.daddr == "10.0.2.2"' /shell connect 10.0.2.2 9
# a service and a pod of the cluster, and one of a node that joins, are not outside
kubectl create -f - >/dev/null <<OBJECT
{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "joined"}, "spec": {"podCIDR": "10.99.7.0/24", "podCIDRs": ["10.99.7.0/24"]}}
OBJECT
cleanup "kubectl delete node joined --ignore-not-found >/dev/null 2>&1"
kubectl exec privileged -- /shell connect 10.99.8.7 9
is_published() {
    kubectl get clusternetworks cluster -o 'jsonpath={.status.podCIDRs}' | grep -qF 10.99.7.0/24
}
wait_until 20 "network of the node that joined" is_published
changed() {
    trigon_kubectl logs "$trigon" -c trigon | grep -q 'monitor-network-activity-outside-cluster-cidr-range: new values'
}
wait_until 20 "new values" changed
for address in 10.96.0.1 10.244.0.77 10.99.7.7 10.99.8.8; do
    kubectl exec privileged -- /shell connect "$address" 9
done
reached() {
    events '.process_kprobe.function_name == "tcp_connect" and .process_kprobe.process.pod.name == "privileged"' |
        jq -r '.process_kprobe.args[0].sock_arg.daddr' | sort -u | xargs
}
has_reached() {
    [[ $(reached) == *10.99.8.8* ]]
}
wait_until "$EVENT_LIMIT_S" "last connection" has_reached
check_output '10.0.2.2 10.99.8.7 10.99.8.8' reached
step "the library's policies; egress with the cluster's networks, and a node that joined"

# --- an edit under load: each call is told once, by the old version or by the new one
# counts NAME: a pod calls setresuid() again and again, with numbers from 1000 on, one each 20 ms
counts() {
    kubectl exec privileged -- /shell count 20 "$1"
}

# count_start NAME: the same beside the case, from its first call on
count_start() {
    background "count-$1" counts "$1"
    count_pid=$BACKGROUND_PID
    wait_until "$EVENT_LIMIT_S" "first of the calls" grep -qs counting "$WORK/count-$1.out"
}

# Writes "NUMBER MESSAGE" of each event of these calls to the file `counted`.
count_events() { # NAME
    log_copy trigon.log
    jq_log -r --arg arguments "count 20 $1" '.process_kprobe | select(.process.arguments == $arguments and .policy_name == "privileges-raise") |
        "\(.args[0].int_arg) \(.message)"' "$NODE_DIR/trigon.log" >counted
}

has_counted() { # NAME NUMBER
    count_events "$1"
    grep -q "^$2 " counted
}

# count_stop NAME: ends them; sets $last to the number of the last one, whose event is in the file `counted`
count_stop() {
    check kubectl exec privileged -- /shell stop
    check wait "$count_pid"
    last=$(tail -n 1 "$WORK/count-$1.out")
    wait_until "$EVENT_LIMIT_S" "event of the last call, $last" has_counted "$1" "$last"
}

generation_is_ready() { # POLICY: the one that is there now
    kubectl get tracingpolicies "$1" -o json | jq -e '.metadata.generation as $generation | .status |
        .observedGeneration == $generation and .ready == "1/1" and (.conditions[] | select(.type == "Ready") |
        .status == "True" and .observedGeneration == $generation)' >/dev/null
}

count_start edited
kubectl patch tracingpolicies privileges-raise --type json \
    -p '[{"op": "replace", "path": "/spec/kprobes/8/message", "value": "edited"}]' >/dev/null
wait_until 30 "READY of the edited policy" generation_is_ready privileges-raise
count_stop edited
check_output "$(seq 1000 "$last")" cut -d ' ' -f 1 counted
check_output "Process set its effective or saved user id to that of root,edited" \
    bash -c "cut -d ' ' -f 2- counted | uniq | paste -sd ,"
step "edited under load: $((last - 999)) calls, of which $(grep -c ' edited$' counted) were told by the new version"

# --- the agent's pod goes under load: it ends by itself, and what is not told is what happened until the next one has started
count_start gone
start=$SECONDS
trigon_kubectl delete "$trigon" --wait --timeout "$(limit "$POD_LIMIT_S")" >/dev/null # the kernel removes hooks, on an emulated CPU
step "the agent's pod is gone after $((SECONDS - start)) s"
check trigon_kubectl rollout status ds/trigon --timeout "$(limit "$POD_LIMIT_S")" >/dev/null
readarray -t policies < <(kubectl get tracingpolicies -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' | sort)
check test "${#policies[@]}" == "$(find "$REPOSITORY/policies" -name '*.yaml' | wc -l)"
wait_until 60 "policies" policies_run "${policies[@]}"
trigon=$(agent_pod)
count_stop gone
# The one came to its last record, and the next one knows it.
check_output true jq_log -n '[inputs | .loss_ledger | select(.reason == "START")] | last | .previous.ended' "$NODE_DIR/trigon.log"
# one gap, and none before or after
gaps=$(awk 'NR > 1 && $1 != last + 1 { print $1 - last - 1 } { last = $1 }' counted)
check test "$(wc -w <<<"$gaps")" == 1
step "of calls each 20 ms not told while no agent ran: $gaps"

# A policy that breaks says so, and its last good version goes on; one that goes says nothing any more.
kubectl patch tracingpolicies privileges-raise --type json -p '[{"op": "replace", "path": "/spec/kprobes/8/call", "value": "no_such_function"}]' >/dev/null
is_broken() {
    kubectl get tracingpolicies privileges-raise -o wide --no-headers | grep -E ' 0/1 .*no_such_function' >/dev/null
}
wait_until 60 "READY 0/1 with the reason" is_broken
step "$(kubectl get tracingpolicies privileges-raise -o wide --no-headers | cut -c 1-150)"
policy_since_6_2 | kubectl apply -f - >/dev/null
cleanup 'kubectl delete tracingpoliciesnamespaced truncate --ignore-not-found >/dev/null 2>&1'
ready=' 0/1 .*security_file_truncate'
! node_is_since_6_2 || ready=' 1/1 '
has_ready() {
    kubectl get tracingpoliciesnamespaced truncate -o wide --no-headers | grep -E "$ready" >/dev/null
}
wait_until 60 "READY$ready of a policy for 6.2 and later" has_ready
step "$(kubectl get tracingpoliciesnamespaced truncate -o wide --no-headers | cut -c 1-150)"
check kubectl delete tracingpoliciesnamespaced truncate >/dev/null
check_fails 'unknown operator|Unsupported value|supported values' kubectl apply -f - <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: refused}
spec:
  kprobes: [{call: tcp_connect, syscall: false, args: [{index: 0, type: sock}], selectors: [{matchArgs: [{index: 0, operator: Equals, values: ["x"]}]}]}]
POLICY
check kubectl delete -f "$REPOSITORY/policies" >/dev/null
wait_until 60 "end of all policies" policies_run
kubectl exec privileged -- /shell setuid deleted
is_executed() {
    [[ -n $(events '.process_exec.process | .arguments == "setuid deleted" and .pod.name == "privileged"') ]]
}
wait_until "$EVENT_LIMIT_S" "event of the process" is_executed
check_output "" events '.process_kprobe.process.arguments == "setuid deleted"'
step "no event of a policy that was deleted"

# An agent reports on its own node, and on no other.
token=$(trigon_kubectl create token trigon --bound-object-kind Pod --bound-object-name "${trigon#pod/}")
as_agent() {
    kubectl --kubeconfig /dev/null --server "$SERVER" --certificate-authority "$CLUSTER/pki/ca.crt" --token "$token" "$@"
}
report_on() {
    as_agent apply --server-side --force-conflicts --field-manager trigon-agent -f - <<OBJECT
{"apiVersion": "trigon.dev/v1alpha1", "kind": "TracingNode", "metadata": {"name": "$1"}}
OBJECT
}
check_fails "only the agent of node another may write this TracingNode" report_on another
check report_on "$NODE"
check_fails Forbidden as_agent get secrets
check_fails Forbidden as_agent delete tracingnode "$NODE"
step "an agent's rights are its own node's"
check node_kernel_run 20 "bpftool prog show | grep trigon_ >/dev/null"

helm upgrade trigon "$REPOSITORY/helm/trigon" --reuse-values --set agent.enableProcessCred=true \
    --set dashboards.enabled=true --wait --timeout "$(limit 60)"
check_output Trigon jq -r '.data["trigon.json"] | fromjson.title' <(trigon_kubectl get configmap trigon-dashboards -o json)
step "upgraded"
check as_printed "$uninstall"
wait_until 60 "end of all that was installed" is_gone
step "uninstalled"

# --- without Helm, as docs/install.md says
mapfile -t commands < <(doc_commands docs/install.md '^Without Helm')
check test "${#commands[@]}" == 4
for command in "${commands[@]:0:3}"; do
    check as_printed "$command" >/dev/null
done
step "installed without Helm"
check kubectl apply -f "$REPOSITORY/policies/privileges-raise.yaml"
check kubectl wait --for=condition=Ready tracingpolicy/privileges-raise --timeout "$(limit 60)"
tells privileges-raise '.process_kprobe.function_name == "__sys_setresuid"' /shell setuid
check as_printed "${commands[3]}" >/dev/null
wait_until 60 "end of all that was installed" is_gone
check_fails NotFound kubectl get namespace trigon
step "uninstalled without Helm"
