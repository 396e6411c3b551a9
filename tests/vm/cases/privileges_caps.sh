# Capabilities that do not come from the file are not reported as raised by it: ambient ones and those that root regains.
filter='.process_exec.process | select(.arguments // "" | startswith("case ")) |
    "\(.arguments): \(.process_credentials.securebits) \(.cap.permitted[:1]) \(.binary_properties)"'

cp /bin/true plain
cp /bin/true suid
chmod 4755 suid
cp /bin/true caps
setcap cap_net_raw+ep caps
cp /bin/true sgid-caps
chgrp 5 sgid-caps
chmod 2755 sgid-caps
setcap cap_net_raw+ep sgid-caps

# with_ambient COMMAND...: runs it as a user who has CAP_NET_RAW
with_ambient() {
    setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all,+net_raw --ambient-caps=+net_raw env "$@"
}

# env, because setpriv keeps its own capabilities until it executes something
agent_start --enable-process-cred
as_user 1000 env ./caps case file
with_ambient ./plain case ambient
with_ambient ./caps case ambient and file
as_user 1000 env ./sgid-caps case file and set-gid
setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all ./sgid-caps case file and set-gid, had it
capsh --caps=cap_setpcap+ep --shell=./plain -- case root regains
capsh --caps=cap_setpcap+ep --shell=./caps -- case root regains, file
setpriv --securebits=+noroot --inh-caps=-all ./caps case noroot, had it
setpriv --securebits=+noroot --inh-caps=-all env ./caps case noroot, file
setpriv --securebits=+noroot --inh-caps=-all env ./plain case noroot
setpriv --securebits=+noroot --reuid 1000 --clear-groups --inh-caps=-all env ./suid case noroot, set-uid
agent_stop

cat >expected <<'LINES'
case ambient and file: null ["CAP_NET_RAW"] null
case ambient: null ["CAP_NET_RAW"] null
case file and set-gid, had it: null ["CAP_NET_RAW"] {"setgid":5}
case file and set-gid: null ["CAP_NET_RAW"] {"setgid":5,"privileges_changed":["PRIVILEGES_RAISED_EXEC_FILE_CAP"]}
case file: null ["CAP_NET_RAW"] {"privileges_changed":["PRIVILEGES_RAISED_EXEC_FILE_CAP"]}
case noroot, file: ["SecBitNoRoot"] ["CAP_NET_RAW"] {"privileges_changed":["PRIVILEGES_RAISED_EXEC_FILE_CAP"]}
case noroot, had it: ["SecBitNoRoot"] ["CAP_NET_RAW"] null
case noroot, set-uid: ["SecBitNoRoot"] null {"setuid":0,"privileges_changed":["PRIVILEGES_RAISED_EXEC_FILE_SETUID"]}
case noroot: ["SecBitNoRoot"] null null
case root regains, file: null ["CAP_CHOWN"] null
case root regains: null ["CAP_CHOWN"] null
LINES
diff <(LC_ALL=C sort expected) <(jq -r "$filter" "$LOG" | LC_ALL=C sort) || fail "the events are not as expected (<)"
