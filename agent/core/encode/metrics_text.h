/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Writes Prometheus' text format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/): families one after the other, each with its HELP and
 * TYPE before its samples.
 *
 * Bounded by the buffer: a sample that does not fit is left out whole and counted. metrics_text_end() says how many
 * those were, for which METRICS_TEXT_RESERVE bytes are kept free; so families of fixed size come first.
 */
#include "base/buffer.h"
#include "core/process/process.h"

#define METRICS_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8" /* of the answer that has it */
#define METRICS_TEXT_RESERVE 512

enum metrics_kind {
	METRICS_COUNTER, /* only grows; the name ends in _total */
	METRICS_GAUGE,
};

struct metrics_label {
	const char *name;
	struct bytes value; /* any bytes */
};

struct metrics_text {
	struct buffer *buffer;
	const char *name; /* of the family that samples are added to; NULL: not even its header had room */
	uint64_t left_out;
};

/* The buffer must have more than METRICS_TEXT_RESERVE bytes of room. */
void metrics_text_begin(struct metrics_text *text, struct buffer *buffer);
/* `name` and `help` are constants of the program; `help` in one line without backslashes. `name` is kept. */
void metrics_text_family(struct metrics_text *text, const char *name, enum metrics_kind kind, const char *help);
/* A sample of the family begun last. */
void metrics_text_sample(struct metrics_text *text, const struct metrics_label *labels, size_t count, uint64_t value);
/* The same of a time, which is written in seconds. */
void metrics_text_seconds(struct metrics_text *text, const struct metrics_label *labels, size_t count, uint64_t ns);
/* A sample with one label. */
void metrics_text_labelled(struct metrics_text *text, const char *label, const char *value, uint64_t count);
/* A family of one sample without labels. */
void metrics_text_single(struct metrics_text *text, const char *name, enum metrics_kind kind, const char *help,
			 uint64_t value);
void metrics_text_end(struct metrics_text *text);

static inline struct metrics_label metrics_label(const char *name, const char *value)
{
	return (struct metrics_label){.name = name, .value = {value, value ? strlen(value) : 0}};
}
