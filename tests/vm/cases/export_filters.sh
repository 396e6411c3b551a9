# Which events the agent exports: lists of filters, from flags and a directory; a limit of their number; and what is taken out of
# arguments before. What was kept back is in the ledger, with which the log is proven complete all the same.
# kernels: 6.1 native

# kept_back FIELD: prints how many events the last record of the ledger says were kept back
kept_back() {
    jq -r --arg field "$1" 'select(.loss_ledger) | .loss_ledger[$field] // "0"' "$LOG" | tail -n 1
}

verify() {
    "$TRIGON" events --verify "$LOG" >verified || true
    cat verified
    # others on this machine may have made the ring too small
    check test -z "$(grep -E 'missing|too many|contradictions|broken' verified || true)"
}

executions='select(.process_exec) | .process_exec.process | "\(.binary) \(.arguments // "")"'
exits='select(.process_exit) | .process_exit.process.binary'

# Allowed: what /bin/true is given a word for, unless it is `never`; marks of log_sync are among them
agent_start --summary --export-allowlist '{"event_set": ["PROCESS_EXEC"], "binary_regex": ["/true$"]} {"pid": [1]}' \
    --export-denylist $'{"arguments_regex": ["never"], "parentBinaryRegex": ["bash$", "sh$"]}\n{"namespace": ["no-such"]}'
/bin/true one
/bin/true never
/bin/false two || true
log_sync
expect_jq "$executions" '^"/bin/true one"$' 1
expect_no_jq "$executions" 'never"$'
expect_no_jq "$executions" '^"/bin/false'
expect_no_jq "$exits" .
agent_stop
check test "$(kept_back filtered)" -ge 4
check grep -q 'filtered  ' "$AGENT_STDERR"
verify
check grep -q 'kept back by filters' verified

# From a directory, as a ConfigMap has them; the descendants of a process
LOG=$WORK/sets.log
mkdir config
printf '{"pid_set": [%s]}\n{"arguments_regex": ["trigon-mark"]}\n' "$$" >config/export-allowlist
printf 'true\n' >config/enable-pid-set-filter
agent_start --config-dir config
sh -c '/bin/echo grandchild >/dev/null; :'
setsid true
log_sync
expect_jq "$executions" '^"/bin/echo grandchild"$' 1
agent_stop
verify

# Redacted for whoever tells of the process: itself and its parent
LOG=$WORK/redacted.log
agent_start --redaction-filters '{"redact": ["--(?:token|password)[= ](\\S+)"]} {"redact": ["(.+)"], "binary_regex": ["/echo$"]}'
sh -c '/bin/true --token x0; :' arg --password=secret-1
/bin/echo secret-2 >/dev/null
log_sync
expect_jq "$executions" '^"/bin/true --token \*\*\*\*\*"$' 1
expect_jq "$executions" '^"/bin/echo \*\*\*\*\*"$' 1
expect_jq 'select(.process_exec.process.arguments == "--token *****") | .process_exec.parent.arguments' ' arg --password=\*\*\*\*\*"$' 1
check test -z "$(grep 'secret-[12]' "$LOG" || true)"
agent_stop

# Only some fields; the ledger is told of as ever
LOG=$WORK/fields.log
agent_start --field-filters '{"fields": "process,status", "action": "INCLUDE"}
    {"event_set": ["PROCESS_EXEC"], "fields": "process.exec_id,process.arguments"}
    {"event_set": ["PROCESS_EXEC"], "invert_event_set": true, "fields": "process.arguments,process.cwd", "action": "EXCLUDE"}'
sh -c '/bin/true with-fields; exit 3' || true
log_sync
expect_jq 'select(.process_exec) | .process_exec.process.arguments' '^"with-fields"$' 1
expect_jq 'select(.process_exit.status == 3) | .process_exit.process | "\(.binary) \(has("arguments")) \(has("cwd"))"' 'sh false false"$'
expect_jq 'select(.process_exit) | .process_exit | keys - ["process", "status"]' '^\[\]$'
expect_no_jq 'select(.process_exit) | .process_exit | keys - ["process", "status"] | .[]' .
expect_no_jq 'select(.process_exec) | .process_exec | keys + (.process | keys) - ["process", "exec_id", "arguments"] | .[]' .
agent_stop
verify

# No more than ten a minute; what tells of the rest is an event more
LOG=$WORK/limited.log
agent_start --export-rate-limit 10 --export-allowlist '{"event_set": ["PROCESS_EXEC"], "arguments_regex": ["^limited-"]}'
for i in {1..40}; do
    /bin/true "limited-$i"
done
has_ten() {
    [[ $(grep -c '^{"process_exec"' "$LOG") -ge 10 ]]
}
wait_until 10 has_ten
agent_stop
check test "$(kept_back rate_limited)" -ge 20
check test "$(jq -r 'select(.rate_limit_info) | .rate_limit_info.number_of_dropped_process_events' "$LOG")" = "$(kept_back rate_limited)"
check test "$(grep -c '^{"process_exec"' "$LOG")" = "$((40 - $(kept_back rate_limited)))"
verify

# 0: no log
LOG=$WORK/none.log
agent_start --export-rate-limit 0
/bin/true
agent_stop
check test ! -e "$LOG"

# What is wrong ends the start, and is named
status=0
"$TRIGON" agent --export-denylist '{"binary_regex": ["ok"]} {"pod_regex": ["a(b"]}' 2>refused || status=$?
cat refused
check test "$status" = 2
"$TRIGON" agent --field-filters '{"fields": "process.binry"}' 2>>refused || true
cat refused
check grep -qF 'trigon agent: --field-filters:1:12: error: filters[0].fields: unknown field "process.binry"' refused
check grep -qF 'trigon agent: --export-denylist:1:41: error: filters[1].pod_regex[0]: not a regular expression: "a(b": missing ): a(b' refused
