# With `return: true` filters ask what was so before the call, of calls that change it; a signal waits for what the call
# writes where a filter asks for that; 32-bit calls have their arguments in registers of their own.
# kernels: 5.10 6.1 6.12 7
# timeout: 300

act=$(helper act)
set_ids=$(helper set_ids)
cp /bin/true a-true
cp /bin/bash a-bash
cp /usr/bin/head a-head
echo A-SECRET >secret
mkdir policies

# policy NAME CALL ARGS SELECTOR
policy() {
    cat >"policies/$1.yaml" <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: $1}
spec:
  kprobes:
  - call: $2
    return: true
    returnArg: {index: 0, type: int}
    args: [$3]
    selectors: [$4]
POLICY
}

int='{index: 0, type: int}'
path='{index: 0, type: string}'
policy capabilities sys_setuid "$int" \
    '{matchArgs: [{index: 0, operator: Equal, values: ["4711"]}], matchCapabilities: [{operator: In, values: [CAP_SETUID]}]}'
policy namespaces sys_unshare "$int" '{matchNamespaces: [{namespace: User, operator: In, values: [host_ns]}]}'
policy argument sys_execve "$path" '{matchArgs: [{index: 0, operator: Postfix, values: ["/a-true"]}]}'
policy binary sys_execve "$path" "{matchBinaries: [{operator: In, values: [\"$WORK/a-bash\"]}]}"
policy copy sys_read "$int, {index: 1, type: char_buf, returnCopy: true, sizeArgIndex: 3}" \
    '{matchArgs: [{index: 1, operator: Prefix, values: ["A-SECRET"]}], matchActions: [{action: Sigkill}]}'
cat >policies/ia32.yaml <<'POLICY'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: ia32}
spec:
  lists: [{name: calls, type: syscalls, values: ["i386/sys_setuid"]}]
  kprobes:
  - call: list:calls
    args: [{index: 0, type: int}]
    selectors: [{matchArgs: [{index: 0, operator: Equal, values: ["4713"]}]}]
POLICY

agent_start --tracing-policy-dir "$WORK/policies"
policies_ready 6
"$set_ids" setuid 4711
unshare --user /bin/true
"$WORK/a-true"
"$WORK/a-bash" -c "exec '$WORK/a-true' of-bash"
status=0
"$WORK/a-head" -c 9 secret >shown || status=$?
check test "$status" = 137
"$act" M call32 213 4713
log_sync
agent_stop
jq -r 'select(.process_kprobe) | .process_kprobe | "\(.policy_name) \(.args[0] | .int_arg // .string_arg)"' "$LOG" |
    sed "s|$WORK/||" | sort -u >told
check diff - told <<'TOLD'
argument a-true
binary a-true
capabilities 4711
copy 3
ia32 4713
namespaces 268435456
TOLD
