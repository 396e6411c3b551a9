/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What events say of a pod. An object never changes: a pod that did is a new object. It is shared by reference count
 * between the thread of the Kubernetes client, which makes it, and that of the events; all of it is one allocation.
 *
 * Texts are kept as bytes of one area, each once: the workload's name is often part of the pod's, the image's
 * repository part of its id. Ids of 64 hexadecimal digits are 32 bytes there. So a pod of two containers takes about
 * 750 bytes.
 */
#include "base/buffer.h"
#include "core/process/process.h"

#define KUBE_POD_CONTAINERS_MAX 128
#define KUBE_POD_LABELS_MAX 255
#define KUBE_POD_LABELS_BYTES_MAX 32768
#define KUBE_LABEL_KEY_MAX 317 /* a DNS name, a slash and 63 characters: what the API server takes */
#define KUBE_LABEL_VALUE_MAX 63
#define KUBE_NAME_MAX 253  /* of objects, containers and workloads */
#define KUBE_IMAGE_MAX 512 /* of an image's name or id */
#define KUBE_PROBE_MAX 1024
#define KUBE_PROBES_MAX 2 /* liveness and readiness */

#define KUBE_DIGEST_LENGTH 32

enum kube_container_kind {
	KUBE_CONTAINER_INIT,
	KUBE_CONTAINER_REGULAR,
	KUBE_CONTAINER_EPHEMERAL,
};

/* --- what a pod is made of ------------------------------------------------------------------------------------- */

struct kube_label_fields {
	struct bytes key, value;
};

/* A command that the kubelet runs in the container. */
struct kube_probe_fields {
	struct bytes command; /* argv[0]; empty: there is no such probe */
	struct bytes argv;    /* all of it, each with a NUL behind it */
};

struct kube_container_fields {
	enum kube_container_kind kind;
	struct bytes id; /* runtime://64 digits */
	struct bytes name, image, image_id;
	uint64_t started_wall_ns; /* 0: does not run */
	bool is_privileged;
	struct kube_probe_fields probes[KUBE_PROBES_MAX];
};

struct kube_pod_fields {
	struct bytes uid;        /* metadata.uid */
	struct bytes static_uid; /* of a mirror pod: that of the static pod whose mirror it is; else empty */
	struct bytes namespace, name, workload, workload_kind;
	const struct kube_label_fields *labels; /* in any order */
	size_t label_count;
	const struct kube_container_fields *containers; /* those that have an id */
	size_t container_count;
};

/* --- the pod --------------------------------------------------------------------------------------------------- */

struct kube_text {
	uint16_t at, length;
};

/* A text that may end with 64 hexadecimal digits: the others, split before an `@`, and the digits' bytes. */
struct kube_digest_text {
	struct kube_text repository; /* empty without an `@` */
	struct kube_text rest;       /* up to the digits */
	uint16_t digest_at;          /* KUBE_NO_DIGEST: there are no digits */
};
#define KUBE_NO_DIGEST UINT16_MAX

struct kube_probe {
	struct kube_text command, arguments; /* as in struct image; the command is empty where there is no probe */
};

struct kube_container {
	struct kube_digest_text id, image_id;
	struct kube_text name, image;
	struct kube_probe probes[KUBE_PROBES_MAX];
	uint8_t kind; /* enum kube_container_kind */
	bool is_privileged;
	uint64_t started_wall_ns;
	/* owned by pod_table */
	struct kube_container *hash_next;
	struct kube_pod *pod;
};

struct kube_label {
	struct kube_text key, value;
};

struct kube_pod {
	struct pod_uid uid, static_uid;
	struct kube_text namespace, name, workload, workload_kind;
	uint8_t container_count, label_count;
	bool is_uid_plain;   /* 32 digits, not a UUID */
	bool is_cut;         /* more labels, containers or text than are kept */
	bool are_labels_cut; /* nobody knows what a selector would say */
	uint16_t text_length;
	uint32_t ref_count; /* atomic */
	/* owned by pod_table */
	uint32_t list_generation;
	uint64_t order; /* in which pods came; that of what it replaces */
	bool is_deleted;
	struct kube_pod *uid_next, *static_next;
	struct kube_pod *list_previous, *list_next;
	struct kube_container containers[]; /* then the labels, sorted by their keys, then the text */
};

/* A pod with one reference. 0, -ENOMEM, or -EINVAL: uid or static_uid is none. What is too long or too many is cut. */
int kube_pod_new(const struct kube_pod_fields *fields, struct kube_pod **ret);
struct kube_pod *kube_pod_ref(struct kube_pod *pod);
struct kube_pod *kube_pod_unref(struct kube_pod *pod); /* returns NULL; accepts NULL */
size_t kube_pod_size(const struct kube_pod *pod);      /* bytes allocated */
bool kube_pod_is_equal(const struct kube_pod *one, const struct kube_pod *other);

const struct kube_label *kube_pod_labels(const struct kube_pod *pod);
/* A label_finder. */
bool kube_pod_find_label(const void *pod, const char *key, struct bytes *ret_value);
struct bytes kube_pod_text(const struct kube_pod *pod, struct kube_text text);
/* The bytes of the digits; NULL without. */
const uint8_t *kube_pod_digest(const struct kube_pod *pod, const struct kube_digest_text *text);
/* The whole of it, digits spelt out. */
void kube_pod_append_digest_text(struct buffer *buffer, const struct kube_pod *pod,
				 const struct kube_digest_text *text);
void kube_pod_append_uid(struct buffer *buffer, const struct kube_pod *pod);
/* True if a process with this binary and these arguments (struct image) may be one of the container's probes. */
bool kube_container_may_be_probe(const struct kube_pod *pod, const struct kube_container *container,
				 struct bytes binary, struct bytes arguments);

static inline void kube_pod_unrefp(struct kube_pod **pod)
{
	kube_pod_unref(*pod);
}
#define _cleanup_kube_pod_ __attribute__((cleanup(kube_pod_unrefp)))
