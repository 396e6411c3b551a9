# A thousand arguments are in the log byte for byte; what is longer than a line is cut, flagged, and still a line.

LINE_MAX=32768

# Prints FILTER of the only exec event of /bin/true whose arguments start with $1.
exec_of() {
    jq -r --arg start "$1" "select(.process_exec.process.binary == \"/bin/true\") | .process_exec.process |
        select((.arguments // \"\") | startswith(\$start)) | $2" "$LOG"
}

# The length in bytes, with its newline, of that event's line.
line_of() {
    grep -F '"process_exec":{"process"' "$LOG" | grep -F "\"arguments\":\"$1" | wc -c
}

# Runs /bin/true with two arguments: the tag $1 and one of $2 bytes.
run_bytes() {
    /bin/true "$1" "$(head -c "$2" /dev/zero | tr '\0' x)"
}

agent_start
arguments=()
for ((i = 0; i < 1000; i++)); do
    arguments+=("number-$i-ü")
done
/bin/true "${arguments[@]}"
/bin/true "${arguments[@]:1}"
exec_with=$(helper exec_with)
"$exec_with" bytes 131071 /bin/true
run_bytes probe 30000
log_sync

check test "$(exec_of 'number-0-ü ' .arguments)" = "${arguments[*]}"
check test "$(exec_of 'number-1-ü ' .arguments)" = "${arguments[*]:1}"
check test "$(exec_of number- '.flags | contains("truncArgs")' | sort -u)" = false

check test "$(exec_of 0123 '.flags | contains("truncArgs")')" = true
check test "$(exec_of 0123 '(.arguments | length) > 30000')" = true
check test "$(exec_of 0123 '.arguments as $a | ("0123456789" * 4000)[:($a | length)] == $a')" = true

# From the length of one line we know which argument fills a line. Pids and times have not always the same digits.
room=$((LINE_MAX - $(line_of 'probe x')))
check test "$(exec_of 'probe x' '.flags | contains("truncArgs")')" = false
run_bytes below $((30000 + room - 30))
run_bytes above $((30000 + room + 30))
run_bytes kernel-below $((32768 - 10 - 13 - 2)) # /bin/true, the tag and this, each with a NUL: 32,768 bytes
run_bytes kernel-above $((32768 - 10 - 13 - 1))
log_sync
check test "$(exec_of 'below x' '.flags | contains("truncArgs")')" = false
check test "$(exec_of 'below x' '.arguments | length')" = $((30000 + room - 30 + 6))
for tag in above kernel-below kernel-above; do
    check test "$(exec_of "$tag x" '.flags | contains("truncArgs")')" = true
    check test "$(exec_of "$tag x" '(.arguments | length) > 30000')" = true
    check test "$(exec_of "$tag x" "(.arguments | ltrimstr(\"$tag \") | test(\"^x+$\"))")" = true
done
agent_stop

check jq -e . "$LOG" >/dev/null
check test "$(LC_ALL=C awk -v max="$LINE_MAX" 'length($0) + 1 > max' "$LOG" | wc -l)" = 0
check test "$(LC_ALL=C awk -v max="$LINE_MAX" 'length($0) + 1 > max - 16' "$LOG" | wc -l)" -ge 4 # the cut ones are full
