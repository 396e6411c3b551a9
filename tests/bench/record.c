// SPDX-License-Identifier: Apache-2.0
/*
 * record FILE COMMAND [ARGUMENT]...: runs the command and writes what the base sensor's programs say of it and of what
 * it starts: their forks, execs and exits, for tests/bench/log_path.c. How tests/bench/processes.gz was made:
 *     cd /srv/build && record FILE sh processes.sh
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/bpf/base_sensor.h"
#include "io/bpf/ring.h"
#include "recording.h"

#define RING_BYTES (64 << 20)
#define PID_MAX 4194304 /* PID_MAX_LIMIT, linux/threads.h */

static struct {
	gzFile file;
	uint8_t is_ours[PID_MAX];
	uint64_t events;
} recorder;

/* Whether the process is the command or comes from it, which its fork tells. */
static bool is_ours(const struct record *record)
{
	uint32_t pid = record->exec.task.pid; /* in the same place of all three */

	if (record->type == WIRE_FORK && recorder.is_ours[record->fork.parent.pid])
		recorder.is_ours[pid] = true;
	return recorder.is_ours[pid];
}

static void keep(void *context, const void *bytes, size_t length)
{
	static char copy[WIRE_RECORD_MAX];
	struct wire_header *header = (void *)copy;
	struct record record;

	(void)context;
	if (record_decode(bytes, length, &record) < 0)
		errx(1, "a record cannot be read");
	if (record.type > WIRE_EXIT || !is_ours(&record))
		return;
	memcpy(copy, bytes, length);
	if (record.type == WIRE_EXEC)
		((struct wire_exec *)copy)->cgroup_id = RECORDING_CGROUP;
	else if (record.type == WIRE_FORK)
		((struct wire_fork *)copy)->cgroup_id = RECORDING_CGROUP;
	if (gzwrite(recorder.file, copy, header->length) != (int)header->length)
		errx(1, "cannot write");
	recorder.events += record.type != WIRE_FORK;
}

static void run(char **command)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	recorder.is_ours[pid] = true;
	if (waitpid(pid, &status, 0) < 0 || status != 0)
		errx(1, "%s failed", command[0]);
}

int main(int argc, char **argv)
{
	const struct base_sensor_options options = {.ring_bytes = RING_BYTES};
	struct base_sensor *sensor;
	struct ring *ring;

	if (argc < 3)
		errx(2, "usage: record FILE COMMAND [ARGUMENT]...");
	recorder.file = gzopen(argv[1], "wb9");
	if (!recorder.file || base_sensor_open(&options, &sensor) < 0 ||
	    ring_open(base_sensor_ring_fd(sensor), base_sensor_ring_bytes(sensor), &ring) < 0)
		errx(1, "cannot write %s, or load the sensor", argv[1]);
	run(argv + 2);
	base_sensor_detach(sensor);
	while (ring_drain(ring, SIZE_MAX, keep, NULL) > 0)
		continue;
	ring_close(ring);
	base_sensor_close(sensor);
	if (gzclose(recorder.file) != Z_OK)
		errx(1, "cannot write %s", argv[1]);
	printf("%llu events\n", (unsigned long long)recorder.events);
	return 0;
}
