// SPDX-License-Identifier: Apache-2.0
#include "io/server/page.h"

#include "base/util.h"

#define HTML "text/html; charset=utf-8"
#define CSS "text/css; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"

/* The assembler reads the file, whose path is that from where make runs. */
#define EMBED(symbol, file) \
	__asm__(".pushsection .rodata\n.global page_" #symbol "_begin, page_" #symbol "_end\npage_" #symbol \
		"_begin:\n.incbin \"agent/page/" file "\"\npage_" #symbol "_end:\n.byte 0\n.popsection\n"); \
	extern const char page_##symbol##_begin[], page_##symbol##_end[]

/* X(symbol, path below /page/, type) */
#define FILES(X) \
	X(agent, "agent.js", SCRIPT) \
	X(deque, "deque.js", SCRIPT) \
	X(details, "details.js", SCRIPT) \
	X(event, "event.js", SCRIPT) \
	X(filter, "filter.js", SCRIPT) \
	X(inbox, "inbox.js", SCRIPT) \
	X(page, "page.js", SCRIPT) \
	X(policies, "policies.js", SCRIPT) \
	X(processes, "processes.js", SCRIPT) \
	X(store, "store.js", SCRIPT) \
	X(stream, "stream.js", SCRIPT) \
	X(style, "page.css", CSS) \
	X(text, "text.js", SCRIPT) \
	X(tree, "tree.js", SCRIPT) \
	X(virtual_list, "virtual_list.js", SCRIPT)

#define EMBED_FILE(symbol, name, type) EMBED(symbol, name);
#define TABLE_ROW(symbol, name, type) {"/page/" name, type, page_##symbol##_begin, page_##symbol##_end},

EMBED(index, "index.html");
FILES(EMBED_FILE)

static const struct {
	const char *path, *type, *begin, *end;
} files[] = {{"/", HTML, page_index_begin, page_index_end}, FILES(TABLE_ROW)};

static const struct http_header headers[] = {
	{"content-security-policy:",
	 "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
	 "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"},
	{"x-content-type-options:", "nosniff"},
	{"referrer-policy:", "no-referrer"},
	{"cross-origin-opener-policy:", "same-origin"},
	{"cross-origin-resource-policy:", "same-origin"},
	{"cache-control:", "no-cache"}, /* another agent has another page */
	{NULL, NULL},
};

struct http_routes page_routes(void)
{
	static struct http_route routes[ARRAY_SIZE(files)];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		routes[i] = (struct http_route){
			.path = files[i].path,
			.type = files[i].type,
			.bytes = files[i].begin,
			.length = (size_t)(files[i].end - files[i].begin),
			.headers = headers,
		};
	}
	return (struct http_routes){routes, ARRAY_SIZE(routes), NULL};
}
