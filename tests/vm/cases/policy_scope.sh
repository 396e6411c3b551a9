# Policies of the host alone and of pods alone: which processes they are for is asked by cgroup, in the kernel. Pods are not
# known here, where no API server answers; tests/e2e/cases/scope.sh has the rest.
# timeout: 300
uid=6d2a4f3e-1b2c-4d5e-8f90-0a1b2c3d4e5f
first=$(printf "1%063d" 0) second=$(printf "2%063d" 0)
hierarchy=/sys/fs/cgroup
for controller in memory pids cpuset; do
    [[ ! -d $hierarchy/$controller ]] || { hierarchy=$hierarchy/$controller && break; }
done
pod=$hierarchy/kubepods/pod$uid

kubeconfig_away >kubeconfig
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

# deeper than the agent looks at its start
there_deep=$pod/$first$(printf '/d%.0s' {1..30})
mkdir -p "$there_deep"
cleanup "find $hierarchy/kubepods -depth -type d -exec rmdir {} +"
agent_start --kubeconfig kubeconfig --tracing-policy-dir "$WORK/policies" --server-address "$WORK/trigon.sock"
policies_ready 3
act of-the-host
act there-before "$pod/$first"
act there-deep "$there_deep"
mkdir "$pod/$second"
act comes-later "$pod/$second"
mkdir "$pod/$first/deeper"
act in-another "$pod/$first/deeper"

# --- a container makes more cgroups than there is room for: they are its own all the same, and take no place from others
third=$(printf "3%063d" 0)
status() { # the agent is not ready, without an API server
    "$TRIGON" status --server-address "$WORK/trigon.sock" "$@" || test $? = 1
}
scopes() { # FILTER: jq's FILTER holds for what it says of cgroups
    status -o json | jq -e ".scopes | $1" >"$WORK/scopes"
}
check wait_until 20 scopes '.cgroups >= 4 and .missing == 0 and .covered == "0"'
maximum=$(status -o json | jq .scopes.maximum)
mkdir "$pod/$first/many"
for ((i = 0; i < maximum; i += 1000)); do
    (cd "$pod/$first/many" && seq "$i" $((i + 999)) | xargs mkdir)
done
act in-the-last "$pod/$first/many/$((i - 1))"
mkdir "$pod/$third"
act comes-with-no-room "$pod/$third"
mkdir "$pod/$third/deeper"
act deeper-with-no-room "$pod/$third/deeper"
# so deep that nobody looks for a cgroup with a place: who hides there is told of by all
deep=$pod/$first/many/$((i - 1))$(printf '/d%.0s' {1..40})
mkdir -p "$deep"
act in-the-deep "$deep"
act of-the-host-again
check wait_until 60 scopes '.cgroups == .maximum and .missing == 0 and (.covered | tonumber) > 0'
check grep -q 'more cgroups inside of containers than there is room for' "$AGENT_STDERR"
check grep -qE "^pods' cgroups +$maximum of at most $maximum, [0-9]+ not known yet$" <(status)
if grep -q 'there is no room for' "$AGENT_STDERR"; then
    fail "a container's cgroups took the room of others"
fi
find "$pod/$first/many" -depth -mindepth 1 -type d -exec rmdir {} +
check wait_until 60 scopes '.cgroups >= 4 and .cgroups < 100' # those that went without a place do not ask for one
# a moment later than these, which are not to come; lines of containers without a name wait for it until the agent ends
act at-the-end
log_sync
agent_stop
for mark in of-the-host of-the-host-again at-the-end; do
    check test "$(policies_of "$mark")" = 'of-all of-host'
done
check test "$(policies_of in-the-deep)" = 'of-all of-host of-pod'
for mark in there-before there-deep comes-later in-another in-the-last comes-with-no-room deeper-with-no-room; do
    check test "$(policies_of "$mark")" = 'of-all'
done
