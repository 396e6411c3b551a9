# sizeArgIndex means nothing in a returnArg: at a function's return its arguments are no more. It is said, and no harm.
# kernels: 5.10 6.12

mkdir one many
cat >one/policy.yaml <<'POLICY'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: sized}
spec:
  lists: [{name: calls, type: syscalls, values: [sys_read, sys_write, sys_pread64, sys_pwrite64, sys_readv, sys_writev, sys_preadv, sys_pwritev, sys_recvfrom, sys_sendto, sys_recvmsg, sys_sendmsg, sys_getdents64, sys_readlink, sys_getrandom, sys_getcwd, sys_sendfile64, sys_splice]}]
  kprobes:
  - call: sys_getcwd
    return: true
    returnArg: {index: 0, type: char_buf, sizeArgIndex: 15}
    args: [{index: 1, type: int}]
    selectors: [{matchBinaries: [{operator: In, values: ["/x"]}]}]
POLICY
sed 's/call: sys_getcwd/call: list:calls/; s/sizeArgIndex: 15/sizeArgIndex: 3/' one/policy.yaml >many/policy.yaml
for how in "" --hook-attach=kprobe; do
    for policies in one many; do
        check "$TRIGON" policy explain "$policies/policy.yaml" >/dev/null
        LOG=$WORK/$policies$how.log
        agent_start --tracing-policy-dir "$WORK/$policies" ${how:+"$how"}
        policies_ready 1
        check grep -q 'sizeArgIndex has no effect in returnArg' "$AGENT_STDERR"
        agent_stop
    done
done
