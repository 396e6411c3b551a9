// SPDX-License-Identifier: Apache-2.0
#include "io/symbols/symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "io/symbols/kernel_symbols.h"
#include "io/symbols/user_symbols.h"

struct symbols {
	pthread_mutex_t lock; /* of the next two */
	struct symbol_table *kernel;
	struct user_symbols *user;
	char *procfs; /* owned */
	struct symbolizer symbolizer;
	char name[SYMBOL_NAME_MAX], module[4096]; /* of the last answer: the tables may go any time */
};

static struct bytes keep(struct bytes text, char *place, size_t size)
{
	text.length = MIN(text.length, size);
	memcpy(place, text.data, text.length);
	return (struct bytes){place, text.length};
}

/* BPF programs and what calls them: ours, which stand on top of each stack and are no part of what happened. */
static bool is_program(struct bytes name)
{
	static const char *const beginnings[] = {"bpf_prog_", "bpf_trampoline_", "bpf_dispatcher_"};

	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++)
		if (name.length >= strlen(beginnings[i]) &&
		    memcmp(name.data, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

static bool find(void *context, uint32_t pid, uint64_t address, struct symbol *ret)
{
	struct symbols *symbols = context;
	bool is_found = false;

	pthread_mutex_lock(&symbols->lock);
	if (pid && symbols->user)
		is_found = user_symbols_find(symbols->user, pid, address, ret);
	else if (!pid && symbols->kernel)
		is_found =
			symbol_table_find(symbols->kernel, address, &ret->name, &ret->offset) && !is_program(ret->name);
	if (is_found) {
		ret->name = keep(ret->name, symbols->name, sizeof(symbols->name));
		ret->module = keep(ret->module, symbols->module, sizeof(symbols->module));
	}
	pthread_mutex_unlock(&symbols->lock);
	return is_found;
}

struct symbols *symbols_new(const char *procfs)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		return NULL;
	pthread_mutex_init(&symbols->lock, NULL);
	symbols->symbolizer = (struct symbolizer){.find = find, .context = symbols};
	symbols->procfs = strdup(procfs);
	return symbols->procfs ? symbols : symbols_free(symbols);
}

struct symbols *symbols_free(struct symbols *symbols)
{
	if (!symbols)
		return NULL;
	symbol_table_free(symbols->kernel);
	user_symbols_free(symbols->user);
	pthread_mutex_destroy(&symbols->lock);
	free(symbols->procfs);
	free(symbols);
	return NULL;
}

static struct symbol_table *load_kernel(void)
{
	struct symbol_table *table = NULL;
	uint64_t begin_ns = clock_monotonic_ns();
	int r = kernel_symbols_load("/proc/kallsyms", &table);

	if (r == -EPERM)
		log_warn("kernel stack traces are without names: the kernel hides its addresses; it needs the "
			 "capability "
			 "CAP_SYSLOG, and kernel.kptr_restrict below 2");
	else if (r < 0)
		log_warn("kernel stack traces are without names: cannot read /proc/kallsyms: %s", strerror(-r));
	else
		log_info("kernel symbols: %zu functions, %zu KiB, %" PRIu64 " ms", symbol_table_count(table),
			 symbol_table_bytes(table) / 1024,
			 (uint64_t)((clock_monotonic_ns() - begin_ns) / CLOCK_NS_PER_MS));
	return table;
}

void symbols_want(struct symbols *symbols, bool kernel, bool user)
{
	/* this thread alone changes the two: so it may read them without the lock, and read the kernel's before it */
	struct symbol_table *kernel_next = kernel ? symbols->kernel : NULL, *kernel_old = NULL;
	struct user_symbols *user_next = user ? symbols->user : NULL, *user_old = NULL;

	if (kernel && !kernel_next)
		kernel_next = load_kernel();
	if (user && !user_next)
		user_next = user_symbols_new(symbols->procfs);
	pthread_mutex_lock(&symbols->lock);
	if (symbols->kernel != kernel_next)
		kernel_old = symbols->kernel;
	if (symbols->user != user_next)
		user_old = symbols->user;
	symbols->kernel = kernel_next;
	symbols->user = user_next;
	pthread_mutex_unlock(&symbols->lock);
	symbol_table_free(kernel_old);
	user_symbols_free(user_old);
	if (user && !user_next)
		log_warn("user stack traces are without names: not enough memory");
}

const struct symbolizer *symbols_symbolizer(const struct symbols *symbols)
{
	return &symbols->symbolizer;
}
