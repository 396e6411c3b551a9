# Every exit code from 0 to 255, and every signal by its name, also with a core dump.
leave=$(helper leave)

# expected TYPE VALUE SIGNAL STATUS: notes what the exit event of `leave TYPE VALUE` says
expected() {
    echo "$*" >>expected
}

agent_start
for ((code = 0; code < 256; code++)); do
    "$leave" exit "$code" || true
    expected exit "$code" null "$( ((code)) && echo "$code" || echo null)"
done
for name in HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM XCPU XFSZ VTALRM PROF SYS; do
    ("$leave" signal "$(kill -l "$name")" || true) 2>/dev/null
    expected signal "$(kill -l "$name")" "SIG$name" null
done
if [[ $(</proc/sys/kernel/core_pattern) == core ]]; then
    (ulimit -c unlimited; "$leave" signal 011 || true) 2>/dev/null
    check test -n "$(find . -name 'core*')"
else
    ("$leave" signal 011 || true) 2>/dev/null
fi
expected signal 011 SIGSEGV null
agent_stop

jq -r --arg leave "$leave" '.process_exit | select(.process.binary == $leave) | "\(.process.arguments) \(.signal) \(.status)"' "$LOG" >seen
diff expected seen || fail "not as expected (<)"
