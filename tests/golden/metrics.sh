#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The names of metrics: those that the dashboard asks for, and those that docs/metrics.md tells of, are those that agent and
# operator write; and the dashboard is one that Grafana takes.
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dashboard=helm/trigon/dashboards/trigon.json
panel='.panels[] | select(.type != "row")'

# has_no_output NAME COMMAND...: passes if the command succeeds and prints nothing
has_no_output() {
	name=$1
	shift
	if "$@" >"$work/out" 2>&1 && [ ! -s "$work/out" ]; then
		passed=$((passed + 1)) && echo "ok $name"
	else
		failed=$((failed + 1)) && echo "FAIL $name:" && head -n 10 "$work/out"
	fi
}

# holds NAME FILTER: passes if the jq filter is true of the dashboard
holds() {
	has_no_output "$1" jq "$2 | select(. != true)" "$dashboard"
}

# Strings of the source that are names of metrics.
grep -ohE '"(trigon|process)_[a-z_]+"' agent/core/encode/*metrics*.c agent/cmd/metrics.c agent/cmd/operator_numbers.c | tr -d '"' | sort -u >"$work/written"
jq -r '.. | .expr?, .definition? | strings' "$dashboard" | grep -oE '\b(trigon|process)_[a-z_]+' | sort -u >"$work/asked"
sed "/^## Tetragon's and ours/,\$d" docs/metrics.md | grep -oE '`(trigon|process)_[a-z_]+' | tr -d '\`' | sort -u >"$work/documented"

has_no_output "the dashboard asks for what is written" comm -23 "$work/asked" "$work/written"
has_no_output "docs/metrics.md has all that is written" comm -23 "$work/written" "$work/documented"
has_no_output "docs/metrics.md has no other" comm -13 "$work/written" "$work/documented"
holds "many metrics are asked for" "[$panel | .targets[].expr] | length > 40"
holds "ids of panels are unique" '[.panels[].id] | length == (unique | length)'
holds "title, uid and schema" '(.title | length > 0) and (.uid | test("^[a-z-]{1,40}$")) and (.schemaVersion | type == "number")'
holds "panels have title, type and place" '[.panels[] | (.title | length > 0) and (.type | IN("row", "timeseries", "stat"))
	and (.gridPos | .x + .w <= 24 and .h > 0 and .y >= 0)] | all'
# shellcheck disable=SC2016 # jq's variables
holds "no panel lies on another" '[.panels | to_entries[] as $one | to_entries[] as $other | select($one.key < $other.key)
	| $one.value.gridPos as $a | $other.value.gridPos as $b
	| $a.x + $a.w <= $b.x or $b.x + $b.w <= $a.x or $a.y + $a.h <= $b.y or $b.y + $b.h <= $a.y] | length > 100 and all'
holds "queries have letters of their own" "[$panel | [.targets[].refId] | length > 0 and length == (unique | length)] | all"
# shellcheck disable=SC2016 # Grafana's variable
holds "all ask the chosen data source" '[.. | .datasource? | objects | .uid == "${datasource}"] | length > 40 and all'
holds "its variables are there" '[.templating.list[].name] == ["datasource", "node"]'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
