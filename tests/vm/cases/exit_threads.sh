# A process of several threads ends once, with its last thread and the code that wait() reports.
# cpus: 2

exit_threads=$(helper exit_threads)
agent_start
for how in leader-first thread-last together; do
    rounds=100
    if [[ $how == together ]]; then
        rounds=600
    fi
    "$exit_threads" "$how" "$rounds" | sort >"expected.$how"
    check test "$(wc -l <"expected.$how")" = $((rounds + 1))
done
log_sync
for how in leader-first thread-last together; do
    jq -r --arg how "$how" 'select(.process_exit.process.arguments // "" | startswith($how)) | .process_exit |
        "\(.process.pid) \(.status // 0)"' "$LOG" | sort >"got.$how"
    if ! diff "expected.$how" "got.$how" >differences; then
        head differences
        fail "$how: $(grep -c '^<' differences) expected lines are missing, $(grep -c '^>' differences) are too many"
    fi
done
agent_stop
