/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What ${NAME} in policies stands for: --variable NAME=VALUE first, then the environment variable NAME. One that is
 * blank is as one that is not set: manifests and shells set such ones for what is left out. A blank --variable is meant
 * by who wrote it, and stands for an empty text, which the parser refuses.
 */
#include "core/config/option_value.h"
#include "core/policy/parse.h"

#define POLICY_VARIABLES_HELP \
	"What ${NAME} stands for in the addresses of policies, such as PODCIDR=10.0.0.0/8; several networks are " \
	"separated by spaces. Without it, the environment variable NAME is taken"

/* Checks that each item is NAME=VALUE. 0, or -EINVAL with the error. */
int policy_variables_check(const struct option_list *list, struct option_error *ret_error);
/* What --variable says, as it is; NULL: nothing. Lives as long as the list. */
const char *policy_variables_given(const struct option_list *list, const char *name, size_t length);
/* Looks in `list`, which must outlive what is returned, and in the environment. */
struct policy_variables policy_variables_from(const struct option_list *list);
