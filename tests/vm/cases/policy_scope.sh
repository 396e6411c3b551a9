# Policies of the host alone and of pods alone: which processes they are for is asked by cgroup, in the kernel. Pods are not
# known here, where no API server answers; tests/e2e/cases/scope.sh has the rest.
uid=6d2a4f3e-1b2c-4d5e-8f90-0a1b2c3d4e5f
first=$(printf "1%063d" 0) second=$(printf "2%063d" 0)
hierarchy=/sys/fs/cgroup
for controller in memory pids cpuset; do
    [[ ! -d $hierarchy/$controller ]] || { hierarchy=$hierarchy/$controller && break; }
done
pod=$hierarchy/kubepods/pod$uid

cat >kubeconfig <<CONFIG
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:9"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {}}]
current-context: c
CONFIG
mkdir policies
for selector in host pod; do
    cat >policies/$selector.yaml <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: of-$selector}
spec:
  ${selector}Selector: {}
  tracepoints: [{subsystem: syscalls, event: sys_enter_setpriority}]
POLICY
done
sed '/Selector/d; s/of-pod/of-all/' policies/pod.yaml >policies/all.yaml

# act MARK [CGROUP]: by a process of the host, or the first of a cgroup
act() {
    # shellcheck disable=SC2016 # for the other shell
    sh -c 'test -z "$1" || echo $$ >"$1/cgroup.procs"; exec nice -n 1 /bin/true "$0"' "$1" "${2:-}"
}
policies_of() {
    jq -r --arg mark "$1" 'select(.process_tracepoint.process.arguments // "" | endswith($mark)) | .process_tracepoint.policy_name' "$LOG" |
        sort -u | xargs
}

mkdir -p "$pod/$first"
cleanup "find $hierarchy/kubepods -depth -type d -exec rmdir {} +"
agent_start --kubeconfig kubeconfig --tracing-policy-dir "$WORK/policies"
policies_ready 3
act of-the-host
act there-before "$pod/$first"
mkdir "$pod/$second"
act comes-later "$pod/$second"
mkdir "$pod/$first/deeper"
act in-another "$pod/$first/deeper"
# a moment later than these, which are not to come; lines of containers without a name wait for it until the agent ends
act at-the-end
log_sync
agent_stop
for mark in of-the-host at-the-end; do
    check test "$(policies_of "$mark")" = 'of-all of-host'
done
for mark in there-before comes-later in-another; do
    check test "$(policies_of "$mark")" = 'of-all'
done
