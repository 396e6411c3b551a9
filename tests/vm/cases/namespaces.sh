# --enable-process-ns: all namespaces are those that the process reads in /proc/self/ns, and is_host tells the host's.
kinds=(/proc/self/ns/*)
kinds=("${kinds[@]##*/}")

# look NAME COMMAND...: a process that prints its own namespaces, started by COMMAND
look() {
    cp /bin/readlink "$1"
    "${@:2}" "./$1" "${kinds[@]/#//proc/self/ns/}" >"$1.links"
}

# The processes that are to see `sleep` in their new pid namespace are not in it themselves.
in_children_only() {
    # shellcheck disable=SC2016 # for the inner shell
    unshare --pid --time bash -c 'sleep infinity & echo $! >sleeper; exec "$@"' - "$@"
    kill "$(<sleeper)"
}

# The host's are those of process 1, and where nobody may read them the agent says so and takes its own.
host=/proc/1/ns
if ! readlink "$host/uts" >/dev/null; then
    host=/proc/self/ns
fi

# expect_like_links NAME: the event of NAME has the namespaces that it printed, and is_host where they are the host's
expect_like_links() {
    local kind link is_host

    while read -r kind link; do
        is_host=false
        if [[ $(readlink "$host/$kind") == "$link" ]]; then
            is_host=true
        fi
        echo "$kind ${link//[^0-9]/} $is_host"
    done < <(paste -d ' ' <(printf '%s\n' "${kinds[@]}") "$1.links") | sort >"$1.expected"
    jq -r --arg binary "$WORK/$1" 'select(.process_exec.process.binary == $binary) | .process_exec.process.ns |
        to_entries[] | "\(.key) \(.value.inum) \(.value.is_host // false)"' "$LOG" | sort >"$1.seen"
    diff "$1.expected" "$1.seen" || fail "the namespaces of $1 are not as expected (<)"
}

agent_start --enable-process-ns
look host env
look all unshare --mount --uts --ipc --net --pid --fork --user --cgroup --time
look some unshare --uts --net
look children-only in_children_only
agent_stop

for name in host all some children-only; do
    expect_like_links "$name"
done
check test "$(wc -l <host.expected)" = "${#kinds[@]}"
check test "$(grep -c true all.expected)" = 0
if [[ $KERNEL != native ]]; then
    check test "$(grep -c false host.expected)" = 0
fi
check test "$(grep -c '^\(net\|uts\) [0-9]* false' some.expected)" = 2
check grep -q '^pid_for_children [0-9]* false' children-only.expected

LOG=$WORK/without.log
agent_start --enable-process-cred
/bin/true no flag
agent_stop
expect_jq 'select(.process_exec.process.arguments == "no flag") | .process_exec | [.process, .parent] | map(has("ns"))' false 2
expect_no_jq '.process_exec // .process_exit | .process.ns, .parent.ns' '[^nul]'
