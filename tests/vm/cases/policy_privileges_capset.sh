# Privileges Change via Capset System Call: the line for real sudo and capsh, none for capabilities that are dropped.
filter=$(library_filter "Privileges Change via Capset System Call")
line='^"[0-9T:.-]+Z null null'
all=$(sed -n 's/^CapBnd:\t//p' /proc/self/status)

# sets PERMITTED EFFECTIVE: what the line says of these sets
sets() {
    printf '\\{\\\\"cap_permitted_arg\\\\":\\\\"%s\\\\"\\} \\{\\\\"cap_effective_arg\\\\":\\\\"%s\\\\"\\}"$' "$1" "$2"
}

agent_start --tracing-policy "$REPOSITORY/policies/privileges-raise.yaml"
require_hook security_capset
policies_ready
sudo -n /bin/true case
capsh --caps=all=
capsh --caps=cap_net_raw=p
capsh --caps=cap_chown,cap_net_raw=pe
log_sync

expect_jq "$filter" "$line /usr/bin/sudo -n /bin/true case security_capset $(sets "$all" "$all")"
expect_jq "$filter" "$line /usr/sbin/capsh --caps=cap_net_raw=p security_capset $(sets 0000000000002000 0000000000000000)" 1
expect_jq "$filter" "$line /usr/sbin/capsh --caps=cap_chown,cap_net_raw=pe security_capset $(sets 0000000000002001 0000000000002001)" 1
expect_no_jq "$filter" '/usr/sbin/capsh --caps=all= '
