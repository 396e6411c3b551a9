# Privileges Escalation via Setuid System Calls: real sudo and each call that makes root, none that doesn't; and results.
filter=$(library_filter "Privileges Escalation via Setuid System Calls")
set_ids=$(helper set_ids)

# A user of this case only; nothing of the machine changes.
cat /etc/passwd - <<<'trigon:*:4711:4711::/:/bin/sh' >passwd
cat /etc/sudoers - <<<'trigon ALL=(ALL) NOPASSWD: ALL' >sudoers
chmod 440 sudoers
for file in passwd sudoers; do
    mount --bind "$file" "/etc/$file"
    cleanup "umount /etc/$file"
done

mkdir policies
cp "$REPOSITORY"/policies/privileges-{raise,setuid-root}.yaml policies
agent_start --tracing-policy-dir "$WORK/policies"
policies_ready 2

as_user 4711 sudo -n /bin/true case
raising=("setuid 0" "setgid 0" "setfsuid 0" "setfsgid 0" "setreuid 0 -1" "setreuid -1 0" "setregid 0 1" "setregid 1 0"
    "setresuid -1 0 -1" "setresuid 1 1 0" "setresgid -1 0 -1" "setresgid 1 1 0")
others=("setuid 1" "setgid 1" "setfsuid 1" "setfsgid 1" "setreuid 1 -1" "setregid -1 1"
    "setresuid 0 1 1" "setresgid 0 1 1" "setresuid -1 -1 -1")
for call in "${raising[@]}" "${others[@]}"; do
    # shellcheck disable=SC2086 # the call and its ids
    "$set_ids" $call
done
! as_user 1000 "$set_ids" setresuid 0 0 0
log_sync

sudo='^"[0-9T:.-]+Z null null /usr/bin/sudo -n /bin/true case'
id='\{\\"int_arg\\":0\}'
expect_jq "$filter" "$sudo __sys_setgid \\[$id\\]\"\$"
expect_jq "$filter" "$sudo __sys_setresuid \\[$id,$id,$id\\]\"\$"

for call in "${raising[@]}" "setresuid 0 0 0"; do
    read -r name ids <<<"$call"
    echo "null null $set_ids $call __sys_$name [{\"int_arg\":${ids// /\},\{\"int_arg\":}}]"
done >expected
jq -r "$filter" "$LOG" | grep -F "$set_ids" | cut -d ' ' -f 2- >lines
diff expected lines || fail "the lines are not as expected (<)"

# The variant says how it ended, too.
{
    printf '0 %s -> 0\n' "${raising[@]}"
    echo "1000 setresuid 0 0 0 -> -1"
} >expected
jq -r '.process_kprobe | select(.policy_name == "privileges-setuid-root" and (.process.binary | endswith("/set_ids"))) |
    "\(.process.uid) \(.process.arguments) -> \(.return.int_arg)"' "$LOG" >lines
diff expected lines || fail "the results are not as expected (<)"
agent_stop
