#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What a user gets out of the golden events: every line is valid JSON for jq,
# and each jq filter of the policy library (tests/golden/filters/NAME.jq,
# verbatim) prints the lines in NAME.expected, from all golden events together.
# Prints `ok` or `FAIL` per check, ends with the counts. Needs jq.
set -u
# shellcheck source=tests/golden/outcome.inc
. "$(dirname "$0")/outcome.inc"
cd "$(dirname "$0")" || exit 1

command -v jq >/dev/null || { echo "check.sh: jq is missing; install it with: apt-get install jq" >&2; exit 1; }

for file in *.json; do
	[ "$(wc -l <"$file")" -eq 1 ] && iconv -f UTF-8 -t UTF-8 "$file" >/dev/null && jq -e '.time' "$file" >/dev/null
	report $? "jq reads $file"
done
for filter in filters/*.jq; do
	cat ./*.json | jq -f "$filter" | diff -u "${filter%.jq}.expected" -
	report $? "$filter"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
