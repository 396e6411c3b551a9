# Stack traces: names of kernel functions, of a program's own functions and of its libraries; addresses only where the flag says so.
stacks_policy >policy.yaml
event='select(.process_kprobe.policy_name == "stacks") | .process_kprobe'

agent_start --tracing-policy "$WORK/policy.yaml"
if [[ $KERNEL == native ]]; then
    wait_until 60 grep -q 'policies: ' "$AGENT_STDERR"
    grep -q 'policies: 1 enabled' "$AGENT_STDERR" || skip "this kernel does not let sys_chdir be hooked"
fi
policies_ready
"$(helper stack)" /nowhere-1
expect_jq "$event | .process.arguments" '^"/nowhere-1"$' 1
agent_stop

expect_jq "$event | .kernel_stack_trace[].symbol" '(sys_chdir|ksys_chdir|do_syscall_64)' 
expect_no_jq "$event | .kernel_stack_trace[].symbol" 'bpf_'
expect_no_jq "$event | .kernel_stack_trace[]" '"module"'
expect_jq "$event | .user_stack_trace[] | select(.symbol == \"stack_inner\" or .symbol == \"stack_outer\") | .module" '/stack"$' 2
expect_jq "[$event | .user_stack_trace[].symbol // empty] | map(select(startswith(\"stack_\"))) | join(\" \")" '^"stack_inner stack_outer"$' 1
expect_no_jq "$event" '"address"'

# with addresses; and a program that has ended: the stack is without names then, and may be left out
LOG=$WORK/addresses.log
agent_start --tracing-policy "$WORK/policy.yaml" --expose-stack-addresses
policies_ready
"$(helper stack)" /nowhere-2
expect_jq "$event | .process.arguments" '^"/nowhere-2"$' 1
agent_stop
expect_jq "$event | .kernel_stack_trace[0].address" '^"1844[0-9]{16}"$' 1
expect_jq "$event | .user_stack_trace[0].address" '^"[0-9]+"$' 1
