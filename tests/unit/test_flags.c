// SPDX-License-Identifier: Apache-2.0
#include "core/process/flags.h"

#include <errno.h>

#include "base/util.h"
#include "core/process/capabilities.h"
#include "core/process/signals.h"
#include "test.h"

#define ALL_BUT_UNKNOWN (PROCESS_FLAG_UNKNOWN - 1)
#define ALL_NAMES \
	"execve procFS errorEnvs truncArgs miss errorFilename errorArgs nocwd rootcwd errorCWD clone errorCgroupName " \
	"errorCgroupID errorCgroupSubsysCgrp errorCgroupSubsys errorCgroups errorPathResolutionCwd dataFilename " \
	"dataArgs inInitTree"

static char storage[512];

static const struct {
	uint32_t flags;
	const char *text;
} cases[] = {
	{0, ""},
	{PROCESS_FLAG_EXECVE, "execve"},
	{PROCESS_FLAG_EXECVE | PROCESS_FLAG_ROOT_CWD | PROCESS_FLAG_CLONE, "execve rootcwd clone"},
	{PROCESS_FLAG_PROCFS | PROCESS_FLAG_NO_CWD, "procFS nocwd"},
	{PROCESS_FLAG_IN_INIT_TREE, "inInitTree"},
	{PROCESS_FLAG_UNKNOWN, "unknown"},
	{ALL_BUT_UNKNOWN, ALL_NAMES},
};

static void test_both_ways(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer buffer = {.data = storage, .capacity = sizeof(storage)};
		uint32_t flags = 0xdead;

		flags_append(&buffer, cases[i].flags);
		CHECK_BYTES(storage, buffer.length, cases[i].text);
		CHECK_EQ(flags_parse((struct bytes){cases[i].text, strlen(cases[i].text)}, &flags), 0);
		CHECK_EQ(flags, cases[i].flags);
	}
}

static void test_append_odd(void)
{
	struct buffer buffer = {.data = storage, .capacity = sizeof(storage)};

	buffer_append_literal(&buffer, "x"); /* no space after what was there before */
	flags_append(&buffer, PROCESS_FLAG_CLONE | 1u << 31);
	CHECK_BYTES(storage, buffer.length, "xclone");
	buffer_reset(&buffer);
	flags_append(&buffer, PROCESS_FLAG_UNKNOWN | PROCESS_FLAG_EXECVE);
	CHECK_BYTES(storage, buffer.length, "unknown");
}

static void test_parse(void)
{
	static const char *const wrong[] = {"exec",         "execve clone ", " execve",     "execve  clone",
					    "execve,clone", "EXECVE",        "noCWDSupport"};
	uint32_t flags = 0;

	CHECK_EQ(flags_parse((struct bytes){"clone execve", 12}, &flags), 0);
	CHECK_EQ(flags, PROCESS_FLAG_EXECVE | PROCESS_FLAG_CLONE);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		flags = 42;
		CHECK_EQ(flags_parse((struct bytes){wrong[i], strlen(wrong[i])}, &flags), -EINVAL);
		CHECK_EQ(flags, 42);
	}
}

static void test_capabilities(void)
{
	static const struct {
		unsigned int bit;
		const char *wanted;
	} names[] = {{0, "CAP_CHOWN"},    {13, "CAP_NET_RAW"}, {21, "CAP_SYS_ADMIN"},
		     {31, "CAP_SETFCAP"}, {38, "CAP_PERFMON"}, {40, "CAP_CHECKPOINT_RESTORE"},
		     {41, "CAP_41"},      {63, "CAP_63"}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct buffer buffer = {.data = storage, .capacity = sizeof(storage)};

		capability_append(&buffer, names[i].bit);
		CHECK_BYTES(storage, buffer.length, names[i].wanted);
		CHECK(!capability_name(names[i].bit) == (names[i].bit > 40));
	}
}

static void test_signals(void)
{
	static const struct {
		uint32_t number;
		const char *wanted;
	} names[] = {{0, ""},
		     {1, "SIGHUP"},
		     {9, "SIGKILL"},
		     {11, "SIGSEGV"},
		     {31, "SIGSYS"},
		     {32, "SIGRTMIN-2"},
		     {33, "SIGRTMIN-1"},
		     {34, "SIGRTMIN"},
		     {35, "SIGRTMIN+1"},
		     {64, "SIGRTMAX"},
		     {65, ""},
		     {127, ""}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct buffer buffer = {.data = storage, .capacity = sizeof(storage)};

		signal_append(&buffer, names[i].number);
		CHECK_BYTES(storage, buffer.length, names[i].wanted);
	}
}

int main(void)
{
	RUN(test_both_ways);
	RUN(test_append_odd);
	RUN(test_parse);
	RUN(test_capabilities);
	RUN(test_signals);
	return test_end();
}
