#!/bin/bash
# What `make check` holds the tree to, cheapest first: format, banned functions, layering, licence lines, shell scripts,
# static analysis. Prints each violation as FILE:LINE: and ends with 1 if there was any.
set -euo pipefail
cd "$(dirname "$0")/.."

failures=0

report() { # TITLE, violations on standard input
    local found

    found=$(cat)
    if [[ -z $found ]]; then
        return
    fi
    printf '%s\n%s\n' "check: $1" "$found" >&2
    failures=$((failures + 1))
}

mapfile -t c_files < <(git ls-files -co --exclude-standard -- '*.c' '*.h' '*.cc' | while read -r f; do [[ -e $f ]] && echo "$f"; done)
mapfile -t shell_files < <(git ls-files -co --exclude-standard | while read -r f; do
    if [[ -f $f ]] && head -c 64 "$f" | head -n 1 | grep -qaE '^#!/bin/(bash|sh)\b'; then
        echo "$f"
    fi
done)

# Includes go down only: base <- core <- io <- cmd, and each library has one folder that uses it.
includes_upward() {
    grep -nE '#include "(core|io|cmd)/' agent/base/*.[ch] || true
    grep -nE '#include "(io|cmd)/' agent/core/*/*.[ch] || true
    grep -nE '#include "cmd/' agent/io/*/*.[ch] || true
    grep -nE '#include <(bpf/|jansson|curl/|yaml|libwebsockets|sys/epoll|sys/mman|fcntl|unistd|time\.h)' agent/core/*/*.[ch] || true
    grep -nE '#include <yaml\.h>' agent/*/*.[ch] agent/*/*/*.[ch] | grep -v '^agent/io/policy/' || true
    grep -nE '#include <re2/' agent/*/*.[ch] agent/*/*/*.[ch] agent/*/*/*.cc | grep -v '^agent/io/regex/' || true
    grep -nE '#include <curl/' agent/*/*.[ch] agent/*/*/*.[ch] | grep -v '^agent/io/kube/' || true
    grep -nE '#include <libwebsockets' agent/*/*.[ch] agent/*/*/*.[ch] | grep -v '^agent/io/server/' || true
    grep -nE '#include <bpf/' agent/base/*.[ch] agent/cmd/*.[ch] agent/io/*/*.[ch] | grep -v '^agent/io/bpf/' | grep -v '^agent/cmd/version.c' || true
}

banned_functions() {
    grep -nE '\b(strcpy|strcat|sprintf|vsprintf|strtok|strtok_r|atoi|atol|atof|alloca|gets)\(' "${c_files[@]}" || true
    grep -nE '\bexit\(' "${c_files[@]}" | grep -E '^agent/' | grep -v '^agent/cmd/main.c' || true
}

missing_licence() {
    local file

    for file in "${c_files[@]}" agent/page/* tests/page/*; do
        head -n 2 "$file" | grep -q 'SPDX-License-Identifier' || echo "$file:1: no SPDX-License-Identifier"
    done
}

too_long() {
    wc -l "${c_files[@]}" | awk '$2 != "total" && $1 > 800 {print $2 ":" $1 ": longer than 800 lines: two things?"}'
}

# What makes markup or code of text, which may be a stranger's.
unsafe_scripts() {
    grep -nE '\b(innerHTML|outerHTML|insertAdjacentHTML|srcdoc|setHTMLUnsafe|eval|Function)\b|document\.write|\.on[a-z]+ = ["`'"'"']|javascript:' \
        agent/page/*.js || true
    grep -niE '<style|<script[^>]*>[^<]|[[:space:]](on[a-z]+|style)=' agent/page/*.html || true
}

# Where there is node.
script_syntax() {
    local file

    command -v node >/dev/null || return 0
    for file in agent/page/*.js tests/page/*.js; do
        node --check --input-type=module <"$file" 2>&1 | sed "s|^\[stdin\]|$file|"
    done
}

header_alone() {
    local file

    for file in $(printf '%s\n' "${c_files[@]}" | grep -E '^agent/.*\.h$'); do
        gcc -fsyntax-only -std=gnu11 -D_GNU_SOURCE -Iagent -Ibpf -x c "$file" 2>&1 | grep -E 'error' || true
    done
}

format_warnings() {
    clang-format --dry-run "${c_files[@]}" 2>&1 | grep -E 'warning:' || true
}

shell_warnings() {
    shellcheck -x "${shell_files[@]}" 2>&1 || true
}

# Leaks are left to the sanitizers: cppcheck does not know the cleanup attribute.
cppcheck_warnings() {
    cppcheck --quiet --std=c11 --enable=warning,portability --suppress=missingIncludeSystem --suppress=unknownMacro \
        --suppress=resourceLeak --suppress=memleak --suppress=ctuuninitvar -Iagent -Ibpf agent 2>&1 || true
}

# The tables are compiled for this: some seconds, or a minute where nothing is built yet.
stale_crds() {
    local made file

    made=$(mktemp -d)
    make --no-print-directory -s crds CRDS_DIR="$made" Q=@ >&2 || echo "tools/crds: does not compile"
    for file in "$made"/*.yaml; do
        diff -q "$file" "k8s/crds/${file##*/}" >/dev/null 2>&1 || echo "k8s/crds/${file##*/}:1: is not what the tables say"
        # kubectl apply keeps a copy in an annotation, where there is room for 256 KiB: JSON without blanks, which is some
        # 5% more than this is without indentation
        (($(sed 's/^ *//' "$file" | wc -c) < 240000)) || echo "k8s/crds/${file##*/}:1: is too large for kubectl apply"
    done
    rm -rf "$made"
}

report "format (make format mends it)" < <(format_warnings)
report "banned functions (CONTRIBUTING.md)" < <(banned_functions)
report "layering: base <- core <- io <- cmd (ARCHITECTURE.md)" < <(includes_upward)
report "licence line" < <(missing_licence)
report "scripts that make markup of text, or code in HTML" < <(unsafe_scripts)
report "JavaScript" < <(script_syntax)
report "length" < <(too_long)
report "headers that do not compile alone" < <(header_alone)
report "docs/policy-matrix.md (tools/policy_matrix.sh makes it)" < <(tools/policy_matrix.sh --check)
report "CRDs (make crds)" < <(stale_crds)
report "manifests (make manifests)" < <(tools/manifests.sh --check)
report "shellcheck" < <(shell_warnings)
report "cppcheck" < <(cppcheck_warnings)

if ((failures)); then
    echo "check: $failures of the checks failed" >&2
    exit 1
fi
echo "check: format, banned functions, layering, licences, headers, shellcheck, cppcheck: clean"
