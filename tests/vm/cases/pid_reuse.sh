# Processes with the same pid, one after the other within a clock tick: each has its own identity, parent and exit.

ROUNDS=500

if [[ ! -w /proc/sys/kernel/ns_last_pid ]]; then
    skip "the kernel has no ns_last_pid (CONFIG_CHECKPOINT_RESTORE)"
fi
pid_reuse=$(helper pid_reuse)
agent_start
"$pid_reuse" "$ROUNDS" >started
log_sync
agent_stop

# The most used pid has nearly all, and some rounds were shorter than a tick.
read -r count pid < <(awk '{ print $2 }' started | sort -n | uniq -c | sort -n | tail -n 1)
check test "$count" -gt $((ROUNDS / 2))

jq -r 'select(.process_exec.process.arguments // "" | startswith("reuse-")) | .process_exec |
    "\(.process.arguments[6:]) \(.process.pid) \(.parent.pid)"' "$LOG" | sort >execs
check diff <(sort started) execs
jq -r 'select(.process_exit.process.arguments // "" | startswith("reuse-")) | .process_exit |
    "\(.process.arguments[6:]) \(.process.pid) \(.parent.pid) \(.status // 0)"' "$LOG" | sort >exits
check diff <(awk '{ print $0, $1 % 128 }' started | sort) exits

# Identity and start time of each are its own, and the same at its end as at its beginning.
jq -r --argjson pid "$pid" '(.process_exec // .process_exit).process |
    select(.pid == $pid and (.arguments // "" | startswith("reuse-"))) |
    "\(.arguments) \(.exec_id) \(.start_time) \(.parent_exec_id)"' "$LOG" | sort | uniq -c >identities
check test "$(awk '$1 == 2' identities | wc -l)" = "$count"
check test "$(awk '{ print $3 }' identities | sort -u | wc -l)" = "$count"
check test "$(awk '{ print $4 }' identities | sort -u | wc -l)" = "$count"
check test "$(awk '{ print $5 }' identities | sort -u | wc -l)" = 2
# Two starts in the same hundredth of a second: to /proc they are the same process. On a machine that is too slow for that
# the rest still holds.
echo "$((count - $(awk '{ print substr($4, 1, 22) }' identities | sort -u | wc -l))) of $count starts in the same tick as another"
