// SPDX-License-Identifier: Apache-2.0
#include "cmd/policy_networks.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "send_object.h"

#define NOTHING "(nothing)" /* no value: distinct from an empty one, which the parser refuses, too */
#define CLUSTER "10.1.0.0/16"

static void set_environment(const char *value)
{
	if (value)
		setenv("PODCIDR", value, true);
	else
		unsetenv("PODCIDR");
}

static void test_what_counts(void)
{
	static const struct {
		const char *given, *environment, *wanted;
		bool is_helped; /* the error would name the operator */
	} cases[] = {
		{NULL, NULL, CLUSTER, true},
		{NULL, "10.2.0.0/16", "10.2.0.0/16", true},
		{NULL, "", CLUSTER, true},
		{NULL, " \t\n", CLUSTER, true},
		{"PODCIDR=10.3.0.0/16", "10.2.0.0/16", "10.3.0.0/16", false},
		{"PODCIDR=10.3.0.0/16", "", "10.3.0.0/16", false},
		{"PODCIDR=", NULL, "", false},
		{"PODCIDR= ", "10.2.0.0/16", " ", false},
		{"PODCIDRS=10.3.0.0/16", NULL, CLUSTER, true},
	};
	struct cluster_networks *source = NULL;

	CHECK_EQ(cluster_networks_new(&source), 0);
	send_list(cluster_networks_handler(source),
		  "{\"metadata\":{\"name\":\"cluster\"},\"status\":{\"podCIDRs\":[\"" CLUSTER "\"]}}");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *items[] = {(char *)cases[i].given};
		const struct option_list list = {.items = items, .count = cases[i].given != NULL};
		struct policy_networks networks;
		struct policy_variables variables;
		const char *value;

		set_environment(cases[i].environment);
		policy_networks_init(&networks, &list, source);
		CHECK(policy_networks_follow(&networks));
		variables = policy_networks_variables(&networks);
		value = variables.find(variables.context, "PODCIDR}", strlen("PODCIDR"));
		CHECK_STR(value ? value : NOTHING, cases[i].wanted);
		CHECK_EQ(variables.remedy(variables.context, "PODCIDR}", strlen("PODCIDR")) != NULL,
			 cases[i].is_helped);
		CHECK_EQ(networks.has_asked, strcmp(cases[i].wanted, CLUSTER) == 0);
		policy_networks_done(&networks);
	}
	cluster_networks_free(source);
}

/* Without a cluster, and for other names in one, a blank variable of the environment is as none. */
static void test_no_cluster(void)
{
	const struct option_list list = {0};
	const struct policy_variables variables = policy_variables_from(&list);

	set_environment(" ");
	CHECK(!variables.find(variables.context, "PODCIDR", strlen("PODCIDR")));
	set_environment("10.2.0.0/16");
	CHECK_STR(variables.find(variables.context, "PODCIDR", strlen("PODCIDR")), "10.2.0.0/16");
}

int main(void)
{
	RUN(test_what_counts);
	RUN(test_no_cluster);
	return test_end();
}
