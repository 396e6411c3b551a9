# Binary Execution in /tmp: the library's filter prints its line, and not for a binary elsewhere.
agent_start
cp /bin/true /tmp/nc
/tmp/nc ebpf.io 1234
/bin/true ebpf.io 1234
agent_stop
expect_jq "$(library_filter "Binary Execution in /tmp")" '^"[0-9T:.-]+Z null null /tmp/nc ebpf.io 1234"$' 1
expect_no_jq "$(library_filter "Binary Execution in /tmp")" '/bin/true'
