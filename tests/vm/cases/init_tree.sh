# in_init_tree: the container's first process and its children, not what is entered later; the same after a restart.
hierarchy=/sys/fs/cgroup
if [[ -d $hierarchy/memory ]]; then
    hierarchy=$hierarchy/memory # version 1, which is this machine's when it runs natively
fi
pod=$hierarchy/kubepods/pod-init-tree
id=a1b2c3d4e5f60718293a4b5c6d7e8f9
other=0102030405060708090a0b0c0d0e0f0
container=$pod/${id}000000000000000000000000000000000
other_container=$pod/${other}000000000000000000000000000000000
mkdir -p "$container" "$other_container"
cleanup "find $hierarchy/kubepods -depth -type d -exec rmdir {} +"

# What the container's first process is to do, one command a line.
mkfifo orders
exec {orders}<>orders
inside() {
    echo "$*" >&"$orders"
}

# enter CGROUP COMMAND...: becomes COMMAND there
enter() {
    echo "$BASHPID" >"$1/cgroup.procs"
    exec "${@:2}"
}

# As `kubectl exec` does.
enter_container() {
    enter "$container" nsenter --target "$init" --pid --mount "$@"
}

# Ends the container: --kill-child does so when unshare goes.
end_container() {
    kill -KILL "$(head -n 1 "$container/cgroup.procs")"
    wait_until 5 is_empty
}

is_empty() {
    [[ -z $(<"$container/cgroup.procs") ]]
}

# expect LINE...: the events' flags, binary, last arguments, container and in_init_tree
expect() {
    jq -r '.process_exec.process | select(.arguments // "" | test("^100000|(^| )case [a-z -]+$")) | "\(.flags | split(" ")[0]) " +
        "\(.binary | sub(".*/"; "")) \(.arguments | sub(".*case "; "")) \(.docker) \(.in_init_tree)"' "$LOG" | sort >seen
    diff <(printf '%s\n' "$@" | sort) seen || fail "not as expected (<)"
}

agent_start
# shellcheck disable=SC2016 # for the inner shell
enter "$container" unshare --pid --fork --kill-child --mount-proc \
    bash -c 'while read -r command; do eval "$command"; done' case init <orders &
cleanup end_container
inside '/bin/true case child; (:; (:; /bin/true case great-grandchild; :); :); sleep 1000001 &'
inside "(echo \$BASHPID >$other_container/cgroup.procs; exec /bin/true case of another container)"
inside '/bin/true case done'
expect_jq '.process_exec.process.arguments' '^"case done"$' 1
init=$(jq '.process_exec.process | select(.arguments // "" | endswith(" case init")) | select(.binary | endswith("/bash")) | .pid' "$LOG")
(enter_container /bin/true case entered)
enter_container sleep 1000002 &
expect_jq '.process_exec.process | select(.binary // "" | endswith("/sleep")).arguments' '^"1000002"$' 1
(enter "$container" /bin/true case in the cgroup only)
/bin/true case host
agent_stop
expect "execve unshare init $id false" \
    "execve bash init $id true" \
    "execve true child $id true" \
    "execve true great-grandchild $id true" \
    "execve sleep 1000001 $id true" \
    "execve true of another container $other false" \
    "execve true done $id true" \
    "execve nsenter entered $id false" \
    "execve true entered $id false" \
    "execve sleep 1000002 $id false" \
    "execve true in the cgroup only $id false" \
    "execve true host null false"

LOG=$WORK/restarted.log
agent_start
inside '/bin/true case child'
expect_jq '.process_exec.process.arguments' '^"case child"$' 1
(enter_container /bin/true case entered)
agent_stop
expect "procFS unshare init $id false" \
    "procFS bash init $id true" \
    "procFS sleep 1000001 $id true" \
    "procFS sleep 1000002 $id false" \
    "execve true child $id true" \
    "execve nsenter entered $id false" \
    "execve true entered $id false"
