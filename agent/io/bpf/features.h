/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the running kernel can and cannot serve, by asking it. */

/* Sends libbpf's messages to our log: warnings and below only with --log-level debug. Call before any load. */
void features_init_libbpf(void);

/* Logs one line for each hook family that the kernel lacks, with the reason; one line when it has them all. */
void features_report(void);
