// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as the strings of an event: one line comes out, no longer than
 * allowed, of valid UTF-8 and without control characters, and its compact form
 * is one printable line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/encode/compact.h"
#include "core/encode/event_json.h"
#include "core/encode/utf8.h"

#define HEADER_LENGTH 8
#define INPUT_MAX 4096
#define ARGUMENT_TIMES 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_true)
{
	if (!is_true)
		abort();
}

static void check_line(const struct buffer *buffer)
{
	check(!buffer->is_full && buffer->length > 0 && buffer->data[buffer->length - 1] == '\n');
	for (size_t at = 0; at < buffer->length - 1;) {
		uint32_t code_point;

		at += utf8_decode(buffer->data + at, buffer->length - at, &code_point);
		check(code_point != UTF8_INVALID && code_point >= 0x20);
	}
}

/* Bytes of input, several times over, so that few make a long line. */
static struct bytes take(const uint8_t **data, size_t *size, size_t length, size_t times, char *storage)
{
	for (size_t i = 0; i < times; i++)
		memcpy(storage + i * length, *data, length);
	*data += length;
	*size -= length;
	return (struct bytes){storage, times * length};
}

/* The line of an event of a hook, with the same strings everywhere. */
static void check_hook_line(struct buffer *buffer, struct bytes text, uint8_t choice)
{
	static const struct bytes events[] = {{"process_kprobe", 14},
					      {"process_tracepoint", 18},
					      {"process_lsm", 11},
					      {"process_loader", 14}},
				  functions[] = {{"tcp_sendmsg", 11},
						 {"bpf_check", 9},
						 {"__x64_sys_write", 15},
						 {"security_mmap_file", 18},
						 {"sys_setns", 9}};
	const struct compact_arg arg = {.text = text,
					.type = text,
					.has_number = choice & 1,
					.number = (int64_t)text.length - 100,
					.protocol = text,
					.saddr = text,
					.daddr = text};
	const struct compact_arg args[] = {arg, arg};
	const struct compact_view view = {.event = events[choice % 4],
					  .has_process = true,
					  .function_name = choice & 128 ? text : functions[choice % 5],
					  .subsystem = text,
					  .tracepoint = text,
					  .path = text,
					  .build_id = text,
					  .args = args,
					  .arg_count = choice % 3};
	const struct compact_style style = {0};

	buffer_reset(buffer);
	compact_append(buffer, &view, &style);
	check_line(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char line[EVENT_JSON_LINE_MAX], compact[COMPACT_LENGTH_MAX((ARGUMENT_TIMES + 3) * INPUT_MAX)],
		storage[3][ARGUMENT_TIMES * INPUT_MAX];
	struct buffer buffer = {.data = line, .capacity = sizeof(line)};
	struct image images[2] = {0};
	struct process processes[2] = {0};
	struct event event = {.process = &processes[0], .parent = &processes[1]};
	const struct event_json_options options = {.node_name = "n", .with_credentials = true, .with_namespaces = true};
	struct compact_view view = {.has_process = true};
	const struct compact_style style = {0};

	if (size < HEADER_LENGTH || size > INPUT_MAX)
		return 0;
	event.type = data[0] % (EVENT_PROCESS_EXIT + 1); /* those of hooks: fuzz_record.c */
	event.exit_status = data[1] << 8 | data[2];
	images[0].binary_flags = data[3];
	images[1].credentials.effective = processes[0].flags = (uint32_t)data[4] << 13 | data[5] << 5;
	images[0].credentials.securebits = data[6];
	processes[0].image = &images[0];
	processes[1].image = data[7] & 1 ? &images[0] : &images[1];
	data += HEADER_LENGTH;
	size -= HEADER_LENGTH;
	images[0].cwd = take(&data, &size, size / 3, 1, storage[0]);
	images[0].binary = take(&data, &size, size / 2, 2, storage[1]);
	images[0].arguments = take(&data, &size, size, ARGUMENT_TIMES, storage[2]);
	check(event_json_encode(&buffer, &event, &options) == buffer.length);
	check_line(&buffer);

	buffer = (struct buffer){.data = compact, .capacity = sizeof(compact)};
	view.event = view.node_name = images[0].cwd;
	view.binary = images[0].binary;
	view.arguments = images[0].arguments;
	compact_append(&buffer, &view, &style);
	check_line(&buffer);
	check_hook_line(&buffer, images[0].cwd, (uint8_t)images[0].binary_flags);
	return 0;
}
