# Capabilities that do not come from the file are not reported as raised by it: ambient ones and those that root regains.
filter='select(.process_exec.process.arguments // "" | startswith("case ")) | .process_exec.process |
    "\(.arguments) \(.process_credentials.securebits) \(.cap.permitted | length) \(.binary_properties.privileges_changed)"'
raised='\[\\"PRIVILEGES_RAISED_EXEC_FILE_CAP\\"\]'

cp /bin/true plain
cp /bin/true suid
chmod 4755 suid
cp /bin/true caps
setcap cap_net_raw+ep caps
all=$(capsh --decode="$(sed -n 's/^CapBnd:\s*//p' /proc/self/status)" | tr ',' '\n' | grep -c cap_)

# with_ambient COMMAND...: runs it as a user who has CAP_NET_RAW
with_ambient() {
    setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all,+net_raw --ambient-caps=+net_raw env "$@"
}

agent_start --enable-process-cred
with_ambient ./plain case ambient
with_ambient ./caps case ambient and file
as_user 1000 env ./caps case file
capsh --caps=cap_setpcap+ep -- -c 'exec ./plain case root regains'
capsh --caps=cap_setpcap+ep -- -c 'exec ./caps case root regains, file'
capsh --drop=cap_net_raw -- -c 'exec ./caps case root without it' || true
setpriv --securebits=+noroot --inh-caps=-all ./caps case noroot, setpriv
setpriv --securebits=+noroot --inh-caps=-all env ./caps case noroot, file
setpriv --securebits=+noroot --inh-caps=-all env ./plain case noroot, no file
setpriv --securebits=+noroot --reuid 1000 --clear-groups --inh-caps=-all env ./suid case noroot, set-uid
agent_stop

expect_jq "$filter" '^"case ambient null 1 null"$' 1
expect_jq "$filter" '^"case ambient and file null 1 null"$' 1
expect_jq "$filter" "^\"case file null 1 $raised\"\$" 1
expect_jq "$filter" "^\"case root regains null $all null\"\$" 1
expect_jq "$filter" "^\"case root regains, file null $all null\"\$" 1
expect_jq "$filter" '^"case noroot, setpriv \[\\"SecBitNoRoot\\"\] 1 null"$' 1
expect_jq "$filter" "^\"case noroot, file \\[\\\\\"SecBitNoRoot\\\\\"\\] 1 $raised\"\$" 1
expect_jq "$filter" '^"case noroot, no file \[\\"SecBitNoRoot\\"\] 0 null"$' 1
expect_jq "$filter" '^"case noroot, set-uid \[\\"SecBitNoRoot\\"\] 0 \[\\"PRIVILEGES_RAISED_EXEC_FILE_SETUID\\"\]"$' 1
