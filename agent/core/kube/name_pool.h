/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Texts that many things have in common, once each, by a number: names of policies, and what is wrong on thousands
 * of nodes in the same words. Counted references; bounded in number and bytes.
 */
#include <stddef.h>
#include <stdint.h>

struct name_pool;

#define NAME_POOL_NONE 0u

struct name_pool_stats {
	size_t count, bytes;
	uint64_t refused; /* for want of room */
};

struct name_pool *name_pool_new(uint32_t count_max, size_t bytes_max); /* NULL: no memory */
struct name_pool *name_pool_free(struct name_pool *pool);              /* accepts and returns NULL */
/* A reference to the text's number; NAME_POOL_NONE if there is no room. */
uint32_t name_pool_ref(struct name_pool *pool, const char *text, size_t length);
void name_pool_unref(struct name_pool *pool, uint32_t number);             /* accepts NAME_POOL_NONE */
const char *name_pool_text(const struct name_pool *pool, uint32_t number); /* NAME_POOL_NONE: "" */
/* What its user keeps with a text, NULL at first. */
void name_pool_attach(struct name_pool *pool, uint32_t number, void *user);
void *name_pool_attached(const struct name_pool *pool, uint32_t number);
struct name_pool_stats name_pool_stats(const struct name_pool *pool);
