# Which events the agent exports, told by expressions on fields of process, parent and event
# kernels: 6.1 native

executions='select(.process_exec) | .process_exec.process | "\(.binary) \(.arguments // "")"'

agent_start --export-allowlist '{"cel_expression": ["process_exec.process.arguments.matches(\"^(expr|trigon-mark)\") && process_exec.parent.pid != null",
    "process_exit.status in [7u, 8u] && process_exit.process.uid == 0u"]}'
/bin/true expression
/bin/true other
sh -c 'exit 7' || true
sh -c 'exit 9' || true
log_sync
expect_jq "$executions" '^"/bin/true expression"$' 1
expect_jq 'select(.process_exit.status == 7) | .process_exit.process.binary' 'sh"$'
expect_no_jq "$executions" 'other"$'
expect_no_jq 'select(.process_exit) | .process_exit.status' '^[^78]'
agent_stop

# What is wrong ends the start, and is named with its column
status=0
"$TRIGON" agent --export-denylist '{"cel_expression": ["process_exec.process.pid == 1"]}' 2>refused || status=$?
cat refused
check test "$status" = 2
check grep -qF 'filters[0].cel_expression[0]: column 26 of the expression: == has uint on its left and int on its right' refused
