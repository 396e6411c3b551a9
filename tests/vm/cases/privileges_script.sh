# A script's ids are its interpreter's: a set-uid interpreter raises, a set-uid script does not.
filter='select(.process_exec.process.binary | endswith("script")) | .process_exec.process |
    "\(.binary) \(.process_credentials.uid) \(.process_credentials.euid) \(.binary_properties)"'

cp /bin/true suid
cp /bin/true plain
chmod 4755 suid
echo "#!$WORK/suid" >suid-interpreter-script
echo "#!$WORK/plain" >suid-script
chmod 755 suid-interpreter-script
chmod 4755 suid-script

agent_start --enable-process-cred
as_user 1000 ./suid-interpreter-script
as_user 1000 ./suid-script
agent_stop
expect_jq "$filter" "^\"$WORK/suid-interpreter-script 1000 0 "'\{\\"setuid\\":0,\\"privileges_changed\\":\[\\"PRIVILEGES_RAISED_EXEC_FILE_SETUID\\"\]\}"$' 1
expect_jq "$filter" "^\"$WORK/suid-script 1000 1000 null\"\$" 1
