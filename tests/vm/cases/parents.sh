# Who is whose parent: after fork, exec, exec after exec, without exec, when the parent is gone and when it was there before.
mkfifo go
NODE_NAME=node agent_start
bash -c '/bin/true case child; :' case parent
bash -c 'exec /bin/true case later self' case earlier self
bash -c '(exit 7); :' case forker
# shellcheck disable=SC2016 # for the inner shell
bash -c '(read -r <go; exec /bin/true case daemon) & :' case launcher
echo >go
expect_jq '.process_exit.process.arguments' '^"case daemon"$' 1
/bin/true case of the shell
agent_stop

jq -rs --arg shell "$$" '
    [.[].process_exec | values] as $execs | [.[].process_exit | values] as $exits |
    def last_words: .process.arguments // "" | sub(".*case "; "");
    def exec_of($name): $execs[] | select(last_words == $name);
    def exit_of($name): $exits[] | select(last_words == $name);
    def is_child_of($parent): .process.parent_exec_id == $parent.process.exec_id and .parent == $parent.process;

    exec_of("child") as $child | exec_of("later self") as $later | exec_of("earlier self") as $earlier |
    exec_of("daemon") as $daemon | exec_of("launcher") as $launcher | exec_of("forker") as $forker |
    ($exits[] | select(.status == 7)) as $forked |
    ($execs[] | select(.process.pid == 1)) as $init | exec_of("of the shell") as $of_shell |
    {
        "child": ($child | is_child_of(exec_of("parent"))),
        "child flags": $child.process.flags,
        "child exit": (exit_of("child") | .process == $child.process and .parent == $child.parent),
        "later self": ($later | is_child_of($earlier)),
        "later self flags": $later.process.flags,
        "later self pid": ($later.process.pid == $earlier.process.pid),
        "one exit for both": ([$exits[] | select(.process.pid == $later.process.pid)] | length),
        "forked": ($forked | is_child_of($forker)),
        "forked flags": $forked.process.flags,
        "forked looks like the forker": ([$forked, $forker] | map(.process | [.binary, .arguments, .cwd, .uid]) | .[0] == .[1]),
        "forked is another": ($forked.process.pid != $forker.process.pid),
        "daemon": ($daemon | is_child_of($launcher)),
        "launcher was gone": (exit_of("launcher").time < $daemon.process.start_time),
        "of the shell": [$of_shell.parent.pid == ($shell | tonumber), $of_shell.parent.flags],
        "process 1": ($init.process.parent_exec_id | @base64d),
        "exec_id": ($child.process.exec_id | @base64d | sub(":[0-9]{7,}:"; ":KTIME:") == "node:KTIME:\($child.process.pid)")
    } | to_entries[] | "\(.key): \(.value)"' "$LOG" >seen
cat >expected <<'LINES'
child: true
child flags: execve clone
child exit: true
later self: true
later self flags: execve
later self pid: true
one exit for both: 1
forked: true
forked flags: null
forked looks like the forker: true
forked is another: true
daemon: true
launcher was gone: true
of the shell: [true,"procFS"]
process 1: node:1:0
exec_id: true
LINES
diff expected seen || fail "not as expected (<)"
