# The API server hangs, then is killed and away for a minute: the node stays observed, with the pods and policies known before,
# and what changed is known after its return.
# timeout: 600

# shellcheck source=tests/e2e/faults.sh
. "$E2E_DIR/faults.sh"

away_s=60
hangs_s=5
# A list may have told all already: then the word comes with the stream's first event, at the latest a bookmark.
answers_s=90

# observed_for SECONDS: all the time.
observed_for() {
    local end=$((SECONDS + $1))

    while ((SECONDS <= end)); do
        observed first first
        sleep 1
    done
}

apiserver_pid() {
    control_plane status | sed -n 's/^kube-apiserver *pid //p'
}

faults_begin
agent_start "$(make_kubeconfig trigon serviceaccount)"
converges 30 first first

pid=$(apiserver_pid)
cleanup "kill -CONT $pid 2>/dev/null || true"
kill -STOP "$pid"
observed_for "$hangs_s"
kill -CONT "$pid"
policy_put second
pod_start second
converges 30 second second
policy_put first
converges 30 second first
memory=$(memory_kib)

kill -KILL "$pid"
wait_until 20 "word of the API server's end" agent_said 'cannot (reach|watch).*what is known stays as it is'
observed_for "$away_s"
control_plane start
pod_start third
policy_put third
converges 60 third third
wait_until "$answers_s" "word of its return" agent_said 'the API server answers again'
memory_is_flat "$memory"
acts_are_told_once
agent_end
