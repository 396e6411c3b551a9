// SPDX-License-Identifier: Apache-2.0
#include "core/kube/workload.h"

#include "base/util.h"
#include "test.h"

static const struct {
	const char *generate_name, *kind, *name, *template_hash, *deployment_config;
	const char *wanted_kind, *wanted_name;
} cases[] = {
	{"x-", "", "", "", "", "Pod", "the-pod"},
	{"", "", "", "", "", "Pod", "the-pod"},
	{"web-7d9c5b8f6d-", "ReplicaSet", "web-7d9c5b8f6d", "7d9c5b8f6d", "", "Deployment", "web"},
	{"a-b-7d9-", "ReplicaSet", "a-b-7d9", "7d9", "", "Deployment", "a-b"},
	/* a ReplicaSet that no Deployment made */
	{"web-", "ReplicaSet", "web", "", "", "ReplicaSet", "web"},
	{"web-", "ReplicaSet", "web-7d9c5b8f6d", "", "", "ReplicaSet", "web-7d9c5b8f6d"},
	{"web-", "ReplicaSet", "web-7d9c5b8f6d", "5b8f6d", "", "ReplicaSet", "web-7d9c5b8f6d"},
	{"web-", "ReplicaSet", "web-7d9c5b8f6d", "other", "", "ReplicaSet", "web-7d9c5b8f6d"},
	{"web-", "ReplicaSet", "-7d9", "7d9", "", "ReplicaSet", "-7d9"},
	{"web-", "ReplicaSet", "7d9", "7d9", "", "ReplicaSet", "7d9"},
	{"db-", "StatefulSet", "db", "7d9", "", "StatefulSet", "db"},
	{"log-", "DaemonSet", "log-7d9", "7d9", "", "DaemonSet", "log-7d9"},
	{"rc-1-", "ReplicationController", "rc-1", "", "rc", "DeploymentConfig", "rc"},
	{"rc-1-", "ReplicationController", "rc-1", "", "", "ReplicationController", "rc-1"},
	{"web-", "ReplicaSet", "web-1", "", "web", "ReplicaSet", "web-1"},
	{"backup-28371234-", "Job", "backup-28371234", "", "", "CronJob", "backup"},
	{"backup-", "Job", "backup-25000000", "", "", "CronJob", "backup"},
	{"backup-", "Job", "backup-49999999", "", "", "CronJob", "backup"},
	/* numbers that are no such time: dates, seconds since 1970 */
	{"restore-", "Job", "restore-20251128", "", "", "Job", "restore-20251128"},
	{"restore-", "Job", "restore-11282025", "", "", "Job", "restore-11282025"},
	{"restore-", "Job", "restore-2025112823", "", "", "Job", "restore-2025112823"},
	{"restore-", "Job", "restore-1764337000", "", "", "Job", "restore-1764337000"},
	{"restore-", "Job", "restore-24999999", "", "", "Job", "restore-24999999"},
	{"restore-", "Job", "restore-50000000", "", "", "Job", "restore-50000000"},
	{"restore-", "Job", "restore-128371234", "", "", "Job", "restore-128371234"},
	{"backup-", "Job", "backup", "", "", "Job", "backup"},
	{"backup-", "Job", "backup-2837123", "", "", "Job", "backup-2837123"},
	{"backup-", "Job", "backup28371234", "", "", "Job", "backup28371234"},
	{"backup-", "Job", "-28371234", "", "", "Job", "-28371234"},
	{"backup-", "Job", "28371234", "", "", "Job", "28371234"},
	{"backup-", "Job", "backup-28371234x", "", "", "Job", "backup-28371234x"},
	/* a controlled pod without generateName, as mirror pods are */
	{"", "Node", "n1", "", "", "Pod", "the-pod"},
	{"", "ReplicaSet", "web-7d9", "7d9", "", "Pod", "the-pod"},
};

static struct bytes bytes_of(const char *string)
{
	return (struct bytes){string, strlen(string)};
}

static void test_workloads(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct kube_owner owner = {
			.pod_name = bytes_of("the-pod"),
			.generate_name = bytes_of(cases[i].generate_name),
			.kind = bytes_of(cases[i].kind),
			.name = bytes_of(cases[i].name),
			.template_hash = bytes_of(cases[i].template_hash),
			.deployment_config = bytes_of(cases[i].deployment_config),
		};
		struct bytes kind, name;

		kube_workload(&owner, &kind, &name);
		CHECK_BYTES(kind.data, kind.length, cases[i].wanted_kind);
		CHECK_BYTES(name.data, name.length, cases[i].wanted_name);
		if (!test_is_ok) {
			printf("  %s %s\n", cases[i].kind, cases[i].name);
			break;
		}
	}
}

int main(void)
{
	RUN(test_workloads);
	return test_end();
}
