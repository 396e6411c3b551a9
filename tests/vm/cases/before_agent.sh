# What runs before the agent is told once, as procFS, with parents; zombies are not; what starts later is no procFS.

# Prints how many exec events have the arguments $1 and flags that match the jq regex $2.
count_of() {
    jq -r --arg arguments "$1" '.process_exec.process | select(.arguments == $arguments) | .flags' "$LOG" |
        grep -cE "$2" || true
}

has_children() {
    (($(pgrep -cx -P "$tree" sleep) == $1))
}

# Lengths of sleep that nobody else on the machine has.
bash -c "exec -a 'odd name' sleep 3601.$$" &
bash -c "sleep 3602.$$ & sleep 3603.$$ & wait" &
tree=$!
mkfifo go
bash -c 'cat go & echo $! >zombie; exec sleep "3604.$1"' bash $$ &
keeper=$!
mkdir gone
(cd gone && exec sleep "3605.$$") &
wait_until 10 grep -qx sleep "/proc/$!/comm"
rmdir gone
wait_until 10 has_children 2
wait_until 10 grep -qx sleep "/proc/$keeper/comm" # before that, bash would wait for cat
zombie=$(<zombie)
: >go
wait_until 10 grep -q '(cat) Z' "/proc/$zombie/stat"

agent_start
sleep "3606.$$" &
wait_until 10 grep -qF "\"3606.$$\"" "$LOG"
for arguments in 3601 3602 3603 3604 3605; do
    check test "$(count_of "$arguments.$$" '^procFS$')" = 1
    check test "$(count_of "$arguments.$$" .)" = 1
done
check test "$(count_of "3606.$$" '^execve clone$')" = 1
check test "$(count_of "3606.$$" .)" = 1

expect_jq "select(.process_exec.process.arguments == \"3602.$$\") | .process_exec.parent | [.pid, .flags] | tojson" \
    "^\"\\[$tree,\\\\\"procFS\\\\\"\\]\"$" 1
expect_jq "select(.process_exec.process.arguments == \"3605.$$\") | .process_exec.process.cwd" "^\"$WORK/gone\"$" 1
expect_no_jq "(.process_exec // .process_exit).process.pid | select(. == $zombie)" .
expect_jq 'select(.process_exec.process.pid == 2) | .process_exec.process | [.binary, .cwd, .flags] | tojson' \
    '^"\[\\"\[kthreadd\]\\",null,\\"procFS nocwd\\"\]"$' 1
expect_jq 'select(.process_exec.process.pid == 1) | .process_exec.process.flags' '^"procFS' 1
# Kernel threads are children of kthreadd.
expect_jq 'select(.process_exec.process.binary // "" | startswith("[ksoftirqd/0")) | .process_exec.parent.binary' \
    '^"\[kthreadd\]"$' 1
# Nobody twice.
check test "$(jq -r '.process_exec.process | select(.flags // "" | startswith("procFS")) | .pid' "$LOG" |
    sort | uniq -d | wc -l)" = 0

# The end of one of them is that process's.
kill "$tree"
expect_jq "select(.process_exit.process.pid == $tree) | .process_exit |
    [.signal, .process.flags, .process.exec_id == .parent.exec_id] | tojson" '^"\[\\"SIGTERM\\",\\"procFS\\",false\]"$' 1
agent_stop
