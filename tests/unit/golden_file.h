/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The golden files tests/golden/NAME.json hold what the encoder prints, byte
 * for byte; GOLDEN_UPDATE=1 writes them anew, for a look at `git diff`.
 */
#include <stdlib.h>

#include "base/util.h"
#include "core/encode/event_json.h"
#include "test.h"

static inline void golden_path(char *path, size_t size, const char *name)
{
	const char *folder = getenv("GOLDEN_DIR");

	snprintf(path, size, "%s/%s.json", folder ? folder : "tests/golden", name);
}

static inline void golden_compare(const char *name, const struct buffer *got)
{
	static char wanted[EVENT_JSON_LINE_MAX + 1];
	_cleanup_fclose_ FILE *file = NULL;
	char path[256];
	size_t length;

	golden_path(path, sizeof(path), name);
	file = fopen(path, getenv("GOLDEN_UPDATE") ? "w+" : "r");
	if (!file) {
		printf("%s: %m (run from the repository's root, or set GOLDEN_DIR)\n", path);
		test_is_ok = false;
		return;
	}
	if (getenv("GOLDEN_UPDATE")) {
		CHECK(fwrite(got->data, 1, got->length, file) == got->length);
		rewind(file);
	}
	length = fread(wanted, 1, sizeof(wanted) - 1, file);
	wanted[length] = '\0';
	if (got->length != length || memcmp(got->data, wanted, length) != 0)
		printf("%s differs\n", path);
	CHECK_BYTES(got->data, got->length, wanted);
}
