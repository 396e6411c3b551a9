# matchNamespaceChanges and followChildren: for what runs before the policy, over reloads, up to the bound, and not
# longer than a policy asks.
# kernels: 5.10 7 native
# timeout: 300

ACT=$(helper act)
mkdir policies bin waiting
for name in one two three; do
    cp "$ACT" "bin/$name"
done

# write NAME BINARIES [MESSAGE]: a policy that follows them
write() {
    cat >".$1" <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: $1}
spec:
  kprobes:
  - call: sys_readahead
    syscall: true
    message: "${3:-none}"
    args: [{index: 1, type: int}]
    selectors:
    - matchArgs: [{index: 1, operator: Equal, values: ["700"]}]
      matchBinaries: [{operator: In, values: [$2], followChildren: true}]
POLICY
    mv ".$1" "policies/$1.yaml"
}

# change NAME BINARIES MESSAGE MARKER: and waits until the agent has said MARKER of it once more
change() {
    local before

    before=$(grep -c "policy $1: $4" "$AGENT_STDERR" || true)
    write "$1" "$2" "$3"
    check wait_until 30 has_said "$1" "$4" "$before"
}

has_said() {
    (($(grep -c "policy $1: $2" "$AGENT_STDERR" || true) > $3))
}

# waiter MARK COMMAND...: starts COMMAND, in which the word @ becomes: wait until `go MARK`
waiter() {
    local mark=$1

    shift
    mkfifo "waiting/$mark"
    "${@/#@/$WORK/waiting/$mark}" &
    pids[$mark]=$!
    check wait_until 10 is_waiting "$mark"
}

# A process has the FIFO's name as the argument behind `await`, and sleeps in open().
is_waiting() {
    pgrep -f "^[^ ]*bin/[^ ]* $1 await $WORK/waiting/$1 " >/dev/null
}

go() {
    echo >"waiting/$1"
    wait "${pids[$1]}" || true
}

# descendant_that MARK VERB...: a process of bin/two that bin/one has started, which waits
descendant_that() {
    local mark=$1

    shift
    waiter "$mark" bin/one "$mark-parent" run "$WORK/bin/two" "$mark" await @ "$@"
}

descendant() {
    descendant_that "$1" call readahead -1 700
}

# forget MARK: the state of that waiter is gone
forget() {
    local pid

    pid=$(pgrep -f "^[^ ]*bin/[^ ]* $1 await $WORK/waiting/$1 ")
    check bpftool map delete name process_states key $((pid & 255)) $((pid >> 8 & 255)) $((pid >> 16 & 255)) 0
}

# told MARK [COUNT [NAME]]: there are so many events (1) of the process, of policy NAME if given
told() {
    local filter='select(.process_kprobe.process.arguments // "" | split(" ")[0] == "'$1'") | .process_kprobe.policy_name'

    if [[ ${2:-1} == 0 ]]; then
        expect_no_jq "$filter" "${3:-.}"
    else
        expect_jq "$filter" "^\"${3:-.*}\"\$" "${2:-1}"
    fi
}

# In a VM nobody else has such maps and programs.
can_look() {
    [[ $KERNEL != native ]] && command -v bpftool >/dev/null
}

count_programs() {
    bpftool prog show | grep -c 'name state_' || true
}

declare -A pids=()

# --- what runs before the policies

waiter changed bin/one changed await @ unshared 0x4000000 repeat 2 call fadvise64 -1 700
waiter unchanged bin/one unchanged await @ repeat 2 call fadvise64 -1 700
waiter old bin/one old await @ call readahead -1 700
waiter heir bin/one heir await @ run "$WORK/bin/two" heir-child call readahead -1 700
waiter sibling bin/two sibling await @ run "$WORK/bin/two" sibling-child call readahead -1 700
descendant early
agent_start --tracing-policy-dir "$WORK/policies" --server-address "$WORK/socket"
cat >policies/changes.yaml <<'POLICY'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: changes}
spec:
  kprobes:
  - call: sys_fadvise64
    syscall: true
    args: [{index: 1, type: int}]
    selectors:
    - matchArgs: [{index: 1, operator: Equal, values: ["700"]}]
      matchNamespaceChanges: [{operator: In, values: [Uts]}]
POLICY
write follow "\"$WORK/bin/one\""
check wait_until 60 has_said follow enabled 0
check wait_until 60 has_said changes enabled 0
for mark in changed unchanged old heir sibling early; do
    go "$mark"
done
told changed
told unchanged 0
told old
told heir-child
told sibling-child 0
told early 0 # started before the policy

# --- what the programs missed

if can_look; then
    waiter lost bin/one lost await @ repeat 2 unshared 0x4000000 call fadvise64 -1 700
    descendant_that healed exec "$ACT" healed-later call readahead -1 700
    forget lost
    forget healed
    go lost
    go healed
    told lost # the first change is not known as such, the second one is
    check test "$("$TRIGON" policy show --server-address "$WORK/socket" -o json changes | jq .stateless)" = 1
    told healed-later # has its parent's bits
    check wait_until 10 grep -q 'of 1 processes the start was missed' "$AGENT_STDERR"
fi

# --- changes of the policy

for mark in values code narrow other; do
    descendant "$mark"
done
change follow "\"$WORK/bin/one\", \"$WORK/bin/three\"" none 'new values'
check grep -q 'policy follow: new values: 1 hooks, 0 programs loaded' "$AGENT_STDERR"
go values
told values
waiter three bin/three three-parent run "$WORK/bin/two" three await @ call readahead -1 700
go three
told three
change follow "\"$WORK/bin/one\", \"$WORK/bin/three\"" another 'new generation'
go code
told code
# A value less: nobody knows whose descendants these are.
change follow "\"$WORK/bin/three\"" another 'new values'
go narrow
told narrow 0
descendant late
go late
told late 0
waiter again bin/three again-parent run "$WORK/bin/two" again await @ call readahead -1 700
go again
told again
# Another policy gets the bit.
waiter stale bin/three stale-parent run "$WORK/bin/one" stale await @ call readahead -1 700
rm policies/follow.yaml
check wait_until 30 has_said follow removed 0
write second "\"$WORK/bin/two\""
check wait_until 30 has_said second enabled 0
go stale
told stale 0
waiter fresh bin/two fresh-parent run "$WORK/bin/one" fresh await @ call readahead -1 700
go fresh
told fresh 1 second

# --- the bound

{
    printf 'apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: many}\nspec:\n  kprobes:\n'
    for ((i = 0; i < 13; i++)); do
        printf '  - {call: sys_truncate, syscall: true, selectors: [\n'
        for ((j = 0; j < 5; j++)); do
            printf '      {matchBinaries: [{operator: In, values: ["/bin/%d-%d"], followChildren: true}]},\n' "$i" "$j"
        done
        printf '    ]}\n'
    done
} >policies/many.yaml
check wait_until 60 grep -q 'there are more than 64 filters with followChildren on this node' "$AGENT_STDERR"
waiter beside bin/two beside-parent run "$WORK/bin/one" beside await @ call readahead -1 700
go beside
told beside 1 second

# --- as long as it is asked for

if can_look; then
    check test "$(count_programs)" -ge 3
    rm policies/*.yaml
    check wait_until 30 has_said second removed 0
    check wait_until 30 has_said changes removed 0
    check test "$(count_programs)" -eq 0
fi
agent_stop
