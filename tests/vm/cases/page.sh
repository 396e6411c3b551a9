# The live page in a real browser: events, processes, policies and losses as they come, whatever strangers call their programs; by keyboard
# alone, dark and light, on small screens, at 1,000 events a second, and when the agent goes and comes. Screenshots: build/test-logs/page.
# timeout: 300
# kernels: native

PORT=18099
POLICIES=$WORK/policies
SCREENSHOTS=$REPOSITORY/build/test-logs/page
FLOOD_S=10 FLOOD_PROCESSES=500 # a second, of two events each
SLOW_PROCESSES=12000           # more than agent, kernel and browser keep
LAG_LIMIT_MS=1500 FRAMES_MIN=3 # and as much again for each process that wants a CPU at the time
ELEMENTS_MAX=2500

if [[ ! -x /usr/bin/chromedriver ]] || ! /usr/bin/python3 -c 'import selenium' 2>/dev/null; then
    skip "no chromium-driver or python3-selenium: run tools/deps.sh page"
fi
flood=$(helper flood)

# page STEP [ARGUMENT...]: has the browser do a step (tests/page/browser.py)
page() {
    local IFS=$'\t'

    echo "$*" >&"${BROWSER[1]}"
    page_answer "$*"
}

page_answer() { # STEP
    local answer

    read -r answer <&"${BROWSER[0]}" || fail "$1: the browser ended"
    [[ $answer == ok ]] || fail "$1: ${answer#failed }"
}

browser_start() {
    mkdir -p "$SCREENSHOTS" "$WORK/home"
    rm -f "$SCREENSHOTS"/*.png
    coproc BROWSER { HOME=$WORK/home exec /usr/bin/python3 "$REPOSITORY/tests/page/browser.py" "$SCREENSHOTS"; }
    page_answer start
}

page_agent_start() {
    agent_start --http-address "127.0.0.1:$PORT" --tracing-policy-dir "$POLICIES" "$@"
}

# Each file of agent/page/ is in the binary, as it is, with its headers.
check_files() {
    local file path headers

    for file in "$REPOSITORY"/agent/page/*; do
        path=/page/${file##*/}
        [[ $path != /page/index.html ]] || path=/
        curl -sf -D headers -o body "http://127.0.0.1:$PORT$path" || fail "no $path"
        check cmp "$file" body
        headers=$(<headers)
        check grep -q "^content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" <<<"$headers"
        check grep -q '^x-content-type-options: nosniff' <<<"$headers"
    done
}

mkdir "$POLICIES" flood
cat >"$POLICIES/chroot.yaml" <<'EOP'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: chroot}
spec:
  tracepoints:
  - {subsystem: syscalls, event: sys_enter_chroot}
EOP
sed 's/name: chroot/name: broken/; s/sys_enter_chroot/sys_enter_no_such_call/' "$POLICIES/chroot.yaml" >"$POLICIES/broken.yaml"
page_agent_start
policies_ready 1 1
check_files

# Before the page is there: its tree shows them all the same. The parent executes itself again after its fork.
early_evil='<img src=x onerror=alert(1)>early'
cp /bin/bash early-parent
cp /bin/sleep "$early_evil"
mkfifo go-on
(exec "$WORK/early-parent" -c '"$1" 1000 & exec "$0" -c "read -r <go-on"' "$WORK/early-parent" "$WORK/$early_evil") &
early=$!
cleanup "pkill -P $early; kill $early"
expect_jq .process_exec.process.binary '/early-parent"$' 2
expect_jq .process_exec.process.binary 'onerror=alert\(1\)>early"$' 1
browser_start
page size 1440 900
page scheme light
page open_page "http://127.0.0.1:$PORT/"
page expect '#connection' Live

echo "modules"
page expect_modules

echo "what ran before is in the tree, and no event"
page filter_by text onerror=alert
page expect_below early-parent "$early_evil"
page expect_none '#list .row' onerror
page screenshot early
page filter_by text ''
page expect '#tree .row.group .name' "$(hostname)"
page expect_clean

echo "an exec is in the list, and its process in the tree while it runs"
cp /bin/sleep "$WORK/sleeper"
"$WORK/sleeper" 1000 &
sleeper=$!
page filter_by text sleeper
page expect '#list .row' "$WORK/sleeper$sleeper"
page expect '#tree .row .name' sleeper
kill "$sleeper"
page expect '#list .row' SIGTERM
page expect '#tree .row .end' SIGTERM
page expect_none '#tree .row .name' sleeper
page screenshot events-light

echo "filters"
chroot / /bin/true filtered-marker
page filter_by text ''
page filter_by policy chroot
page expect '#list .row' syscalls/sys_enter_chroot
page expect_none '#list .row .type' exec
page filter_by policy ''
page filter_by text filtered-marker
page expect '#list .row .type' exec
page click '#types [value=exec]'
page expect '#list .row .type' exit
page expect_none '#list .row .type' exec
page reload # the address has the filters
page expect '#connection' Live
/bin/true filtered-marker
page expect '#list .row .type' exit
page expect_none '#list .row .type' exec
page filter_by binary no-such-binary
page expect '#list-empty' 'None of the'
page screenshot filtered-empty
page click '#clear'
page filter_by namespace no-such-namespace
page expect '#tree-empty' 'None of the processes'
page click '#clear'

echo "the agent's filter"
page click '#server-toggle'
page fill '#server [name=allow]' '{"binary_regex":["/true$"],"event_set":["PROCESS_EXEC"]}'
page keys enter
page expect '#server-toggle' '(on)'
page expect '#connection' Live
page filter_by text marker
/bin/echo kept-back-marker
/bin/true let-through-marker
page expect '#list .row' 'let-through-marker'
page expect_none '#list .row' kept-back-marker
page expect '#list .gap' 'the agent sends only what matches {"binary_regex"'
page fill '#server [name=allow]' '{"no_such_member":1}'
page keys enter
page expect '#server-error' no_such_member
page expect '#connection' Refused
page expect_none '#list .gap' no_such_member
page screenshot filter-refused
page click '#server-clear'
page expect '#connection' Live
page click '#server-toggle'
page click '#clear'
page expect_clean 'ws://127.0.0.1:[0-9]*/v1/events' '/v1/events.* 400 '

echo "what strangers call their programs is text, and nothing else"
evil=$WORK/'"><script>pwned=1<'
mkdir -p "$evil"
evil+='/script><img src=x onerror=alert(1)>'
cp /bin/true "$evil"
"$evil" '"><script>alert(1)</script>' 'javascript:alert(1)' $'\u202egpj.exe\u2066' $'\e]0;pwned\a' marker-evil
page filter_by text marker-evil
page expect '#list .row .binary' 'script><img src=x onerror=alert(1)>'
page expect '#list .row .what' '"><script>alert(1)</script> javascript:alert(1) \u202egpj.exe\u2066'
page expect '#list .row .what' '\x1b]0;pwned\x07'
page click '#list .row .binary' '<img'
page expect '#details-body' '<img src=x onerror=alert(1)>'
page expect '#details-body' '\u202egpj.exe\u2066'
page screenshot strangers
page expect_clean
page click '#details-close'
page click '#clear'

echo "policies"
page keys 3
page expect '#policies tbody tr' enabled
page expect '#policies tbody .error' 'sys_enter_no_such_call not supported'
page expect '#count-policies' '1 failed'
page click '#policies .policy' chroot
page expect '#policies .hooks' sys_enter_chroot
page screenshot policies-light
page expect_contrast
page scheme dark
page screenshot policies-dark
page expect_contrast

echo "dark, light, narrow, wide"
page keys 1
page click '#server-toggle'
page keys e arrow_up enter
page expect '#details-title' ' '
for scheme in dark light; do
    page scheme "$scheme"
    page screenshot "details-$scheme"
    page expect_contrast
done
page click '#server-toggle'
for view in 2 4 1; do
    page keys e escape "$view"
    page size 360 740
    page screenshot "narrow-$view"
    page expect_no_page_scrolling
    page size 2200 1200
    page screenshot "wide-$view"
    page size 1440 900
done
page keys 4
page expect '#facts' "$(uname -r)"
page expect_contrast
page keys 1

echo "by keyboard alone"
(while sleep 0.2; do /bin/true; done) & # a page that was just opened knows of no event before
acts=$!
cleanup "kill $acts 2>/dev/null"
page open_page "http://127.0.0.1:$PORT/"
page expect '#connection' Live
page expect '#list .row' e
page keys tab
page expect_focus .skip
page keys enter
page expect_focus '#list'
page keys p arrow_up arrow_up enter
page expect '#pause' Resume
page expect '#details-title' ' '
page expect_script "document.getElementById(document.getElementById('list').getAttribute('aria-activedescendant')).getAttribute('aria-selected') === 'true'"
page keys escape
page expect_script "document.getElementById('details').hidden"
page expect_focus '#list'
page keys p t home
page expect_focus '#tree'
page expect_script "document.querySelector('#tree .active').getAttribute('aria-expanded') === 'true'"
page keys arrow_left
page expect_script "document.querySelector('#tree .active').getAttribute('aria-expanded') === 'false'"
page keys arrow_right arrow_right enter
page expect '#scope' 'and below'
page keys c
page expect_script "document.getElementById('scope').hidden"
page keys /
page expect_focus '#filter-text'
page expect_no_page_scrolling
page keys p 3 # are typed, and no shortcuts here
page expect_script "document.getElementById('filter-text').value === 'p3' && document.body.dataset.view === 'events'"
page expect '#pause' Pause
page keys tab '?'
page expect_script "document.getElementById('filters').elements.namespace.value === '?'"
page keys escape
page expect_focus '#list'
page keys c '?'
page expect '#help' 'Keyboard shortcuts'
page screenshot help
page keys escape
page expect_script "!document.getElementById('help').open"
page reload
page expect '#list .row' e
page expect_tab_stops 20
page expect_clean
kill "$acts"

echo "1,000 events a second"
page open_page "http://127.0.0.1:$PORT/"
page expect '#connection' Live
page meter_start
end=$SECONDS
for ((second = 0; second < FLOOD_S; second++)); do
    end=$((end + 1))
    mkdir "flood-$second"
    "$flood" "$FLOOD_PROCESSES" 2 "$WORK/flood-$second"
    until ((SECONDS >= end)); do
        _pause 0.02
    done
    ((second != FLOOD_S / 2)) || page screenshot flood
done
page expect_all_counted $((2 * FLOOD_S * FLOOD_PROCESSES))
read -r load _ </proc/loadavg
page meter_check "$((LAG_LIMIT_MS * (1 + ${load%.*})))" "$FRAMES_MIN" "$ELEMENTS_MAX"
page expect_clean

echo "the browser is too slow"
mkdir slow
page freeze
"$flood" "$SLOW_PROCESSES" 2 "$WORK/slow"
page thaw
page filter_by text nothing-but-remarks # which are shown whatever the filters
page expect '#list .gap.bad' 'the browser took them too slowly'
page screenshot lost-by-browser
page click '#lost'
page expect '#losses' 'stream: the browser took them too slowly'
page expect_clean
page keys 1

echo "the agent goes, and comes again, and loses events"
agent_kill
page expect '#connection' Disconnected
page expect '#banners' 'does not answer'
page screenshot disconnected
page_agent_start --rb-size-total 64k
page expect '#connection' Live
page expect '#list .gap' 'Connected again'
page filter_by text onerror=alert
page expect_below early-parent "$early_evil" # as the new agent has found it
page filter_by text nothing-but-remarks
kill -STOP "$AGENT_PID"
"$flood" 2000 4 "$WORK/flood"
kill -CONT "$AGENT_PID"
page expect '#banners' 'lost since this page was opened'
page expect '#list .gap.bad' 'see the view Agent'
page click '#clear'
page screenshot lost
page click '#lost'
page expect '#losses' '--rb-size-total'
page screenshot losses
page expect_contrast
page expect_clean 'ws://127.0.0.1:[0-9]*/v1/events' 'ERR_CONNECTION_REFUSED'

agent_stop
