# --enable-process-cred: ids, securebits and capabilities are those that the process reads in its own /proc/self/status.

# expect_like_status ARGUMENTS [PID]: the event with these arguments says what file `status` says
expect_like_status() {
    local arguments=$1 real effective saved filesystem set key names

    read -r _ real effective saved filesystem < <(grep ^Uid: status)
    expect_field "$arguments" '.uid' "$effective"
    expect_field "$arguments" '.process_credentials | [.uid, .euid, .suid, .fsuid]' "[$real,$effective,$saved,$filesystem]"
    read -r _ real effective saved filesystem < <(grep ^Gid: status)
    expect_field "$arguments" '.process_credentials | [.gid, .egid, .sgid, .fsgid]' "[$real,$effective,$saved,$filesystem]"
    for key in Prm:permitted Eff:effective Inh:inheritable; do
        set=$(sed -n "s/^Cap${key%:*}:\s*//p" status)
        names=$(capsh --decode="$set" | sed 's/^[^=]*=//' | tr a-z, 'A-Z\n' | sort | jq -Rcs 'split("\n") - [""]')
        expect_field "$arguments" ".cap.${key#*:} // [] | sort" "$names"
    done
}

# expect_field ARGUMENTS FILTER VALUE
expect_field() {
    local value

    value=$(jq -c --arg arguments "$1" "select(.process_exec.process.arguments == \$arguments) | .process_exec.process | $2" "$LOG")
    [[ $value == "$3" ]] || fail "$1: $2 is $value and not $3"
}

# see NAME COMMAND...: a process that reads its own status, started by COMMAND
see() {
    local name=$1

    shift
    "$@" /bin/cat /proc/self/status "/proc/self/../$name" >"$name.status" 2>/dev/null || true
}

cp /bin/cat suid-cat
chmod 4755 suid-cat
cp /bin/cat caps-cat
setcap cap_net_raw,cap_chown+ep caps-cat

# One that the agent finds in /proc, with ids that only a process can give itself.
mkfifo stay
"$(helper hold)" 1001 1002 1003 2001 2002 2003 <stay &
held=$!
exec {stay}>stay
wait_until 10 grep -q '^Uid:.1001.1002' "/proc/$held/status" || fail "hold did not take its ids"
cp "/proc/$held/status" held.status

agent_start --enable-process-cred
see root env
see user as_user 1000
see real-and-effective setpriv --ruid 1001 --euid 1002 --rgid 2001 --egid 2002 --clear-groups --inh-caps=-all
see inheritable setpriv --inh-caps=-all,+net_raw,+kill
see ambient setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all,+chown,+kill --ambient-caps=+chown
see bounded setpriv --bounding-set=-all,+chown --inh-caps=-all
as_user 1000 env ./suid-cat /proc/self/status /proc/self/../suid >suid.status 2>/dev/null || true
as_user 1000 env ./caps-cat /proc/self/status /proc/self/../caps >caps.status 2>/dev/null || true
setpriv --securebits=+noroot,+noroot_locked,+no_setuid_fixup,+keep_caps_locked /bin/true securebits
agent_stop
exec {stay}>&-

for name in root user real-and-effective inheritable ambient bounded suid caps; do
    mv "$name.status" status
    expect_like_status "/proc/self/status /proc/self/../$name"
done
expect_field securebits '.process_credentials.securebits' \
    '["SecBitNoRoot","SecBitNoRootLocked","SecBitNoSetUidFixup","SecBitKeepCapsLocked"]'
mv held.status status
expect_like_status "1001 1002 1003 2001 2002 2003"

LOG=$WORK/without.log
agent_start
/bin/true no flag
agent_stop
expect_field "no flag" 'keys - ["exec_id", "pid", "uid", "cwd", "binary", "arguments", "flags", "start_time", "auid",
    "parent_exec_id", "tid", "in_init_tree"]' '[]'
expect_no_jq 'keys_unsorted[0] as $type | .[$type] | .process, .parent | .cap, .process_credentials, .binary_properties' '[^nul]'
