// SPDX-License-Identifier: Apache-2.0
/* trigon version: what was built, from what, with what, and the kernel it stands on. */
#include <bpf/libbpf.h>
#include <jansson.h>
#include <stddef.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/util.h"
#include "cmd/commands.h"
#include "io/config/options.h"

#ifdef __clang__
#define VERSION_COMPILER "clang " __clang_version__
#else
#define VERSION_COMPILER "gcc " __VERSION__
#endif

enum version_output {
	VERSION_OUTPUT_TEXT,
	VERSION_OUTPUT_JSON,
};

struct version_options {
	enum version_output output;
};

static const char *const version_outputs[] = {"text", "json", NULL};

static const struct option_row version_rows[] = {
	{.name = "output",
	 .letter = 'o',
	 .kind = OPTION_ENUM,
	 .offset = offsetof(struct version_options, output),
	 .default_text = "text",
	 .placeholder = "FORMAT",
	 .help = "How to print",
	 .group = "Output",
	 .choices = version_outputs},
};

static const struct option_table version_table = {
	.command = "trigon version",
	.synopsis = "[OPTION...]",
	.summary = "Prints the versions of the agent and of the libraries it uses, and the running kernel.",
	.rows = version_rows,
	.count = ARRAY_SIZE(version_rows),
};

static int version_print(enum version_output output)
{
	struct utsname kernel = {0};
	const char *libbpf = libbpf_version_string();
	const struct {
		const char *key, *value;
	} fields[] = {
		{"version", TRIGON_VERSION},        {"commit", TRIGON_COMMIT},
		{"compiler", VERSION_COMPILER},     {"libbpf", libbpf + (*libbpf == 'v')},
		{"jansson", jansson_version_str()}, {"kernel", kernel.release},
		{"architecture", kernel.machine},
	};

	uname(&kernel);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (output == VERSION_OUTPUT_JSON) /* no value holds what JSON escapes */
			printf("%s\"%s\":\"%s\"", i ? "," : "{", fields[i].key, fields[i].value);
		else
			printf("%-13s %s\n", fields[i].key, fields[i].value);
	}
	if (output == VERSION_OUTPUT_JSON)
		printf("}\n");
	return EXIT_CODE_OK;
}

const char *version_commit(void)
{
	return TRIGON_COMMIT;
}

int cmd_version(int argc, char **argv)
{
	struct version_options options = {0};
	int r = options_read(&version_table, argc, argv, &options);

	return r ? options_exit_code(r) : version_print(options.output);
}
