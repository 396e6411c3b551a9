# Privileges Escalation via File Capabilities Execution: the line for a file that raises, none for one that doesn't.
filter=$(library_filter "Privileges Escalation via File Capabilities Execution")
time='^"[0-9T:.-]+Z null null'
ids='uid=1000 euid=1000  gid=1000 egid=1000'
raised='binary_properties=\{\\"privileges_changed\\":\[\\"PRIVILEGES_RAISED_EXEC_FILE_CAP\\"\]\}"$'
set='\[\\"CAP_NET_RAW\\"\]'

for name in effective permitted inheritable plain; do
    cp /bin/true "$name"
done
setcap cap_net_raw+ep effective
setcap cap_net_raw+p permitted
setcap cap_net_raw+i inheritable

agent_start --enable-process-cred
for name in effective permitted inheritable plain; do
    as_user 1000 env "./$name" hello # env, because setpriv keeps its own capabilities until it executes something
done
setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all,+net_raw env ./inheritable hands-down
./effective by-root
agent_stop

expect_jq "$filter" "$time $WORK/effective hello $ids caps=\\{\\\\\"permitted\\\\\":$set,\\\\\"effective\\\\\":$set\\} $raised" 1
expect_jq "$filter" "$time $WORK/permitted hello $ids caps=\\{\\\\\"permitted\\\\\":$set\\} $raised" 1
expect_jq "$filter" "$time $WORK/inheritable hands-down $ids caps=\\{\\\\\"permitted\\\\\":$set,\\\\\"inheritable\\\\\":$set\\} $raised" 1
expect_no_jq "$filter" "$WORK/inheritable hello "
expect_no_jq "$filter" "$WORK/plain "
expect_no_jq "$filter" ' by-root '
