/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The policies that the API server has, as texts in JSON: written by the thread of the Kubernetes client, read
 * by the one that loads policies. An object is known by its place, `k8s:tracingpolicy/NAME` or
 * `k8s:tracingpolicynamespaced/NAMESPACE/NAME`: behind the colon it is as kubectl takes it.
 *
 * Only what a policy says is kept and compared: a change of labels, annotations or status is none.
 */
#include <stdbool.h>
#include <stdint.h>

#include "core/policy/policy.h"
#include "io/kube/change.h"
#include "io/kube/handler.h"

#define POLICY_OBJECTS_MAX 4096
#define POLICY_OBJECTS_PLACE "k8s:" /* how a place begins that is one of an object, and no file's path */

struct policy_objects;

struct policy_object {
	char *place;        /* owned */
	uint64_t content;   /* a hash of what it says: another one means that it changed */
	int64_t generation; /* metadata.generation */
};

/* Which object it is that has this place now. */
struct policy_object_identity {
	char uid[64]; /* "": the API server did not say */
	uint64_t content;
	int64_t generation;
};

struct policy_object_list {
	struct policy_object *objects; /* owned, in no order */
	size_t count;
};

struct policy_objects_stats {
	size_t count;
	uint64_t left_out; /* objects beyond POLICY_OBJECTS_MAX */
};

int policy_objects_new(struct policy_objects **ret);                        /* 0 or -errno */
struct policy_objects *policy_objects_free(struct policy_objects *objects); /* accepts and returns NULL */

/* Of a reflector of one kind's objects; one handler of each kind at a time. */
struct kube_handler policy_objects_handler(struct policy_objects *objects, enum policy_kind kind);

/* Of what policies say, and which there are. */
struct change *policy_objects_change(struct policy_objects *objects);
/* 0 or -ENOMEM. */
int policy_objects_list(struct policy_objects *objects, struct policy_object_list *ret);
void policy_object_list_done(struct policy_object_list *list); /* accepts a zeroed struct */
/* A copy of the text, for the caller to free; NULL: it is gone, or there is no memory. */
char *policy_objects_text(struct policy_objects *objects, const char *place);
/* False: it is gone. */
bool policy_objects_identify(struct policy_objects *objects, const char *place, struct policy_object_identity *ret);
/* Grows with each change, also of generations. */
uint64_t policy_objects_version(const struct policy_objects *objects);
void policy_objects_read_stats(struct policy_objects *objects, struct policy_objects_stats *ret);
