/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Names of signals, by Linux's numbers on amd64 and arm64. */
#include "base/buffer.h"

/*
 * Appends "SIGKILL" and so on; for real-time signals SIGRTMIN, SIGRTMIN+n and
 * SIGRTMAX as kill -l of glibc systems has them (SIGRTMIN is 34; 32 and 33 are
 * glibc's own, written SIGRTMIN-2 and -1). Tetragon leaves the field out for
 * these; a process that one of them ended should not look as if it had not
 * been ended by a signal. Nothing is appended for 0 or beyond 64.
 */
void signal_append(struct buffer *buffer, uint32_t number);
