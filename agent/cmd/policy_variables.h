/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What ${NAME} in policies stands for: --variable NAME=VALUE first, then the environment variable NAME. */
#include "core/config/option_value.h"
#include "core/policy/parse.h"

#define POLICY_VARIABLES_HELP \
	"What ${NAME} stands for in the addresses of policies, such as PODCIDR=10.0.0.0/8; several networks are " \
	"separated by spaces. Without it, the environment variable NAME is taken"

/* Checks that each item is NAME=VALUE. 0, or -EINVAL with the error. */
int policy_variables_check(const struct option_list *list, struct option_error *ret_error);
/* Looks in `list`, which must outlive what is returned, and in the environment. */
struct policy_variables policy_variables_from(const struct option_list *list);
