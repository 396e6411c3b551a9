#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the chart renders with values that are not the defaults; `make check` compares those with k8s/manifests.
# Skipped where helm is not built (tests/e2e/tools build helm), but not in CI.
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
work=$(mktemp -d)
chart=helm/trigon release=trigon namespace=ns
trap 'rm -rf "$work"' EXIT
prometheus=agent.prometheus.enabled=true
monitor=agent.prometheus.serviceMonitor
of_operator=operator.prometheus.enabled=true

if [ -n "$(tests/e2e/tools missing helm)" ]; then
	if [ -n "${CI:-}" ]; then
		echo "FAIL helm is not built: tests/e2e/tools build helm"
		echo "0 passed, 1 failed"
		exit 1
	fi
	echo "skipped: helm is not built: tests/e2e/tools build helm"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
helm=$(tests/e2e/tools path helm)

# check NAME STATUS PATTERN OPTION...: helm's exit code, and lines that match in what it prints, ! before the pattern: none
check() {
	name=$1 wanted=$2 pattern=$3 status=0
	shift 3
	"$helm" template "$release" "$chart" --namespace "$namespace" --kube-version 1.34.0 "$@" >"$work/out" 2>&1 || status=1
	ok=0
	case $pattern in
	!*) ! grep -q -e "${pattern#!}" "$work/out" || ok=1 ;;
	*) grep -q -e "$pattern" "$work/out" || ok=1 ;;
	esac
	if [ "$status" -eq "$wanted" ] && [ "$ok" -eq 0 ]; then
		passed=$((passed + 1)) && echo "ok $name"
	else
		failed=$((failed + 1)) && echo "FAIL $name: exit code $status, wanted $wanted and: $pattern"
	fi
}

check "no Service by default" 0 '!^kind: Service$'
check "no ServiceMonitor by default" 0 '!^kind: ServiceMonitor$'
check "Service without ServiceMonitor" 0 '^kind: Service$' --set $prometheus
check "no ServiceMonitor with the Service" 0 '!^kind: ServiceMonitor$' --set $prometheus
check "headless" 0 '^  clusterIP: None' --set $prometheus
check "the probes' port" 0 '^      port: 7000$' --set $prometheus --set agent.healthServer.port=7000
check "ServiceMonitor" 0 '^kind: ServiceMonitor$' --set $prometheus --set $monitor.enabled=true
check "in the release's namespace" 0 '^    matchNames: \["ns"\]$' --set $prometheus --set $monitor.enabled=true
check "interval" 0 '^      interval: 5s$' --set $prometheus --set $monitor.enabled=true --set $monitor.scrapeInterval=5s
check "further label" 0 '^    release: prom$' --set $prometheus --set $monitor.enabled=true \
	--set $monitor.labelsOverride.release=prom
check "label in place of ours" 0 '^    app.kubernetes.io/managed-by: me$' --set $prometheus --set $monitor.enabled=true \
	--set $monitor.labelsOverride.app\\.kubernetes\\.io/managed-by=me -s templates/metrics.yaml
check "ServiceMonitor alone" 1 'needs agent.prometheus.enabled' --set $monitor.enabled=true
check "Service of the operator" 0 '^  name: trigon-operator-metrics$' --set $of_operator
check "that selects the operator's pods" 0 '^    app.kubernetes.io/component: operator$' --set $of_operator \
	-s templates/metrics.yaml
check "and no agents" 0 '!component: agent' --set $of_operator -s templates/metrics.yaml
check "the operator's port" 0 '^      port: 7001$' --set $of_operator --set operator.healthServer.port=7001
check "no ServiceMonitor with the operator's Service" 0 '!^kind: ServiceMonitor$' --set $of_operator
check "ServiceMonitor of the operator" 0 '^  name: "trigon-operator"$' --set $of_operator \
	--set operator.prometheus.serviceMonitor.enabled=true -s templates/metrics.yaml
check "ServiceMonitor of the operator alone" 1 'needs operator.prometheus.enabled' \
	--set operator.prometheus.serviceMonitor.enabled=true
check "no operator, no Service of it" 0 '!operator-metrics' --set $of_operator --set operator.enabled=false
check "wrong interval of the operator" 1 'scrapeInterval' --set operator.prometheus.serviceMonitor.scrapeInterval=often
check "wrong interval" 1 'scrapeInterval' --set $monitor.scrapeInterval=often
check "condition of a parent chart" 0 '^kind: DaemonSet$' --set enabled=true
check "misspelt value" 1 'serviceMonitors' --set agent.prometheus.serviceMonitors.enabled=true
check "notes do not break" 0 '^kind: DaemonSet$' --set $prometheus --set exportStdout.enabled=false

check "no filters by default" 0 '!--export-\(allow\|deny\|rate\)' -s templates/daemonset.yaml
check "allow list" 0 '^            - "--export-allowlist={\\"pid\\":\[1\]}\\n{}"$' \
	--set-json 'agent.exportAllowList="{\"pid\":[1]}\n{}"'
check "deny list" 0 '^            - "--export-denylist={}"$' --set-json 'agent.exportDenyList="{}"'
check "redaction" 0 '^            - "--redaction-filters={}"$' --set-json 'agent.redactionFilters="{}"'
check "field filters" 0 '^            - "--field-filters={}"$' --set-json 'agent.fieldFilters="{}"'
check "rate limit" 0 '^            - --export-rate-limit=100000$' --set agent.exportRateLimit=100000
check "no log" 0 '^            - --export-rate-limit=0$' --set agent.exportRateLimit=0
check "cgroup rate" 0 '^            - --cgroup-rate=1000,1s$' --set-string 'agent.cgroupRate=1000\,1s'
check "wrong cgroup rate" 1 'cgroupRate' --set-string agent.cgroupRate=1000
check "wrong rate limit" 1 'exportRateLimit' --set agent.exportRateLimit=-2

check "text that YAML would take for a comment" 0 '^            - "--cluster-name=prod #1"$' --set-string 'agent.clusterName=prod #1'
check "or for a map" 0 '^            - "--cluster-name=a: b"$' --set-string 'agent.clusterName=a: b'
check "in the log's name" 0 '^            - "--export-filename=/var/log/a b/c #d"$' --set-string 'agent.exportDirectory=/var/log/a b' \
	--set-string 'agent.exportFilename=c #d'
check "in the log's directory" 0 '^              mountPath: "/var/log/a #b"$' --set-string 'agent.exportDirectory=/var/log/a #b'
check "in the networks" 0 '^            - "--pod-cidr=10.0.0.0/8 #,fd00::/8"$' --set-string 'operator.podCidrs={10.0.0.0/8 #,fd00::/8}'
check "no colon in the path of a mount" 1 'exportDirectory' --set-string agent.exportDirectory=/var/log/a:b

# Names may be of digits, or `on`, which YAML would take for something else.
release=31415 namespace=27182
numbers='--set dashboards.enabled=true'
# shellcheck disable=SC2086 # words
{
	check "names that are numbers" 0 '!\(: \|- \|\[\)\(31415\|27182\|141\)\(\]\|$\)' $numbers --set-string nameOverride=141
	check "are names" 0 '^  name: "31415"$' $numbers --set-string nameOverride=141 -s templates/daemonset.yaml
	check "but not of Services" 1 'must begin with a letter, and not be "31415-trigon": set fullnameOverride' --set $prometheus
	check "with all that there may be" 0 '!\(: \|- \|\[\)\(31415\|27182\|141\)\(\]\|$\)' \
		--set $prometheus,$monitor.enabled=true,$of_operator,operator.prometheus.serviceMonitor.enabled=true \
		$numbers --set-string nameOverride=141,fullnameOverride=trigon
	check "namespace of a number" 0 '^  namespace: "16180"$' $numbers --set-string dashboards.namespace=16180 \
		-s templates/dashboards.yaml
}
release=$(printf 'a%.0s' $(seq 53)) # as long as Helm takes it
check "no name of a Service is longer than 63 bytes" 0 '!^  name: "\?[^"]\{64\}' --set $prometheus --set $of_operator
check "and it has its end" 0 '^  name: a\{46\}-operator-metrics$' --set $of_operator
release=trigon namespace=ns

check "the node's processes" 0 '^      hostPID: true$'
check "by its /proc" 0 '^            - --procfs=/host/proc$' --set agent.hostPID=false
check "which is there" 0 '^              mountPath: /host/proc$' --set agent.hostPID=false
check "and not otherwise" 0 '!/host/proc'

component=app\\.kubernetes\\.io/component
check "label of the agents' pods" 0 '^        team: node$' --set agent.podLabels.team=node
check "in place of ours: ours" 0 '!component: x$' --set agent.podLabels.$component=x -s templates/daemonset.yaml
check "annotation" 0 '^        team: node$' --set agent.podAnnotations.team=node
annotation=kubectl\\.kubernetes\\.io/default-container
check "in place of ours" 0 '^        kubectl.kubernetes.io/default-container: export-stdout$' \
	--set agent.podAnnotations.$annotation=export-stdout
check "and ours is not there twice" 0 '!default-container: trigon' --set agent.podAnnotations.$annotation=export-stdout

check "no ConfigMap by default" 0 '!^kind: ConfigMap$'
check "dashboard" 0 '^  trigon.json: |-$' --set dashboards.enabled=true
check "label that Grafana's sidecar looks for" 0 '^    grafana_dashboard: "1"$' --set dashboards.enabled=true
check "another label" 0 '^    look: here$' --set dashboards.enabled=true --set dashboards.labels.look=here
check "dashboard in Grafana's namespace" 0 '^  namespace: "grafana"$' --set dashboards.enabled=true \
	--set dashboards.namespace=grafana -s templates/dashboards.yaml
check "misspelt value of the dashboard" 1 'enable' --set dashboards.enable=true
check "event metrics by default" 0 '!event-metrics\|label-filter' -s templates/daemonset.yaml
check "no event metrics" 0 '^            - --enable-event-metrics=false$' --set agent.enableEventMetrics=false
check "fewer labels" 0 '^            - --metrics-label-filter=namespace$' --set agent.metricsLabelFilter=namespace
check "no labels" 0 '^            - --metrics-label-filter=$' --set agent.metricsLabelFilter=
check "wrong label" 1 'metricsLabelFilter' --set agent.metricsLabelFilter=node
check "an event's pod stays its own" 0 '^      honorLabels: true' --set $prometheus --set $monitor.enabled=true

check "test's own rights" 0 '^    resourceNames: \["trigon"\]$' -s templates/tests/check-cluster.yaml
check "test where the operator may run" 0 '^    - key: control-plane$' --set 'operator.tolerations[0].key=control-plane' \
	-s templates/tests/check-cluster.yaml
check "test of the release's DaemonSet" 0 '^        - --daemonset=other-trigon$' --set fullnameOverride=other-trigon \
	-s templates/tests/check-cluster.yaml

check "kinds of policies before 1.30" 1 'Kubernetes v1.29.0 .* crds.policies.enabled=false' --kube-version 1.29.0

old='--kube-version 1.29.0 --set crds.policies.enabled=false' apparmor=container.apparmor.security.beta.kubernetes.io
# shellcheck disable=SC2086 # several words
{
	check "field for AppArmor" 0 '^        appArmorProfile:$'
	check "and no annotation" 0 '!apparmor.security'
	check "before 1.30 the annotation" 0 "^        $apparmor/trigon: unconfined\$" $old
	check "and no field" 0 '!appArmorProfile:' $old -s templates/daemonset.yaml
	check "of both containers" 0 "^        $apparmor/export-stdout: unconfined\$" $old
	check "of no other" 0 '!export-stdout:' $old --set exportStdout.enabled=false -s templates/daemonset.yaml
	check "of the runtime" 0 "^        $apparmor/trigon: runtime/default\$" $old --set agent.appArmorProfile.type=RuntimeDefault
	check "of the node" 0 "^        $apparmor/trigon: localhost/mine\$" $old --set agent.appArmorProfile.type=Localhost \
		--set agent.appArmorProfile.localhostProfile=mine
	check "node isolation" 0 '^kind: ValidatingAdmissionPolicy$'
	check "where the cluster has it" 0 '!^kind: ValidatingAdmissionPolicy$' $old
}

# `helm template` prints no notes: a chart that has them in an object as well
cp -RL "$chart" "$work/chart"
{
	printf '{{- define "notes" }}'
	cat "$chart/templates/NOTES.txt"
	printf '{{ end }}\nkind: Notes\ntext: {{ include "notes" . | toJson }}\n'
} >"$work/chart/templates/notes.yaml"
chart=$work/chart
# shellcheck disable=SC2086
{
	check "notes: Pod Security" 0 'label namespace ns pod-security.kubernetes.io/enforce=privileged' -s templates/notes.yaml
	check "notes: no node isolation" 0 'WARNING: any agent' $old -s templates/notes.yaml
	check "notes: node isolation" 0 '!WARNING' -s templates/notes.yaml
	check "notes: none wanted" 0 '!WARNING' $old --set nodeIsolation.enabled=false -s templates/notes.yaml
}
chart=helm/trigon

# Grafana's braces are no templates of Helm's
"$helm" template trigon helm/trigon --kube-version 1.34.0 --set dashboards.enabled=true -s templates/dashboards.yaml \
	2>/dev/null | sed '1,/^  trigon.json: /d; s/^    //' >"$work/dashboard.json"
if diff helm/trigon/dashboards/trigon.json "$work/dashboard.json" >"$work/diff"; then
	passed=$((passed + 1)) && echo "ok dashboard as it is"
else
	failed=$((failed + 1)) && echo "FAIL dashboard as it is:" && head -n 5 "$work/diff"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
