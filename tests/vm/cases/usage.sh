# What the agent cannot do is an error with a remedy: exit code 2 for wrong usage, 1 for failure.
# kernels: 6.1 native

# The command line after $1 and $2 ends with status $1 and says, on standard error, what matches $2.
fails() {
    local wanted=$1 regex=$2 status=0

    shift 2
    timeout 20 "$@" >stdout 2>stderr </dev/null || status=$?
    if [[ $status != "$wanted" ]] || ! grep -qE -- "$regex" stderr; then
        cat stderr
        fail "status $status, wanted $wanted and $regex: $*"
    fi
    check test -z "$(grep 'trigon: ready' stderr || true)"
}

fails 2 '--export-filenam.*did you mean --export-filename' "$TRIGON" agent --export-filenam x
fails 2 'rb-size-total.*64k' "$TRIGON" agent --rb-size-total 1k
fails 2 'rb-size-total' "$TRIGON" agent --rb-size-total many
fails 2 'export-file-perm' "$TRIGON" agent --export-file-perm 999
fails 2 'log-level.*debug' "$TRIGON" agent --log-level loud
fails 2 'extra' "$TRIGON" agent extra
fails 2 'did you mean agent' "$TRIGON" agnet
fails 1 "$WORK is a directory" "$TRIGON" agent --export-filename "$WORK"
fails 1 'mkdir -p nowhere' "$TRIGON" agent --export-filename nowhere/log
check test ! -e nowhere

cp "$TRIGON" trigon # below a directory that everybody may enter
chmod 755 . trigon
fails 1 'CAP_BPF.*sudo' setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all "$WORK/trigon" agent
"$TRIGON" agent --help >stdout
check grep -q -- '--rb-size-total' stdout
check grep -q '^version  *[0-9]' <("$TRIGON" version)

mkdir config
echo 0640 >config/export-file-perm
echo "$WORK/from-config.log" >config/export-filename
echo from-config >config/cluster-name
agent_start --config-dir config --cluster-name from-command-line
expect_jq .cluster_name '^"from-command-line"$'
agent_stop
check test "$(stat -c %a "$LOG")" = 640
check test ! -e from-config.log
rm config/cluster-name
echo yes >config/no-such-flag
fails 2 'config/no-such-flag: there is no flag' "$TRIGON" agent --config-dir config
