#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# policy_matrix.sh [--check]: makes docs/policy-matrix.md of the tables in tests/vm/matrix/; --check prints how the file
# differs from them.
set -euo pipefail
cd "$(dirname "$0")/.."

target=docs/policy-matrix.md

# Prints the rows of table $1. A kernel's cell: yes, no, or todo.
table() {
    awk -v kernels='5.10 6.1 6.12 7' '
        function flush(   i, n, series, cell, line, note) {
            if (id == "")
                return
            n = split(kernels, series, " ")
            line = "| " id " | " text(value["shows"])
            note = ""
            for (i = 1; i <= n; i++) {
                cell = "yes"
                if ("only" in value && index(" " substr(value["only"], 1, index(value["only"], ":") - 1) " ", " " series[i] " ") == 0)
                    cell = "no"
                else if ("todo" in value)
                    cell = "todo"
                line = line " | " cell
            }
            if ("only" in value)
                note = substr(value["only"], index(value["only"], ":") + 2)
            if ("todo" in value)
                note = value["todo"]
            print line " | " text(note) " |"
            id = ""
            delete value
        }
        function text(t) { gsub(/\|/, "\\|", t); gsub(/</, "\\&lt;", t); return t }
        /^#/ || /^ / { next }
        /^id: / { flush(); id = substr($0, 5); next }
        /^[a-z]+:/ { value[substr($0, 1, index($0, ":") - 1)] = substr($0, index($0, ":") + 2) }
        END { flush() }
    ' "tests/vm/matrix/$1.txt"
}

document() {
    local name

    cat <<'MARKDOWN'
# What policies can do on which kernel

Made by tools/policy_matrix.sh of the tables in tests/vm/matrix/, whose rows are also the tests: on each kernel with a
`yes`, `tests/vm/vm run KERNEL matrix_NAME` loads the row's policy, does once what it is for and once what it is not
for, and sees the one and not the other. The policy itself is in the table, under the row's name.
MARKDOWN
    for name in families types operators filters actions; do
        printf '\n## %s\n\n| row | shows | 5.10 | 6.1 | 6.12 | 7 | |\n|---|---|---|---|---|---|---|\n' "${name^}"
        table "$name"
    done
}

if [[ ${1:-} == --check ]]; then
    diff -u "$target" <(document) || true
else
    document >"$target"
fi
