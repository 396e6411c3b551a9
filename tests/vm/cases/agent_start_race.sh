# An agent starts while processes start and end: each that lived afterwards is told exactly once, as procFS or as exec.
# kernels: 5.10 7 native
# cpus: 2

ROUNDS=3

numbers=$(helper numbers)
for ((round = 0; round < ROUNDS; round++)); do
    LOG=$WORK/$round.log
    "$numbers" 8 >started &
    starter=$!
    _pause 0.3
    agent_start
    ready=${EPOCHREALTIME/[.,]/}
    _pause 0.3
    kill "$starter"
    wait "$starter"
    agent_stop

    jq -r '.process_exec.process | select(.arguments // "" | startswith("number-")) | "\(.arguments[7:]) \(.pid)"' \
        "$LOG" | sort >told
    awk -v ready="$ready" '$4 > ready { print $1, $2 }' started | sort >expected
    check test "$(uniq -d told)" = ""
    check test "$(comm -13 told expected)" = ""
    # and nothing but the truth
    check test "$(comm -13 <(awk '{ print $1, $2 }' started | sort) told)" = ""
    # the end of each as well
    jq -r '.process_exit.process | select(.arguments // "" | startswith("number-")) | "\(.arguments[7:]) \(.pid)"' \
        "$LOG" | sort >ended
    check diff told ended
    before=$(jq '.process_exec.process | select((.arguments // "" | startswith("number-")) and .flags == "procFS") | 1' \
        "$LOG" | wc -l)
    echo "$(wc -l <started) were started, $(wc -l <told) told, $before of them as procFS"
    check test "$before" -ge 1
    check test "$(wc -l <told)" -gt "$before"
done
