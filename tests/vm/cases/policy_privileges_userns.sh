# Privileges Escalation via Unprivileged User Namespaces: the line for unshare by a user, none for root and other namespaces.
filter=$(library_filter "Privileges Escalation via Unprivileged User Namespaces")

agent_start --enable-process-cred --tracing-policy "$REPOSITORY/policies/privileges-raise.yaml"
require_hook create_user_ns
policies_ready
unshare -rUfp true
setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all,+sys_admin --ambient-caps=+sys_admin unshare -U true
! as_user 1000 unshare -fp true
as_user 1000 unshare -rUfp true
log_sync

ids='"uid":1000,"gid":1000,"euid":1000,"egid":1000,"suid":1000,"sgid":1000,"fsuid":1000,"fsgid":1000'
expect_jq "$filter" "^\"[0-9T:.-]+Z null null /usr/bin/unshare -rUfp true create_user_ns \\{${ids//\"/\\\\\"}\\}\"\$" 1
expect_jq "$filter" '^"' 1
