# The capabilities that the chart gives the agent: with them everything works, also outside of the node's pid namespace, and without
# one of them just that does not which the table in docs/install.md says.
# timeout: 300
# kernels: 5.10 6.1
{
    stacks_policy
    cat <<'POLICY'
---
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: of-host}
spec:
  hostSelector: {}
  kprobes: [{call: sys_chdir, syscall: true}]
POLICY
} >policy.yaml
kubeconfig_away >kubeconfig # selectors need a cluster
event='select(.process_kprobe.policy_name == "stacks") | .process_kprobe'
given=$(sed -n 's/^  capabilities: \[\(.*\)\]$/\1/p' "$REPOSITORY/helm/trigon/values.yaml" | tr -d ' ' | tr 'A-Z,' 'a-z ')
check test "$(wc -w <<<"$given")" -ge 2
real=$TRIGON
TRIGON=$WORK/limited

# A program that only its user may read, and a process of another user from before the agent.
install -o 1000 -m 711 "$(helper stack)" secret
setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all sleep 1000 &
sleeper=$!
cleanup "kill $sleeper"
is_asleep() {
    [[ $(<"/proc/$sleeper/comm") == sleep ]]
}
wait_until 5 is_asleep

# limit CAPABILITY...: the agents to come have these, and little memory to lock, as in a container
limit() {
    cat >limited <<SCRIPT
#!/bin/bash
ulimit -l 64
exec setpriv --inh-caps=-all --bounding-set=-all$(printf ',+%s' "$@") $real "\$@"
SCRIPT
    chmod 755 limited
}

# The agents to come have a pid namespace and a /proc of their own besides, and the host's elsewhere, as with hostPID=false.
leave_pid_namespace() {
    mv limited with-capabilities
    mkdir host-proc
    cat >limited <<SCRIPT
#!/bin/bash
unshare --pid --fork --mount bash -c 'mount --rbind /proc $WORK/host-proc; mount -t proc proc /proc; exec "\$@"' agent \\
    $WORK/with-capabilities "\$@" --procfs $WORK/host-proc &
trap 'kill \$(</proc/\$!/task/\$!/children)' TERM
wait # until the signal
wait \$!
SCRIPT
    chmod 755 limited
}

# try NAME: an agent that has what limit has said; 0 if it could start
try() {
    LOG=$WORK/$1.log AGENT_STDERR=$WORK/$1.err
    "$TRIGON" agent --export-filename "$LOG" --tracing-policy "$WORK/policy.yaml" \
        --kubeconfig "$WORK/kubeconfig" </dev/null >/dev/null 2>"$AGENT_STDERR" &
    AGENT_PID=$!
    wait_until 60 started_or_ended
    if ! kill -0 "$AGENT_PID" 2>/dev/null; then
        ! wait "$AGENT_PID" || fail "without $1 the agent ended, and said 0"
        return 1
    fi
    as_user 1000 ./secret "/nowhere-$1"
    kill "$AGENT_PID"
    wait "$AGENT_PID"
}
started_or_ended() {
    grep -q 'policies: [0-9]* enabled' "$AGENT_STDERR" || ! kill -0 "$AGENT_PID" 2>/dev/null
}

says() {
    grep -q -- "$1" "$AGENT_STDERR" || fail "the agent does not say: $1, but: $(<"$AGENT_STDERR")"
}

# What works: words, in this order.
works() {
    [[ -z $(jq -c ".process_exec.process | select(.pid == $sleeper and (.binary | endswith(\"/sleep\")) and .cwd == \"$WORK\")" "$LOG") ]] || echo procfs
    grep -q 'cannot read the namespaces of pid 1' "$AGENT_STDERR" || echo namespaces
    grep -q "cannot look at the host's files" "$AGENT_STDERR" || echo cgroups
    [[ -z $(jq -c "$event" "$LOG") ]] || echo policy
    [[ -z $(jq -c "$event | select(any(.kernel_stack_trace[]?; .symbol))" "$LOG") ]] || echo kernel-symbols
    [[ -z $(jq -c "$event | select(any(.user_stack_trace[]?; .symbol == \"stack_inner\"))" "$LOG") ]] || echo user-symbols
}
is_working() { # NAME WHAT...
    local got

    got=$(works | xargs)
    [[ $got == "${*:2}" ]] || fail "without $1 works: $got; wanted: ${*:2}"
}

# shellcheck disable=SC2086 # words
limit $given
if [[ $KERNEL == native ]]; then
    try nothing
    grep -q 'policies: 2 enabled' "$AGENT_STDERR" || skip "this kernel does not let sys_chdir be hooked"
else
    check try nothing
fi
is_working nothing procfs namespaces cgroups policy kernel-symbols user-symbols
leave_pid_namespace
check try host-pid
is_working host-pid procfs namespaces cgroups policy kernel-symbols user-symbols
for capability in $given; do
    # shellcheck disable=SC2046 # words
    limit $(printf '%s\n' $given | grep -vx "$capability")
    case $capability in
        bpf | perfmon)
            ! try "$capability" || fail "the agent starts without $capability"
            says 'needs root, or the capabilities CAP_BPF and CAP_PERFMON'
            ;;
        sys_ptrace)
            check try "$capability"
            is_working "$capability" policy kernel-symbols
            ;;
        syslog)
            check try "$capability"
            is_working "$capability" procfs namespaces cgroups policy user-symbols
            ;;
        dac_read_search)
            check try "$capability"
            is_working "$capability" procfs namespaces cgroups policy kernel-symbols
            ;;
        sys_resource)
            if [[ $KERNEL == 5.10 ]]; then
                ! try "$capability" || fail "the agent starts without $capability"
                says 'before Linux 5.11 also SYS_RESOURCE'
            else
                check try "$capability"
                is_working "$capability" procfs namespaces cgroups policy kernel-symbols user-symbols
            fi
            ;;
        *)
            fail "nobody says here what $capability is for"
            ;;
    esac
done
