/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* 0 when the agent may load tracing programs; else -EPERM, said on standard error with the remedy. */
int privileges_check(void);
