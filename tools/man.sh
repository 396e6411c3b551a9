#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# man.sh [--check] [TRIGON]: writes the options that build/trigon's --help tells of into docs/trigon.8. With --check it
# writes nothing, and fails and says so when the page does not have them as they are.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PAGE=docs/trigon.8
COMMANDS=(agent events status bugtool operator check-cluster export-stdout 'policy check' 'policy explain' 'policy list' 'policy show' version)
# shellcheck disable=SC2016 # roff's comment
BEGIN='.\" made by `make man`, from --help, to the next line like this'
END='.\" end'

# options COMMAND: reads its --help, prints a subsection
options() {
    awk -v command="$1" '
        function roff(text) {
            gsub(/\\/, "\\e", text)
            gsub(/-/, "\\-", text)
            return (text ~ /^[.\047]/ ? "\\&" : "") text
        }
        function finish() {
            if (option)
                printf ".TP\n%s\n%s\n", option, roff(text)
            option = text = ""
        }
        # "  -o, --output FORMAT": names in bold, what they take in italics
        function heading(left, words, count, letter) {
            letter = left ~ /^-[a-z], / ? roff(substr(left, 1, 2)) ", " : ""
            sub(/^-[a-z], /, "", left)
            count = split(left, words, " ")
            return ".BI \"" letter roff(words[1]) "\"" (count > 1 ? " \" " roff(words[2]) "\"" : "")
        }
        /^  (-[a-z], |    )--/ {
            finish()
            sub(/^ +/, "")
            at = match($0, /   *[^ ]/)
            left = at ? substr($0, 1, at - 1) : $0
            text = at ? substr($0, at + RLENGTH - 1) : ""
            if (left !~ /--help$/)
                option = heading(left)
            next
        }
        option && /^       +[^ ]/ { sub(/^ +/, ""); text = text (text ? " " : "") $0; next }
        { finish() }
        BEGIN { print ".SS trigon " roff(command) }
        END { finish() }'
}

page() {
    local command words

    sed "/^${BEGIN//\\/\\\\}\$/q" "$PAGE"
    for command in "${COMMANDS[@]}"; do
        read -ra words <<<"$command"
        "$trigon" "${words[@]}" --help | options "$command"
    done
    sed -n "/^${END//\\/\\\\}\$/,\$p" "$PAGE"
}

is_check=
if [[ ${1:-} == --check ]]; then
    is_check=1
    shift
fi
trigon=${1:-build/trigon}
[[ -x $trigon ]] || { echo "man.sh: there is no $trigon; build it with: make" >&2; exit 1; }
made=$(mktemp)
trap 'rm -f "$made"' EXIT
page >"$made"
if [[ -z $is_check ]]; then
    cat "$made" >"$PAGE"
elif ! diff -u "$PAGE" "$made"; then
    echo "$PAGE:1: is not what --help says (make man)"
    exit 1
fi
