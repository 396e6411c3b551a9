#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# `trigon policy check`: for each file in policy_check/, what it prints, word for word, and its exit code are in
# NAME.expected. Files are named for what they are about; wrong ones have one mistake per entry. The policy
# library must be right, too, and so must what envsubst made of it.
# Usage: tests/golden/policy_check.sh [TRIGON]      (default: build/trigon)
# UPDATE=1 writes the expected output: read the difference before you commit it.
set -u
# shellcheck source=tests/golden/outcome.inc
. "$(dirname "$0")/outcome.inc"
trigon=$(realpath "${1:-build/trigon}")
cd "$(dirname "$0")" || exit 1
policies=$(realpath ../../policies)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$work/out
# root could read what nobody may read
[ "$(id -u)" -ne 0 ] || unprivileged='setpriv --bounding-set=-dac_override,-dac_read_search'
unprivileged=${unprivileged:-}
unset PODCIDR SERVICECIDR

[ -x "$trigon" ] || { echo "policy_check.sh: there is no $trigon; build it with: make" >&2; exit 1; }

# run ARGUMENT...: leaves what was said and the exit code in $out. Standard error comes first: the order is not of interest.
run() {
	status=0
	$unprivileged "$trigon" policy check "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
	{ cat "$work/stderr" "$work/stdout"; echo "exit code $status"; } >"$out"
}
# check NAME STATUS PATTERN ARGUMENT...: exit code, and a line that was printed
check() {
	name=$1 wanted=$2 pattern=$3
	shift 3
	run "$@"
	if [ "$status" -eq "$wanted" ] && grep -q -e "$pattern" "$out"; then
		report 0 "$name"
	else
		head -20 "$out"
		report 1 "$name"
	fi
}

for file in policy_check/*.yaml policy_check/*.json; do
	run --variable 'TWO=10.1.2.3/8  fd00::1,EMPTY= ,WRONG=10.0.0.0/33' "$file"
	[ -z "${UPDATE:-}" ] || cp "$out" "$file.expected"
	diff -u "$file.expected" "$out"
	report $? "$file"
done

for file in "$policies"/*.yaml; do
	run --variable 'PODCIDR=10.0.0.0/8 fd00::/8,SERVICECIDR=10.96.0.0/12' "$file"
	[ "$status" -eq 0 ] && [ ! -s "$work/stderr" ]
	report $? "policies/$(basename "$file")"
	cat "$work/stderr"
done
# shellcheck disable=SC2016 # the names are meant
sed 's|${PODCIDR}|10.0.0.0/8 fd00::/8|; s|${SERVICECIDR}|10.96.0.0/12|' "$policies/egress.yaml" >"$work/egress.yaml"
check 'after envsubst' 0 'ok, 1 hook$' "$work/egress.yaml"
# shellcheck disable=SC2016
sed 's|${PODCIDR}||; s|${SERVICECIDR}|10.96.0.0/12|' "$policies/egress.yaml" >"$work/egress.yaml"
check 'after envsubst without a value' 1 'was a variable filled in that has no value' "$work/egress.yaml"
check 'no variable' 1 'remedy: set the environment variable PODCIDR or give --variable PODCIDR=' "$policies/egress.yaml"
PODCIDR=' ' SERVICECIDR=10.96.0.0/12
export PODCIDR SERVICECIDR
# shellcheck disable=SC2016 # the variable's name
check 'a blank variable of the environment' 1 'the variable ${PODCIDR} has no value' "$policies/egress.yaml"
PODCIDR=10.0.0.0/8 SERVICECIDR=10.96.0.0/12
export PODCIDR SERVICECIDR
check 'variables of the environment' 0 'ok, 1 hook$' "$policies/egress.yaml"
check 'a flag wins over the environment' 1 'value nonsense invalid' --variable PODCIDR=nonsense "$policies/egress.yaml"
# shellcheck disable=SC2016
check 'an empty flag wins over it, too' 1 'the variable ${PODCIDR} is empty' --variable PODCIDR= "$policies/egress.yaml"
check 'a directory' 0 'monitor-kernel-modules: ok, 2 hooks$' "$policies"
check 'a file and a missing one' 1 'cannot be read: No such file' "$policies/modules.yaml" "$work/none.yaml"
check 'one wrong file makes no other wrong' 1 'ok, 2 hooks$' policy_check/metadata.yaml "$policies/modules.yaml"
mkdir "$work/empty"
check 'an empty directory' 1 'has no \*.yaml' "$work/empty"
mkdir -p "$work/unreadable/below" && cp "$policies/modules.yaml" "$work/unreadable"
cp "$policies/modules.yaml" "$work/unreadable/secret.yaml"
chmod 0 "$work/unreadable/below" "$work/unreadable/secret.yaml"
check 'a file that may not be read' 1 'secret.yaml: error: cannot be read: Permission denied' "$work/unreadable"
check 'a directory below that may not be read' 1 'below: error: cannot be read: Permission denied' "$work/unreadable"
check 'and the others all the same' 1 'modules.yaml: monitor-kernel-modules: ok' "$work/unreadable"
chmod 700 "$work/unreadable/below"
check 'no file' 2 'which file'
check 'a wrong variable' 2 'is not NAME=VALUE' --variable PODCIDR "$policies/egress.yaml"
check 'a wrong flag' 2 'did you mean --variable' --variabel X=1 "$policies/egress.yaml"
check 'help' 0 '^Usage: trigon policy check' --help
run - <"$policies/modules.yaml"
[ "$status" -eq 0 ] && grep -q '^<stdin>: monitor-kernel-modules: ok, 2 hooks$' "$out"
report $? 'standard input'
: >"$work/none.yaml"
check 'an empty file' 1 'has no policy in it' "$work/none.yaml"
head -c 1048577 /dev/zero | tr '\0' '#' >"$work/large.yaml"
check 'too large' 1 'larger than 1 MiB' "$work/large.yaml"
yes -- '---
a' | head -130 >"$work/many.yaml"
check 'too many documents' 1 'more than 64 documents' "$work/many.yaml"
{ head -c 40 /dev/zero | tr '\0' '['; } >"$work/deep.yaml"
check 'too deep' 1 'nested deeper than 32 levels' "$work/deep.yaml"
{ echo 'a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]'
  for level in b c d e f; do
	printf '%s: &%s [%s]\n' $level $level "$(echo "$level" | tr bcdef abcde | sed 's/.*/*&, *&, *&, *&, *&, *&, *&, *&, *&, *&/')"
  done; } >"$work/bomb.yaml"
check 'aliases of aliases' 1 'too large: more than 100000 nodes' "$work/bomb.yaml"
printf 'a: \377\n' >"$work/binary.yaml"
check 'not UTF-8' 1 'save the file as UTF-8 text' "$work/binary.yaml"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
