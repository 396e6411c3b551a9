/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

/* Starts a thread that no signal reaches: they are the event loop's. 0 or -errno. */
int thread_start(pthread_t *ret_thread, void *(*run)(void *context), void *context);
