/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What Prometheus asks of the operator: /metrics beside the probes (health.h). The operator's thread leaves its numbers
 * here, and goes on without where they are just being read.
 */
#include <stdbool.h>

struct buffer;
struct operator_metrics;
struct operator_numbers;

struct operator_numbers *operator_numbers_new(void);                              /* NULL: no memory */
struct operator_numbers *operator_numbers_free(struct operator_numbers *numbers); /* accepts and returns NULL */
/* False: somebody reads, so another time. */
bool operator_numbers_leave(struct operator_numbers *numbers, const struct operator_metrics *metrics);
/* Writes what was left in `context`, which is such numbers; from another thread. */
void operator_numbers_write(void *context, struct buffer *body);
