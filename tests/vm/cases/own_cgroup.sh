# An agent in a container of its own, with a cgroup namespace: of what runs already, the containers are known, its own
# and those beside it included, though /proc shows paths from its own cgroup on.
# kernels: 5.10 7

hierarchy=/sys/fs/cgroup
cleanup "find $hierarchy/kubepods -depth -type d -exec rmdir {} +"

# sleeps NUMBER CGROUP: a process that is there before the agent
sleeps() {
    mkdir -p "$hierarchy/$2"
    sh -c 'echo $$ >"$0/cgroup.procs"; exec sleep "$1"' "$hierarchy/$2" "$1.$$" &
    cleanup "kill $! && wait $! || true"
    wait_until 10 grep -qx sleep "/proc/$!/comm"
}

id_of() {
    printf '%08xabcdefabcdefabcdefabcde%033d\n' "$1" 0
}

pod_of() {
    echo "kubepods/besteffort/pod0d3ba7c3-6d0b-4bd5-8b0b-6f1c8a3f9b5$1"
}

# docker_of ARGUMENTS
docker_of() {
    jq -r --arg arguments "$1.$$" '.process_exec.process | select(.arguments == $arguments) | .docker' "$LOG"
}

own=$hierarchy/$(pod_of 1)/$(id_of 1)
mkdir -p "$own"
sleeps 3601 "$(pod_of 1)/$(id_of 1)"
sleeps 3602 "$(pod_of 1)/$(id_of 1)/inside"
sleeps 3603 "$(pod_of 1)/$(id_of 2)"
sleeps 3604 "$(pod_of 2)/$(id_of 3)"
sleep "3605.$$" &
wait_until 10 grep -qx sleep "/proc/$!/comm"

cat >in_container <<SCRIPT
#!/bin/bash
set -e
echo \$\$ >$own/cgroup.procs
exec unshare --cgroup --mount bash -c 'umount /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "\$@"' - $TRIGON "\$@"
SCRIPT
chmod +x in_container
TRIGON=$WORK/in_container
agent_start
check grep -qx 0::/ <(nsenter --target "$AGENT_PID" --cgroup cat "/proc/$AGENT_PID/cgroup")
log_sync
check test "$(docker_of 3601)" = "$(id_of 1 | cut -c 1-31)"
check test "$(docker_of 3602)" = "$(id_of 1 | cut -c 1-31)"
check test "$(docker_of 3603)" = "$(id_of 2 | cut -c 1-31)"
check test "$(docker_of 3604)" = "$(id_of 3 | cut -c 1-31)"
check test "$(docker_of 3605)" = null
check test "$(jq -r --argjson pid "$AGENT_PID" '.process_exec.process | select(.pid == $pid) | .docker' "$LOG")" = \
    "$(id_of 1 | cut -c 1-31)"
agent_stop
