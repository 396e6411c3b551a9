# A policy for which there is no room is loaded when there is: of the filters with followChildren a node has 64.
# timeout: 240

policies=$WORK/policies socket=$WORK/trigon.sock
mkdir "$policies"

# policy NAME HOOKS: with four such filters in each hook
policy() {
    local i j

    {
        printf 'apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: %s}\nspec:\n  kprobes:\n' "$1"
        for ((i = 0; i < $2; i++)); do
            printf '  - call: sys_umask\n    syscall: true\n    args: [{index: 0, type: int}]\n    selectors:\n'
            for j in 1 2 3 4; do
                echo "    - matchArgs: [{index: 0, operator: Equal, values: [\"$((100 * i + j))\"]}]"
                echo "      matchBinaries: [{operator: In, followChildren: true, values: [/bin/$1-$i-$j]}]"
            done
        done
    } >"$policies/.new"
    mv "$policies/.new" "$policies/$1.yaml"
}

# are FILTER: jq's FILTER holds for all that `trigon policy list` prints
are() {
    "$TRIGON" policy list --server-address "$socket" -o json 2>/dev/null | jq -e "$1" >/dev/null
}

said() {
    grep -qE "$1" "$AGENT_STDERR"
}

agent_start --tracing-policy-dir "$policies" --server-address "$socket"
policy large 16
check wait_until 60 are 'map(.state) == ["enabled"]'
policy small 1
check wait_until 20 are 'any(.name == "small" and .state == "load_error")'
check wait_until 20 said 'there are more than 64 filters with followChildren'
# something else changes: it is tried again, and not told again
echo '{' >"$policies/other.yaml"
check wait_until 20 said 'other.yaml:[0-9]+:[0-9]+: error:'
policy large 15
check wait_until 60 are 'all(.state == "enabled") and length == 2'
check [ "$(grep -c 'there are more than 64' "$AGENT_STDERR")" = 1 ]
agent_stop
