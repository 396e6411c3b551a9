/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The argument types of policies, one row each: what they are called, what the
 * kernel programs read for them, and which operators may test them. docs/adding.md
 * says what a new type needs beside its row.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

enum arg_type {
	ARG_AUTO, /* tracepoints: derived from the format */
	ARG_NOP,
	ARG_INT,
	ARG_INT8,
	ARG_INT16,
	ARG_INT32,
	ARG_INT64,
	ARG_UINT8,
	ARG_UINT16,
	ARG_UINT32,
	ARG_UINT64,
	ARG_SIZE,
	ARG_BPF_CMD,
	ARG_CAPABILITY,
	ARG_SYSCALL64,
	ARG_KERNEL_CAP,
	ARG_CAP_INHERITABLE,
	ARG_CAP_PERMITTED,
	ARG_CAP_EFFECTIVE,
	ARG_STRING,
	ARG_FILENAME,
	ARG_DATA_LOC,
	ARG_CHAR_BUF,
	ARG_CONST_BUF, /* never written in a policy: an array of a tracepoint's format */
	ARG_FILE,
	ARG_FD,
	ARG_PATH,
	ARG_DENTRY,
	ARG_LINUX_BINPRM,
	ARG_SKB,
	ARG_SOCK,
	ARG_SOCKET,
	ARG_SOCKADDR,
	ARG_CRED,
	ARG_USER_NAMESPACE,
	ARG_LOAD_INFO,
	ARG_MODULE,
	ARG_BPF_ATTR,
	ARG_BPF_PROG,
	ARG_BPF_MAP,
	ARG_PERF_EVENT,
	ARG_TYPE_COUNT,
};

/* What operators can test; a type has one or more. */
enum {
	ARG_IS_INTEGER = 1 << 0,
	ARG_IS_SIGNED = 1 << 1,
	ARG_IS_CAP_MASK = 1 << 2,
	ARG_IS_STRING = 1 << 3,      /* Equal, Prefix, Postfix ... */
	ARG_IS_PATH = 1 << 4,        /* a string that is a path, with an inode */
	ARG_HAS_FILE_TYPE = 1 << 5,  /* FileType */
	ARG_IS_SOCK = 1 << 6,        /* addresses, ports, protocol, family, state */
	ARG_IS_SKB = 1 << 7,         /* the same but state */
	ARG_IS_SOCKADDR = 1 << 8,    /* SAddr, SPort, family */
	ARG_IN_TRACEPOINTS = 1 << 9, /* decoded for tracepoints, too */
	ARG_HAS_SIZE = 1 << 10,      /* takes sizeArgIndex */
};

struct arg_type_info {
	const char *name;        /* as the policy writes it */
	const char *struct_name; /* the argument is a pointer to this kernel struct; NULL: a number or plain memory */
	enum wire_value_kind kind;
	uint32_t traits;
	uint8_t size; /* bytes of an integer */
};

const struct arg_type_info *arg_type_info(enum arg_type type); /* never NULL */
/* Any accepted spelling (`long` is int64, `sint8` is int8 ...); false if there is no such type, or it is not supported
 * yet. */
bool arg_type_from_name(const char *name, enum arg_type *ret);
/* The i-th of all spellings of the reference; *ret_type is ARG_TYPE_COUNT where Trigon has no such type yet. NULL: that
 * was the last. */
const char *arg_type_spelling(size_t i, enum arg_type *ret_type);
bool arg_type_is_of_tracepoints(enum arg_type type); /* no other hooks have it */
/* True if the reference knows the name, whether Trigon supports it or not. */
bool arg_type_is_known(const char *name);
/* "auto int sint8 ...": those that are supported, for messages. */
const char *arg_type_names(void);
