# The working directory of a process: near 4,096 bytes long, 2,000 directories deep, deleted, the root.

# The process that ran with the arguments $1 had the working directory $2 and the flags $3.
seen() {
    local got

    got=$(jq -r --arg arguments "$1" 'select(.process_exec.process.arguments == $arguments) |
        .process_exec.process | .cwd, .flags' "$LOG")
    [[ $got == "$2"$'\n'"$3" ]] || fail "$1 has $(printf %q "${got:0:200}") ... (${#got} bytes)"
}

deep=$(helper deep)
agent_start
mkdir wide narrow beyond gone
wide=$(cd wide && "$deep" 4095 200 /bin/true wide)
narrow=$(cd narrow && "$deep" 4095 1 /bin/true narrow)
beyond=$(cd beyond && "$deep" 4400 200 /bin/true beyond)
(cd gone && rmdir "$WORK/gone" && exec /bin/true gone)
(cd / && /bin/true root)
(cd /usr && /bin/true usr)
log_sync

check test "${#wide}" -ge 3894
check test "${#narrow}" -ge 4094
seen wide "$wide" execve
seen narrow "$narrow" execve
seen gone "$WORK/gone" "execve clone"
seen root / "execve rootcwd clone"
seen usr /usr "execve clone"

# What is longer than a path can be is cut at its beginning, and said to be.
cut=$(jq -r 'select(.process_exec.process.arguments == "beyond") | .process_exec.process.cwd' "$LOG")
check test "${#cut}" -ge 3895
check test "${beyond: -${#cut}}" = "$cut"
seen beyond "$cut" "execve errorPathResolutionCwd"
agent_stop
