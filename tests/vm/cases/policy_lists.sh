# Lists as long as they get: more than 2,000 functions in one policy, each of which is told by its name.
# timeout: 500
# kernels: 5.10 6.12 7 native

PREFIXES=security,vfs,tcp,udp,ip,inet,sk,sock,key,cap,proc,seq,__x64_sys
AT_LEAST=2000
CALLS=(dup3 fadvise64 ftruncate lseek readahead sync_file_range)
HAS_MULTI=yes
case $KERNEL in
5.10)
    HAS_MULTI= # nor has Debian's 6.1, for want of CONFIG_FPROBE
    echo "without kprobe.multi each function takes 65 ms in software emulation: only those of LSM hooks are hooked"
    PREFIXES=security
    AT_LEAST=250
    CALLS=()
    ;;
native)
    skip "this machine's own kernel lets functions neither be hooked nor listed"
    ;;
esac

cp "$(helper act)" act
mkdir policies

# write_long MESSAGE PATTERN: all functions whose names begin so, of this process
write_long() {
    cat >long.new <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: long}
spec:
  lists: [{name: "many functions", type: generated_ftrace, pattern: "$2"}]
  kprobes:
  - call: "list:many functions"
    syscall: false
    message: "$1"
    selectors: [{matchBinaries: [{operator: In, values: ["$WORK/act"]}]}]
POLICY
    mv long.new policies/long.yaml
}

# said WORDS: waits until the agent has said it of the policy
said() {
    wait_until 400 grep -qE "policy long: $1" "$AGENT_STDERR" || fail "the agent did not say of policy long: $1"
    grep -E "policy long: $1" "$AGENT_STDERR" | tail -n 1
}

memory() {
    echo "$1: $(awk '/^MemAvailable/ { print $2 }' /proc/meminfo) kB available, $(grep VmRSS "/proc/$AGENT_PID/status")"
}

# told MESSAGE FUNCTION: the function is told with the message that the policy has now
told() {
    expect_jq '.process_kprobe | select(.policy_name == "long") | .function_name + " " + .message' "\"$2 $1\""
}

cat >calls.yaml <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: calls}
spec:
  lists: [{name: calls, type: generated_syscalls}]
  kprobes:
  - call: "list:calls"
    args: [{index: 1, type: int}]
    return: true
    returnArg: {index: 0, type: int}
    selectors:
    - matchArgs: [{index: 1, operator: Equal, values: ["4711"]}]
      matchBinaries: [{operator: In, values: ["$WORK/act"]}]
POLICY

agent_start --tracing-policy-dir "$WORK/policies"
memory "without a policy"
write_long first "^(${PREFIXES//,/|})_"
check "$TRIGON" policy check policies/long.yaml
"$TRIGON" policy explain policies/long.yaml >explained
cat explained
check test "$(wc -l <explained)" -lt 20
said 'enabled: [0-9]+ hooks'
wait_until 10 grep -q 'policies: 1 enabled' "$AGENT_STDERR"
memory "with the policy"
"$TRIGON" policy list | tee list
check test "$(awk '$2 == "long" { print $5 }' list)" -ge "$AT_LEAST"

# The functions that a process calls on its way, by name, and no others.
./act + call readahead -1 1 || true
told first security_file_mprotect
[[ ! $HAS_MULTI ]] || told first __x64_sys_readahead
jq -r '.process_kprobe | select(.policy_name == "long") | .function_name' "$LOG" | sort -u >functions
check test "$(grep -cE "^(${PREFIXES//,/|})_" functions)" = "$(wc -l <functions)"

# Another message: other programs, behind what is attached.
write_long second "^(${PREFIXES//,/|})_"
said 'new generation: [0-9]+ hooks, [0-9]+ programs loaded, [0-9] attached' # that a trampoline refuses, once more
./act + call readahead -1 2 || true
told second security_file_mprotect
[[ ! $HAS_MULTI ]] || told second __x64_sys_readahead

# Fewer functions, and the others are told no more.
write_long third "^security_(file|inode|bprm)_"
said 'new generation: [0-9]{2} hooks'
./act + call readahead -1 3 || true
told third security_file_mprotect
expect_no_jq '.process_kprobe | select(.message == "third") | .function_name' '__x64_sys_|vfs_|tcp_'

# All system calls, with arguments and results.
if ((${#CALLS[@]})); then
    cp calls.yaml policies
    wait_until 100 grep -q 'policies: 2 enabled' "$AGENT_STDERR"
    for call in "${CALLS[@]}"; do
        ./act + call "$call" -1 4711 0 0 || true
        ./act + call "$call" -1 4712 0 0 || true
    done
    for call in "${CALLS[@]}"; do
        expect_jq '.process_kprobe | select(.policy_name == "calls") | "\(.function_name) \(.args) \(.return)"' \
            "__x64_sys_$call .*4711.*int_arg.*-(9|22)" 1
    done
    expect_no_jq '.process_kprobe | select(.policy_name == "calls") | .args' 4712
    check test "$("$TRIGON" policy list | awk '$2 == "calls" { print $5 }')" -ge 350
    rm policies/calls.yaml
fi
SECONDS=0
rm policies/long.yaml
wait_until 100 grep -q 'policies: 0 enabled' "$AGENT_STDERR"
check test "$SECONDS" -le 30
agent_stop
