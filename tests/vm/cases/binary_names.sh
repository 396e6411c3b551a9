# A binary's name may hold any byte and be 4,095 bytes long; relative ones are joined with the working directory.

# Exactly one exec event has the binary $1 and the arguments $2.
seen() {
    local count

    count=$(jq --arg binary "$1" --arg arguments "$2" \
        'select(.process_exec.process | .binary == $binary and .arguments == $arguments) | 1' "$LOG" | grep -c 1 || true)
    [[ $count == 1 ]] || fail "$count events, not 1, of $(printf %q "$1") with $2"
}

replacement=$'\xef\xbf\xbd' # U+FFFD
agent_start
names=('qu"ote' "apo'strophe" 'with blank' $'new\nline' $'esc\e[31mred' $'tab\tback\\slash' 'größe')
for name in "${names[@]}" $'broken\xff\xe2\x82.'; do
    cp /bin/true "$name"
    "$WORK/$name" named
done

component=$(printf '%0200d' 0)
long=$WORK
while ((${#long} + 201 + 20 < 4095)); do
    long+=/$component
done
mkdir -p "$long"
long+=/$(printf '%*s' $((4095 - ${#long} - 1)) '' | tr ' ' l)
check test "${#long}" = 4095
cp /bin/true "$long"
"$long" long

mkdir -p dir/x
cp /bin/true dir/a
(cd dir && ./a here)
(cd dir/x && ../a up)
(cd dir/x && .././x/..//a winding)
(cd / && "${WORK#/}/dir/a" below)
cp /bin/true "${long%/*}/a"
(cd "${long%/*}" && ./a deep)
exec_with=$(helper exec_with)
"$exec_with" at dir a by-descriptor
"$exec_with" at dir "$WORK/dir/a" absolute
log_sync

for name in "${names[@]}"; do
    seen "$WORK/$name" named
done
seen "$WORK/broken$replacement$replacement." named
seen "$long" long
for arguments in here up winding below; do
    seen "$WORK/dir/a" "$arguments"
done
seen "${long%/*}/a" deep
seen "$WORK/dir/a" absolute
# The kernel itself knows it by this name only, and so do scripts that are run so.
expect_jq 'select(.process_exec.process.arguments == "by-descriptor") | .process_exec.process.binary' \
    '^"/dev/fd/[0-9]+/a"$' 1
agent_stop
check jq -e . "$LOG" >/dev/null
