// SPDX-License-Identifier: Apache-2.0
#include "cmd/policy_variables.h"

#include <string.h>

#define POLICY_VARIABLE_NAME_MAX 128

const char *policy_variables_given(const struct option_list *list, const char *name, size_t length)
{
	/* the last counts, as with other options */
	for (size_t i = list->count; i > 0; i--) {
		const char *item = list->items[i - 1];

		if (strncmp(item, name, length) == 0 && item[length] == '=')
			return item + length + 1;
	}
	return NULL;
}

static const char *policy_variables_environment(const char *name, size_t length)
{
	char copy[POLICY_VARIABLE_NAME_MAX];
	const char *value;

	if (length >= sizeof(copy))
		return NULL;
	memcpy(copy, name, length);
	copy[length] = '\0';
	value = getenv(copy);
	return value && value[strspn(value, " \t\r\n")] ? value : NULL;
}

static const char *policy_variables_find(void *context, const char *name, size_t length)
{
	const char *given = policy_variables_given(context, name, length);

	return given ? given : policy_variables_environment(name, length);
}

int policy_variables_check(const struct option_list *list, struct option_error *ret_error)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *item = list->items[i];

		if (item[0] == '=' || !strchr(item, '='))
			return option_error_set(ret_error, "--variable: \"%.64s\" is not NAME=VALUE", item);
	}
	return 0;
}

struct policy_variables policy_variables_from(const struct option_list *list)
{
	return (struct policy_variables){.find = policy_variables_find, .context = (void *)list};
}
