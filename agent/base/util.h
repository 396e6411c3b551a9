/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Small things every module uses: array size, min and max, ownership of
 * locals (cleanup attributes) and the hand-over of what they own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* The struct of which `ptr` points at `member`. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* `_cleanup_(f)` calls f(&variable) when the variable goes out of scope. */
#define _cleanup_(f) __attribute__((cleanup(f)))
#define _cleanup_free_ _cleanup_(util_freep)
#define _cleanup_close_ _cleanup_(util_closep)
#define _cleanup_fclose_ _cleanup_(util_fclosep)

/* Hands the pointer (or fd) over: the local is empty afterwards. */
#define TAKE_PTR(p) \
	({ \
		__typeof__(p) *_pp = &(p); \
		__typeof__(p) _v = *_pp; \
		*_pp = NULL; \
		_v; \
	})
#define TAKE_FD(fd) \
	({ \
		int *_pfd = &(fd); \
		int _fd = *_pfd; \
		*_pfd = -1; \
		_fd; \
	})

static inline void util_freep(void *p)
{
	free(*(void **)p);
}

static inline void util_closep(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void util_fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}
