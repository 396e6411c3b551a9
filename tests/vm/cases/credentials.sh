# --enable-process-cred: ids, securebits and capabilities are those that the process reads in its own /proc/self/status.
IFS=, read -ra capability_names < <(capsh --decode=1ffffffffff | sed 's/^[^=]*=//; s/.*/\U&/; s/CAP_DAC_OVERRIDE/DAC_OVERRIDE/')

# Prints the names of a hexadecimal SET as jq prints a list.
names_of() {
    local -i set=16#$1 bit
    local names=

    for ((bit = 0; set >> bit; bit++)); do
        if ((set >> bit & 1)); then
            names+=,\"${capability_names[bit]}\"
        fi
    done
    echo "[${names#,}]"
}

# Prints what the event of the process that wrote STATUS must say.
expected_of() {
    local key real effective saved filesystem
    local -A sets ids

    while read -r key real effective saved filesystem; do
        case $key in
        Cap*) sets[$key]=$(names_of "$real") ;;
        [UG]id:) ids[$key]=[$real,$effective,$saved,$filesystem] ;;
        esac
    done <"$1"
    echo "${ids[Uid:]} ${ids[Gid:]} ${sets[CapPrm:]} ${sets[CapEff:]} ${sets[CapInh:]}"
}

# see NAME PROGRAM COMMAND...: a process that prints its own status by PROGRAM, started by COMMAND
see() {
    "${@:3}" "$2" /proc/self/status "$1" >"$1.status"
    echo "/proc/self/status $1 $(expected_of "$1.status")" >>expected
}

cp /bin/cat suid-cat
chmod 4755 suid-cat
cp /bin/cat caps-cat
setcap cap_net_raw,cap_chown+ep caps-cat

# One that the agent finds in /proc, with ids that only a process can give itself.
mkfifo stay
"$(helper hold)" 1001 1002 1003 2001 2002 2003 <stay &
exec {stay}>stay
wait_until 10 grep -q '^Uid:.1001.1002' "/proc/$!/status" || fail "hold did not take its ids"
echo "1001 1002 1003 2001 2002 2003 $(expected_of "/proc/$!/status")" >expected

# Empty files that make the arguments differ.
touch root user suid caps real-and-effective inheritable ambient bounded
agent_start --enable-process-cred
see root /bin/cat env
see user /bin/cat as_user 1000
see suid ./suid-cat as_user 1000 env
see caps ./caps-cat as_user 1000 env
see real-and-effective /bin/cat setpriv --ruid 1001 --euid 1002 --rgid 2001 --egid 2002 --clear-groups --inh-caps=-all
see inheritable /bin/cat setpriv --inh-caps=-all,+net_raw,+kill
see ambient /bin/cat setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all,+chown,+kill --ambient-caps=+chown
see bounded /bin/cat setpriv --bounding-set=-all,+chown --inh-caps=-all
setpriv --securebits=+noroot,+noroot_locked,+no_setuid_fixup,+keep_caps_locked /bin/true securebits
agent_stop
exec {stay}>&-

jq -r '.process_exec | select(.).process | select(.arguments | test("^1001 |^/proc/self/status ")?) |
    (.process_credentials | "\([.uid, .euid, .suid, .fsuid]) \([.gid, .egid, .sgid, .fsgid])") as $ids |
    "\(.arguments) \($ids) \(.cap.permitted // []) \(.cap.effective // []) \(.cap.inheritable // [])"' "$LOG" >seen
check test "$(wc -l <expected)" = 9
diff <(sort expected) <(sort seen) || fail "the credentials are not as expected (<)"
expect_jq 'select(.process_exec.process.arguments == "securebits") | .process_exec.process.process_credentials.securebits | join(" ")' \
    '^"SecBitNoRoot SecBitNoRootLocked SecBitNoSetUidFixup SecBitKeepCapsLocked"$' 1

LOG=$WORK/without.log
agent_start
/bin/true no flag
agent_stop
expect_jq 'select(.process_exec.process.arguments == "no flag") | .process_exec | [.process, .parent] | map(has("cap"))' false 2
expect_no_jq '.process_exec // .process_exit | .process, .parent | .cap, .process_credentials, .binary_properties' '[^nul]'
