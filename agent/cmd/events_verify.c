// SPDX-License-Identifier: Apache-2.0
#include "cmd/events_verify.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "base/util.h"
#include "cmd/commands.h"
#include "core/event/ledger_check.h"
#include "io/sink/ledger_view.h"

#define VERIFY_LINE_MAX (1 << 20)
#define VERIFY_REPORTS_MAX 50 /* that are printed; the others are only counted */

struct verify {
	struct ledger_check check;
	const char *name; /* of the present file */
	char *line;
	uint64_t reports, broken, files;
};

static void verify_report(void *context, const char *text)
{
	struct verify *verify = context;

	verify->reports++;
	if (verify->reports <= VERIFY_REPORTS_MAX)
		printf("%s: %s\n", verify->name, text);
	if (verify->reports == VERIFY_REPORTS_MAX)
		printf("further findings are counted only\n");
}

static void verify_broken(struct verify *verify, const char *why)
{
	char text[128];

	verify->broken++;
	snprintf(text, sizeof(text), "line %" PRIu64 ": %s", verify->check.number, why);
	verify_report(verify, text);
}

/* Without its newline. */
static void verify_line(struct verify *verify, const char *line, size_t length)
{
	struct ledger_entry entry;

	if (ledger_view_is_record(line, length)) {
		if (ledger_view_parse(line, length, &entry) == 0) {
			ledger_check_entry(&verify->check, &entry, length);
			return;
		}
		ledger_check_line(&verify->check, length);
		verify_broken(verify, "a record of the ledger that cannot be read");
		return;
	}
	ledger_check_line(&verify->check, length);
	if (length < 2 || line[0] != '{' || line[length - 1] != '}')
		verify_broken(verify, "no whole event");
}

/* 0 or -errno. */
static int verify_lines(struct verify *verify, gzFile file)
{
	int code;

	while (gzgets(file, verify->line, VERIFY_LINE_MAX)) {
		size_t length = strlen(verify->line);

		if (length > 0 && verify->line[length - 1] == '\n')
			length--;
		else
			verify_broken(verify, "its end is missing");
		verify_line(verify, verify->line, length);
	}
	gzerror(file, &code);
	return code == Z_OK || code == Z_STREAM_END ? 0 : code == Z_ERRNO ? -errno : -EBADMSG;
}

static int verify_file(struct verify *verify, const char *path)
{
	gzFile file = strcmp(path, "-") == 0 ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path, "rbe");
	int r;

	verify->name = strcmp(path, "-") == 0 ? "standard input" : path;
	if (!file) {
		fprintf(stderr, "trigon events: cannot open %s: %s\n", path, strerror(errno ? errno : ENOMEM));
		return EXIT_CODE_FAILURE;
	}
	verify->files++;
	verify->check.number = 0;
	r = verify_lines(verify, file);
	gzclose(file);
	if (r < 0)
		fprintf(stderr, "trigon events: cannot read %s: %s\n", path, strerror(-r));
	return r < 0 ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

static void verify_print(const char *what, uint64_t count)
{
	if (count)
		printf("  %-28s %" PRIu64 "\n", what, count);
}

static int verify_conclude(const struct verify *verify)
{
	const struct ledger_check *check = &verify->check;
	bool is_complete = check->records > 0 && verify->broken == 0 && ledger_check_is_complete(check);

	printf("%s: %" PRIu64 " events, %" PRIu64 " records of %" PRIu64 " agents, %" PRIu64 " files\n",
	       check->records == 0 ? "no ledger"
	       : is_complete       ? "complete"
				   : "not complete",
	       check->event_lines, check->records, check->sessions, verify->files);
	verify_print("lines missing", check->missing);
	verify_print("lines too many", check->surplus);
	verify_print("lines broken", verify->broken);
	verify_print("contradictions", check->contradictions);
	verify_print("lost, and accounted for", check->lost);
	verify_print("of these, throttled", check->throttled);
	verify_print("kept back by filters", check->filtered);
	verify_print("kept back by the rate limit", check->rate_limited);
	verify_print("waited in a killed agent", check->killed);
	verify_print("outside of any two records", check->unproven);
	return is_complete ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

int events_verify(const struct option_list *files)
{
	_cleanup_free_ char *line = malloc(VERIFY_LINE_MAX);
	struct verify verify = {.line = line, .check.report = verify_report};
	int code = EXIT_CODE_OK;

	if (!line) {
		fprintf(stderr, "trigon events: cannot allocate memory\n");
		return EXIT_CODE_FAILURE;
	}
	verify.check.context = &verify;
	if (files->count == 0)
		code = verify_file(&verify, "-");
	for (size_t i = 0; i < files->count && code == EXIT_CODE_OK; i++)
		code = verify_file(&verify, files->items[i]);
	if (code != EXIT_CODE_OK)
		return code;
	ledger_check_end(&verify.check);
	return verify_conclude(&verify);
}
