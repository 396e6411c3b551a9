# Two agents at once see the same; when one ends, the other goes on.

first_log=$WORK/first.log second_log=$WORK/second.log
LOG=$first_log
agent_start
first=$AGENT_PID
LOG=$second_log AGENT_STDERR=$WORK/second.stderr
agent_start
second=$AGENT_PID
/bin/true both 1
log_sync
LOG=$first_log
expect_jq .process_exec.process.arguments '^"both 1"$' 1
expect_jq "select(.process_exec.process.pid == $second) | .process_exec.process.flags" . 1
LOG=$second_log
expect_jq .process_exec.process.arguments '^"both 1"$' 1
expect_jq "select(.process_exec.process.pid == $first) | .process_exec.process.flags" '^"procFS"$' 1

agent_stop "$first"
AGENT_PID=$second
/bin/true one 2
log_sync
expect_jq .process_exec.process.arguments '^"one 2"$' 1
expect_jq "select(.process_exit.process.pid == $first) | .process_exit.status" '^null$' 1
LOG=$first_log
check test "$(jq 'select(.process_exec.process.arguments == "one 2")' "$LOG")" = ""
agent_stop "$second"
