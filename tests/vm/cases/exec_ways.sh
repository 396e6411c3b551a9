# Ways to execute: by descriptor, in a child of vfork and posix_spawn, by a thread, after the parent's end.

# expect_jq with FILTER on the exec event of the process with the only argument $1.
exec_is() {
    expect_jq "select(.process_exec.process.arguments == \"$1\") | .process_exec | [$2] | tojson" "^\"\\[$3\\]\"$" 1
}

exec_with=$(helper exec_with)
agent_start
"$exec_with" fd /bin/true by-fd
by_vfork=$("$exec_with" vfork /bin/true by-vfork)
by_spawn=$("$exec_with" spawn /bin/true by-spawn)
"$exec_with" thread /bin/true by-thread &
by_thread=$!
wait "$by_thread"
parent=$("$exec_with" orphan /bin/true orphan)

exec_is by-fd .process.binary '\\"/dev/fd/[0-9]+\\"'
exec_is by-vfork '.process.pid, .process.flags, .parent.binary' "$by_vfork,.*clone.*,\\\\\"$exec_with\\\\\""
exec_is by-spawn '.process.pid, .process.flags, .parent.binary' "$by_spawn,.*clone.*,\\\\\"$exec_with\\\\\""
exec_is orphan '.parent.pid, .process.flags' "$parent,.*clone.*"

# The thread took the leader's place: one process, which had one exec more, and ends once.
exec_is by-thread '.process.pid, .process.tid, .process.flags' "$by_thread,$by_thread,\\\\\"execve\\\\\""
log_sync
check jq -es --argjson pid "$by_thread" '[.[] | select(.process_exec.process.pid == $pid)] |
    length == 2 and .[0].process_exec.process.exec_id == .[1].process_exec.process.parent_exec_id' "$LOG" >/dev/null
check jq -es --argjson pid "$by_thread" '. as $log | [.[] | select(.process_exit.process.pid == $pid)] |
    length == 1 and .[0].process_exit.process.arguments == "by-thread" and .[0].process_exit.status == null and
    .[0].process_exit.process.tid == $pid' "$LOG" >/dev/null
agent_stop
