// SPDX-License-Identifier: Apache-2.0
/*
 * discard: loads the base sensor, prints "ready", and reads its ring every 100 ms, as the agent does, for nothing,
 * until SIGTERM. What any reader costs at the least.
 */
#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "io/bpf/base_sensor.h"
#include "io/bpf/ring.h"

#define RING_BYTES (64 << 20)
#define PERIOD_MS 100 /* agent/cmd/agent.c */

static volatile sig_atomic_t is_ending;

static void end(int signal)
{
	(void)signal;
	is_ending = 1;
}

static void discard(void *context, const void *bytes, size_t length)
{
	(void)context;
	(void)bytes;
	(void)length;
}

int main(void)
{
	const struct base_sensor_options options = {.ring_bytes = RING_BYTES};
	struct base_sensor *sensor;
	struct ring *ring;

	if (base_sensor_open(&options, &sensor) < 0 ||
	    ring_open(base_sensor_ring_fd(sensor), base_sensor_ring_bytes(sensor), &ring) < 0)
		errx(1, "the sensor cannot be loaded");
	signal(SIGTERM, end);
	puts("ready");
	fflush(stdout);
	while (!is_ending) {
		while (ring_drain(ring, SIZE_MAX, discard, NULL) > 0)
			continue;
		poll(NULL, 0, PERIOD_MS);
	}
	ring_close(ring);
	base_sensor_close(sensor);
	return 0;
}
