# An agent that is killed leaves nothing in the kernel; the next one goes on with the same log, whose lines are whole.
# kernels: 5.10 7 native

# Prints the ids of the BPF programs that process $1 holds.
programs_of() {
    cat "/proc/$1/fdinfo"/* 2>/dev/null | sed -n 's/^prog_id:\t//p' | sort -u
}

# Fails while one of the programs $1 is loaded.
are_gone() {
    local id

    for id in $1; do
        if bpftool prog show id "$id" >/dev/null 2>&1; then
            return 1
        fi
    done
}

flood=$(helper flood)
mkdir first second
sleep "3601.$$" & # a length that nobody else sleeps
agent_start
sleep "3602.$$" &
log_sync
programs=$(programs_of "$AGENT_PID")
check test "$(wc -w <<<"$programs")" -ge 3
check test "$(for id in $programs; do bpftool prog show id "$id"; done | grep -c 'name trigon_')" -ge 3
check test -z "$(find /sys/fs/bpf -name '*trigon*')"

# In the middle of its work.
"$flood" 1000 2 "$PWD/first" &
flooding=$!
wait_until 10 grep -qF '"arguments":"short-' "$LOG"
agent_kill
wait "$flooding"
wait_until 10 are_gone "$programs" || fail "programs of the killed agent are still loaded: $(bpftool prog)"
check test -z "$(find /sys/fs/bpf -name '*trigon*')"
cp "$LOG" killed.log

agent_start
sleep "3603.$$" &
wait_until 10 grep -qF "\"3603.$$\"" "$LOG" # jq would stop at a torn line
"$flood" 100 1 "$PWD/second"
agent_stop

# What the first one wrote is there; at most one line is torn, and the second one began a line of its own.
check cmp -n "$(stat -c %s killed.log)" killed.log "$LOG"
tail -c "+$(($(stat -c %s killed.log) + 1))" "$LOG" >second.log
jq -Rr 'select(. != "") | try (fromjson | "whole") catch "torn"' killed.log | sort | uniq -c
check test "$(jq -R 'select(. != "") | try (fromjson | empty) catch 1' killed.log | wc -l)" -le 1
check jq -e . second.log >/dev/null
check test "$(jq -r '.process_exec.process | select(.arguments // "" | test("^360[12].'"$$"'$")) | .flags' second.log |
    sort | uniq -c | tr -s ' ')" = " 2 procFS"
check test "$(jq -r '.process_exec.process | select(.arguments == "3603.'"$$"'") | .flags' second.log)" = "execve clone"
lost=$(sed -n 's/.*ended; \([0-9]*\) records lost.*/\1/p' "$AGENT_STDERR")
check test "$(jq -r '.process_exit.process.pid // empty' second.log | sort -u |
    comm -23 <(cut -d ' ' -f 2 second/started | sort) - | wc -l)" -le "$lost"
