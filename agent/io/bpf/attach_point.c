// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/attach_point.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/util.h"
#include "core/policy/glue.h"
#include "io/bpf/hook_program.h"

void attach_point_init(struct attach_point *point)
{
	point->array_fd = -1;
	point->copies = 0;
	for (int i = 0; i < ATTACH_POINT_COPIES; i++)
		point->dispatcher_fds[i] = point->link_fds[i] = -1;
}

/* LSM programs have no guard against recursion, and those of perf events run where nothing is preempted. */
static bool needs_backups(enum attach_means means, const struct kernel_features *features)
{
	switch (means) {
	case ATTACH_FENTRY:
	case ATTACH_FEXIT:
	case ATTACH_FMOD_RET:
		return features->is_preemptible;
	case ATTACH_RAW_TRACEPOINT:
		return features->has_preemptible_tracepoints;
	default:
		return false;
	}
}

/* What tells its calls from those of others, in the marks of a task. */
static uint32_t new_point_number(void)
{
	static atomic_uint last;

	return atomic_fetch_add(&last, 1) + 1;
}

static int open_copy(struct attach_point *point, int copy, uint32_t number, const struct pieces *pieces,
		     const struct plan_hook *hook, const struct plan_program *program, const struct link_values *values)
{
	_cleanup_(assembler_done) struct assembler code;
	int r;

	assembler_init(&code);
	if (point->copies == 1)
		glue_write_dispatcher(&code);
	else
		glue_write_dispatcher_copy(&code, number, copy);
	r = assembler_end(&code);
	if (r < 0)
		return r;
	point->dispatcher_fds[copy] = hook_program_load(pieces, program, &code, values);
	if (point->dispatcher_fds[copy] < 0)
		return point->dispatcher_fds[copy];
	point->link_fds[copy] = hook_program_attach(hook, program, point->dispatcher_fds[copy]);
	return point->link_fds[copy] < 0 ? point->link_fds[copy] : 0;
}

int attach_point_open(struct attach_point *point, const struct pieces *pieces, const struct plan_hook *hook,
		      const struct plan_program *program, const struct kernel_features *features,
		      const struct link_values *values)
{
	struct link_values with_programs = *values;
	uint32_t number = new_point_number();
	int r = 0;

	attach_point_init(point);
	point->copies = needs_backups(program->means, features) ? ATTACH_POINT_COPIES : 1;
	point->array_fd = hook_program_array_new();
	if (point->array_fd < 0)
		return point->array_fd;
	with_programs.programs_fd = point->array_fd;
	/* the first copy is to run first: tracepoints run the oldest first, trampolines the youngest */
	for (int i = 0; i < point->copies && r >= 0; i++) {
		int copy = program->means == ATTACH_RAW_TRACEPOINT ? i : point->copies - 1 - i;

		r = open_copy(point, copy, number, pieces, hook, program, &with_programs);
	}
	return r;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void attach_point_close(struct attach_point *point)
{
	for (int i = 0; i < ATTACH_POINT_COPIES; i++) {
		close_fd(&point->link_fds[i]);
		close_fd(&point->dispatcher_fds[i]);
	}
	close_fd(&point->array_fd);
}

uint64_t attach_point_turned_away(const struct attach_point *point)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	if (point->dispatcher_fds[0] < 0 || bpf_obj_get_info_by_fd(point->dispatcher_fds[0], &info, &size) < 0)
		return 0;
	return info.recursion_misses;
}
