/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What fuzz targets share: libFuzzer's entry, and what must hold whatever the input is. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define check(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)
