# Kernel Module Audit Trail: the line for a program that makes the kernel ask for a module, none once it has the module.
filter=$(library_filter "Kernel Module Audit Trail")
loads='.process_kprobe | select(.function_name == "security_kernel_read_file") |
    "\(.process.binary) \(.process.arguments) \(.args) \(.return)"'

if [[ $KERNEL == native ]]; then
    modprobe -n -q dummy || skip "no module dummy for this machine's kernel"
    [[ ! -e /sys/module/dummy ]] || skip "this machine uses the module dummy"
fi
# Uncompressed, for what modprobe decompresses itself is no file to the kernel.
file=$(modinfo -n dummy)
case $file in
*.xz) xz -dc "$file" >dummy.ko ;;
*.zst) zstd -dcq "$file" >dummy.ko ;;
*) cp "$file" dummy.ko ;;
esac
agent_start --tracing-policy "$REPOSITORY/policies/modules.yaml"
require_hook security_kernel_module_request
policies_ready
! ip link add type nosuch 2>/dev/null
ip link add trigon1 type dummy
cleanup 'modprobe -qr dummy'
ip link delete trigon1
ip link add trigon2 type dummy
ip link delete trigon2
modprobe -r dummy
insmod ./dummy.ko
log_sync

line='^"[0-9T:.-]+Z (/usr)?/s?bin/ip link add'
expect_jq "$filter" "$line type nosuch module:rtnl-link-nosuch\"\$" 1
expect_jq "$filter" "$line trigon1 type dummy module:rtnl-link-dummy\"\$" 1
expect_no_jq "$filter" trigon2
expect_jq "$loads" "/insmod \./dummy\.ko .*$WORK/dummy\.ko\\\\\".*\\{\\\\\"int_arg\\\\\":2\\}.* \\{\\\\\"int_arg\\\\\":0\\}\"\$" 1
expect_no_jq "$loads" nosuch
