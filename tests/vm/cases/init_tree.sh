# in_init_tree: the container's first process and its children, not what is entered later; the same after a restart.
hierarchy=/sys/fs/cgroup
if [[ -d $hierarchy/memory ]]; then
    hierarchy=$hierarchy/memory # version 1, which is this machine's when it runs natively
fi
id=a1b2c3d4e5f60718293a4b5c6d7e8f9
container=$hierarchy/kubepods/pod1/${id}000000000000000000000000000000000
nested=$hierarchy/kubepods/pod1/b${container##*/a}
mkdir -p "$container" "$nested"
cleanup "find $hierarchy/kubepods -depth -type d -exec rmdir {} +"

# Runs a command in a cgroup.
run_in() {
    echo "$BASHPID" >"$1/cgroup.procs"
    exec "${@:2}"
}
export -f run_in

# What a runtime starts, and then what `kubectl exec` does.
start_container() {
    mkfifo orders
    exec {orders}<>orders
    # shellcheck disable=SC2016 # for the inner shell
    (run_in "$container" unshare --pid --fork --kill-child --mount-proc bash -c \
        'while read -r command; do eval "$command"; done' case init <orders) &
    unshare=$!
    cleanup "kill -KILL $unshare; wait $unshare 2>/dev/null; wait_until 5 is_empty"
}

is_empty() {
    [[ -z $(<"$container/cgroup.procs") ]]
}

inside() {
    echo "$*" >&"$orders"
}

enter() {
    (run_in "$container" nsenter --target "$init" --pid --mount "$@")
}

# expect TYPE LINE...: the events' arguments, container and in_init_tree
expect() {
    local type=$1

    shift
    jq -r --arg type "$type" '.[$type].process | select(.arguments // "" | test("(^| )case ")) | "\(.flags | split(" ")[0]) " +
        (.arguments | sub(".*case "; "")) + " \(.docker) \(.in_init_tree)"' "$LOG" | sort -u >seen
    diff <(printf '%s\n' "$@" | sort) seen || fail "not as expected (<)"
}
