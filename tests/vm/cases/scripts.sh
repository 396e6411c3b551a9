# A script is an event of its own name, with the interpreter's arguments: `#!`, nested, by env, and by binfmt_misc.

# Exec events of what ran with FLAG as its last argument, in order: binary and arguments.
runs_of() {
    jq -r --arg flag "$1" 'select(.process_exec.process.arguments // "" | endswith($flag)) |
        .process_exec.process | "\(.binary) \(.arguments)"' "$LOG"
}

make_script() {
    printf '%s\n' "$2" : >"$1"
    chmod +x "$1"
}

agent_start
make_script plain '#!/bin/sh'
make_script option '#!/bin/true one two'
make_script nested "#!$WORK/option"
make_script by-env '#!/usr/bin/env bash'
./plain a1
./option a2
"$WORK/nested" a3
./by-env a4
log_sync

check test "$(runs_of a1)" = "$WORK/plain ./plain a1"
check test "$(runs_of a2)" = "$WORK/option  \"one two\" ./option a2"
check test "$(runs_of a3)" = "$WORK/nested  \"one two\" $WORK/option $WORK/nested a3"
check test "$(runs_of a4)" = "$WORK/by-env bash ./by-env a4"$'\n'"$(type -P bash) ./by-env a4"
expect_jq '[.process_exec.process | select(.arguments // "" | endswith("by-env a4")) | .pid] | .[0] // empty' '.' 2
# The interpreter that env executed is a child of what the process was before.
check jq -es '[.[].process_exec | select(.process.arguments // "" | endswith("by-env a4"))] |
    .[0].process.pid == .[1].process.pid and .[0].process.exec_id == .[1].process.parent_exec_id' "$LOG" >/dev/null

if [[ $KERNEL != native ]]; then # the register is the machine's
    modprobe binfmt_misc
    mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
    cleanup "umount /proc/sys/fs/binfmt_misc"
    echo ':trigon-test:M::TRIGON-TEST::/bin/true:' >/proc/sys/fs/binfmt_misc/register
    cleanup "echo -1 >/proc/sys/fs/binfmt_misc/trigon-test"
    make_script data TRIGON-TEST
    ./data a5
    log_sync
    check test "$(runs_of a5)" = "$WORK/data ./data a5"
fi
agent_stop
