// SPDX-License-Identifier: Apache-2.0
#include "core/encode/compact.h"

#include "base/util.h"
#include "core/encode/display.h"
#include "test.h"

#define BYTES(literal) \
	{ \
		(literal), sizeof(literal) - 1 \
	}

static char storage[4096];

static struct buffer new_buffer(void)
{
	return (struct buffer){.data = storage, .capacity = sizeof(storage)};
}

struct display_case {
	struct bytes in;
	const char *text, *word;
};
#define CASE(in, text, word) \
	{ \
		BYTES(in), (text), (word) \
	}

static const struct display_case display_cases[] = {
	CASE("", "", ""),
	CASE("/usr/bin/curl", "/usr/bin/curl", "/usr/bin/curl"),
	CASE("a b", "a b", "\"a b\""),
	CASE("a\"b\\c", "a\"b\\c", "a\"b\\c"), /* quoted only for a reason */
	CASE("a \"b\\c", "a \"b\\c", "\"a \\\"b\\\\c\""),
	CASE("\a\b\t\n\v\f\r", "\\a\\b\\t\\n\\v\\f\\r", "\"\\a\\b\\t\\n\\v\\f\\r\""),
	CASE("\0\x1b\x7f", "\\x00\\x1b\\x7f", "\"\\x00\\x1b\\x7f\""),
	CASE("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x9A\x80", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x9A\x80",
	     "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x9A\x80"),
	CASE("\xEF\xBF\xBD", "\xEF\xBF\xBD", "\xEF\xBF\xBD"), /* U+FFFD itself is printable */
	CASE("\xC2\x9B", "\\u009b", "\"\\u009b\""),           /* C1: CSI */
	CASE("\xC2\xA0", "\\u00a0", "\"\\u00a0\""),           /* no-break space */
	CASE("a\xE2\x80\xAE"
	     "b",
	     "a\\u202eb", "\"a\\u202eb\""),                         /* right-to-left override */
	CASE("\xE2\x80\x8B", "\\u200b", "\"\\u200b\""),             /* zero width space */
	CASE("\xE2\x81\xA6", "\\u2066", "\"\\u2066\""),             /* isolate */
	CASE("\xF3\xA0\x81\x81", "\\U000e0041", "\"\\U000e0041\""), /* tag */
	CASE("\xEE\x80\x80", "\\ue000", "\"\\ue000\""),             /* private use */
	CASE("\xFF"
	     "a\xE2\x82",
	     "\\xffa\\xe2\\x82", "\"\\xffa\\xe2\\x82\""), /* broken */
};

static void test_display(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(display_cases); i++) {
		struct buffer buffer = new_buffer();

		display_text(&buffer, display_cases[i].in);
		CHECK_BYTES(storage, buffer.length, display_cases[i].text);
		CHECK(buffer.length <= DISPLAY_GROWTH_MAX * display_cases[i].in.length);
		buffer_reset(&buffer);
		display_word(&buffer, display_cases[i].in);
		CHECK_BYTES(storage, buffer.length, display_cases[i].word);
	}
}

static void test_columns(void)
{
	static const struct {
		const char *text;
		size_t wanted;
	} cases[] = {{"", 0},
		     {"abc", 3},
		     {"\xC3\xA9", 1},
		     {"🚀 x", 4},
		     {"\x1b[34mab\x1b[0m", 2},
		     {"\x1b[3", 0},
		     {"🕵\xEF\xB8\x8F", 2}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_EQ(display_columns(cases[i].text, strlen(cases[i].text)), cases[i].wanted);
}

#define TIME BYTES("2023-10-06T22:03:57.700326678Z")
#define CURL .binary = BYTES("/usr/bin/curl"), .has_process = true

static const struct compact_case {
	struct compact_view view;
	struct compact_style style;
	const char *wanted;
} compact_cases[] = {
	{{.event = BYTES("process_exec"),
	  .node_name = BYTES("n1"),
	  .namespace_name = BYTES("default"),
	  .pod_name = BYTES("xwing"),
	  CURL,
	  .arguments = BYTES("https://ebpf.io")},
	 {0},
	 "🚀 process default/xwing /usr/bin/curl https://ebpf.io\n"},
	{{.event = BYTES("process_exec"), .node_name = BYTES("n1"), CURL}, {0}, "🚀 process n1 /usr/bin/curl\n"},
	{{.event = BYTES("process_exec"), CURL}, {0}, "🚀 process /usr/bin/curl\n"},
	{{.event = BYTES("process_exec"), CURL, .arguments = BYTES("x"), .is_existing = true},
	 {0},
	 "🏃 running /usr/bin/curl x\n"},
	{{.event = BYTES("process_exec"), .node_name = BYTES("n1"), .has_process = true},
	 {0},
	 "🚀 process n1 <unknown>\n"},
	{{.event = BYTES("process_exec"),
	  .node_name = BYTES("n1"),
	  .binary = BYTES("/tmp/a b"),
	  .has_process = true,
	  .arguments = BYTES("x\ny")},
	 {0},
	 "🚀 process n1 \"/tmp/a b\" x\\ny\n"},
	{{.event = BYTES("process_exit"),
	  .node_name = BYTES("n1"),
	  CURL,
	  .arguments = BYTES(" \"http://a b\""),
	  .status = 60},
	 {0},
	 "💥 exit    n1 /usr/bin/curl \"http://a b\" 60\n"},
	{{.event = BYTES("process_exit"),
	  .node_name = BYTES("n1"),
	  .binary = BYTES("/usr/bin/sleep"),
	  .has_process = true,
	  .arguments = BYTES("9"),
	  .signal = BYTES("SIGKILL"),
	  .status = 1},
	 {0},
	 "💥 exit    n1 /usr/bin/sleep 9 SIGKILL\n"},
	{{.event = BYTES("process_exit"), .node_name = BYTES("n1"), CURL}, {0}, "💥 exit    n1 /usr/bin/curl 0\n"},
	/* types without a row */
	{{.event = BYTES("process_usdt"), .node_name = BYTES("n1"), CURL}, {0}, "❓ usdt    n1 /usr/bin/curl\n"},
	{{.event = BYTES("rate_limit_info"), .node_name = BYTES("n1")}, {0}, "❓ rate_limit_info n1\n"},
	{{.event = BYTES("process_"), .node_name = BYTES("n1")}, {0}, "❓ process_ n1\n"},
	{{.event = BYTES("a\x1b[31m")}, {0}, "❓ \"a\\x1b[31m\"\n"},
	/* times */
	{{.event = BYTES("process_exec"), .time = TIME, CURL},
	 {.with_time = true},
	 "2023-10-06T22:03:57.700326678Z 🚀 process /usr/bin/curl\n"},
	{{.event = BYTES("process_exec"), .time = BYTES("2023-10-06T22:03:57.7Z"), CURL},
	 {.with_time = true},
	 "2023-10-06T22:03:57.700000000Z 🚀 process /usr/bin/curl\n"},
	{{.event = BYTES("process_exec"), .time = BYTES("2023-10-06T22:03:57Z"), CURL},
	 {.with_time = true},
	 "2023-10-06T22:03:57.000000000Z 🚀 process /usr/bin/curl\n"},
	{{.event = BYTES("process_exec"), .time = BYTES("noon\n"), CURL},
	 {.with_time = true},
	 "noon\\n 🚀 process /usr/bin/curl\n"},
	{{.event = BYTES("process_exec"), CURL}, {.with_time = true}, "- 🚀 process /usr/bin/curl\n"},
	{{.event = BYTES("process_exec"), .time = BYTES("."), CURL},
	 {.with_time = true},
	 ". 🚀 process /usr/bin/curl\n"},
	/* colours */
	{{.event = BYTES("process_exit"), .node_name = BYTES("n1"), CURL, .arguments = BYTES("x"), .status = 2},
	 {.with_color = true},
	 "\x1b[34m💥 exit   \x1b[0m \x1b[32mn1\x1b[0m \x1b[35m/usr/bin/curl\x1b[0m \x1b[36mx\x1b[0m \x1b[31m2\x1b[0m\n"},
};

static void test_lines(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(compact_cases); i++) {
		struct buffer buffer = new_buffer();

		compact_append(&buffer, &compact_cases[i].view, &compact_cases[i].style);
		CHECK_BYTES(storage, buffer.length, compact_cases[i].wanted);
	}
}

/* --- events of hooks ------------------------------------------------------------------------------------------ */

#define NONE \
	{ \
		.has_number = false \
	}
#define TEXT(literal) \
	{ \
		.text = BYTES(literal) \
	}
#define NUMBER(value) \
	{ \
		.has_number = true, .number = (value) \
	}
#define SOCK(proto, from, to) \
	{ \
		.protocol = BYTES(proto), .saddr = BYTES(from), .daddr = BYTES(to), .sport = 40000, .dport = 443 \
	}

static const struct function_case {
	struct bytes function;
	size_t arg_count;
	struct compact_arg args[3];
	const char *wanted; /* tag and details: the source and the binary are left out */
} function_cases[] = {
	{BYTES("kfree_skb_reason"), 0, {NONE}, "❓ syscall n1 /c kfree_skb_reason"},
	{BYTES("a\x1b"), 0, {NONE}, "❓ syscall n1 /c \"a\\x1b\""},
	{BYTES("__x64_sys_openat"), 2, {NUMBER(-100), TEXT("/etc/passwd")}, "📬️ openat  n1 /c /etc/passwd"},
	{BYTES("__arm64_sys_openat"), 1, {TEXT("/a b")}, "📬️ openat  n1 /c \"/a b\""},
	{BYTES("sys_open"), 2, {TEXT("/x"), NUMBER(0)}, "📬️ open    n1 /c /x"},
	{BYTES("fd_install"), 2, {NUMBER(3), TEXT("/path")}, "📬 open    n1 /c /path"},
	{BYTES("__x64_sys_close"), 1, {TEXT("/path")}, "📪 close   n1 /c /path"},
	{BYTES("__x64_sys_write"), 3, {TEXT("/p"), NONE, NUMBER(1234)}, "📝 write   n1 /c /p 1234 bytes"},
	{BYTES("__x64_sys_read"), 1, {TEXT("/p")}, "📚 read    n1 /c /p"},
	{BYTES("security_file_permission"), 2, {TEXT("/p"), NUMBER(2)}, "📝 write   n1 /c /p"},
	{BYTES("security_file_permission"), 2, {TEXT("/p"), NUMBER(4)}, "📚 read    n1 /c /p"},
	{BYTES("security_file_permission"), 2, {TEXT("/p"), NUMBER(1)}, "❓ security_file_permission n1 /c /p"},
	{BYTES("security_file_permission"), 0, {NONE}, "❓ security_file_permission n1 /c"},
	{BYTES("security_mmap_file"), 2, {TEXT("/p"), NUMBER(7)}, "📝 mmap-rwx n1 /c /p"},
	{BYTES("security_mmap_file"), 2, {TEXT("/p"), NUMBER(1)}, "📝 mmap-r  n1 /c /p"},
	{BYTES("security_mmap_file"), 2, {TEXT("/p"), NUMBER(-1)}, "📝 mmap-rwx n1 /c /p"},
	{BYTES("security_mmap_file"), 1, {TEXT("/p")}, "📝 mmap    n1 /c /p"},
	{BYTES("security_path_truncate"), 1, {TEXT("/p")}, "📝 truncate n1 /c /p"},
	{BYTES("security_file_truncate"), 1, {TEXT("/p")}, "📝 truncate n1 /c /p"},
	{BYTES("__x64_sys_mount"), 2, {TEXT("src"), TEXT("dst")}, "💾 mount   n1 /c src dst"},
	{BYTES("__x64_sys_pivot_root"), 2, {TEXT("src"), TEXT("dst")}, "💾 pivot_root n1 /c src dst"},
	{BYTES("__x64_sys_setuid"), 1, {NUMBER(0)}, "🔑 setuid  n1 /c 0"},
	{BYTES("__x64_sys_setns"), 2, {NUMBER(3), NUMBER(0x40000000)}, "🔧 setns   n1 /c net"},
	{BYTES("__x64_sys_setns"), 2, {NUMBER(3), NUMBER(5)}, "🔧 setns   n1 /c 5"},
	{BYTES("proc_exec_connector"), 0, {NONE}, "🔧 proc_exec_connector n1 /c"},
	{BYTES("__x64_sys_clock_settime"), 0, {NONE}, "⏰ clock_settime n1 /c"},
	{BYTES("tcp_connect"),
	 1,
	 {SOCK("IPPROTO_TCP", "10.0.0.1", "1.1.1.1")},
	 "🔌 connect n1 /c tcp 10.0.0.1:40000 -> 1.1.1.1:443"},
	{BYTES("tcp_connect"), 1, {SOCK("58", "::1", "::2")}, "🔌 connect n1 /c 58 [::1]:40000 -> [::2]:443"},
	{BYTES("tcp_connect"), 0, {NONE}, "🔌 connect n1 /c"},
	{BYTES("tcp_close"), 1, {SOCK("IPPROTO_TCP", "a", "b")}, "🧹 close   n1 /c tcp a:40000 -> b:443"},
	{BYTES("tcp_sendmsg"),
	 2,
	 {SOCK("IPPROTO_TCP", "a", "b"), NUMBER(9)},
	 "📤 sendmsg n1 /c tcp a:40000 -> b:443 bytes 9"},
	{BYTES("bpf_check"),
	 1,
	 {{.type = BYTES("BPF_PROG_TYPE_KPROBE"), .text = BYTES("amazing"), .sizes = {2048}}},
	 "🐝 bpf_load n1 /c BPF_PROG_TYPE_KPROBE amazing instruction count 2048"},
	{BYTES("security_perf_event_alloc"),
	 1,
	 {{.type = BYTES("PERF_TYPE_TRACEPOINT"), .text = BYTES("commit_creds")}},
	 "🐝 perf_event_alloc n1 /c PERF_TYPE_TRACEPOINT commit_creds"},
	{BYTES("security_bpf_map_create"),
	 1,
	 {{.type = BYTES("BPF_MAP_TYPE_HASH"), .text = BYTES("m"), .sizes = {8, 9, 1024}}},
	 "🗺 bpf_map_create n1 /c BPF_MAP_TYPE_HASH m key size 8 value size 9 max entries 1024"},
};

static void test_functions(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(function_cases); i++) {
		const struct compact_view view = {
			.event = BYTES("process_kprobe"),
			.node_name = BYTES("n1"),
			.binary = BYTES("/c"),
			.has_process = true,
			.function_name = function_cases[i].function,
			.args = function_cases[i].args,
			.arg_count = function_cases[i].arg_count,
		};
		const struct compact_style style = {0};
		struct buffer buffer = new_buffer();

		compact_append(&buffer, &view, &style);
		CHECK(buffer.length && storage[buffer.length - 1] == '\n');
		CHECK_BYTES(storage, buffer.length - 1, function_cases[i].wanted);
	}
}

static const struct compact_arg syscall_args[] = {
	{.type = BYTES("i386"), .number = 5}, NUMBER(0x7ffc1234), NONE, NUMBER(-1)};
static const struct compact_frame frames[] = {
	{0xffffffffa13f2de5, 5, BYTES("kfree_skb_reason"), BYTES("")},
	{0x7fc87712752b, 0x12752b, BYTES("__connect"), BYTES("/usr/lib/libc.so.6")},
	{0x10, 0, BYTES(""), BYTES("")},
	{0, 1, BYTES("x y"), BYTES("")},
	{0, 2, BYTES(""), BYTES("/m")},
};

static const struct compact_arg file_args[] = {{.text = BYTES("/usr/bin/cat")}};
static const struct compact_case hook_cases[] = {
	{{.event = BYTES("process_tracepoint"),
	  CURL,
	  .subsystem = BYTES("syscalls"),
	  .tracepoint = BYTES("sys_enter_lseek")},
	 {0},
	 "⁉️ tracepoint /usr/bin/curl syscalls sys_enter_lseek\n"},
	{{.event = BYTES("process_tracepoint"),
	  CURL,
	  .subsystem = BYTES("raw_syscalls"),
	  .tracepoint = BYTES("sys_enter"),
	  .args = syscall_args,
	  .arg_count = ARRAY_SIZE(syscall_args)},
	 {0},
	 "☎  syscall /usr/bin/curl i386/5(0x7ffc1234, ?, 0xffffffffffffffff)\n"},
	{{.event = BYTES("process_tracepoint"),
	  CURL,
	  .subsystem = BYTES("raw_syscalls"),
	  .tracepoint = BYTES("sys_enter")},
	 {0},
	 "☎  syscall /usr/bin/curl raw_syscalls sys_enter\n"},
	{{.event = BYTES("process_lsm"), CURL, .function_name = BYTES("bprm_check_security")},
	 {0},
	 "🔒 LSM     /usr/bin/curl bprm_check_security\n"},
	{{.event = BYTES("process_loader"), CURL, .path = BYTES("/lib/a b"), .build_id = BYTES("ASNFZ4mrze8=")},
	 {0},
	 "🧬 loader  /usr/bin/curl 0123456789abcdef \"/lib/a b\"\n"},
	{{.event = BYTES("process_loader"), CURL, .build_id = BYTES("AS\x1bNFZ4mrze8=")},
	 {0},
	 "🧬 loader  /usr/bin/curl 01\n"},
	{{.event = BYTES("process_kprobe"),
	  CURL,
	  .function_name = BYTES("f"),
	  .kernel_stack = frames,
	  .kernel_stack_count = 1,
	  .user_stack = frames + 1,
	  .user_stack_count = 4},
	 {0},
	 "❓ syscall /usr/bin/curl f\n"
	 "Kernel:\n   0xffffffffa13f2de5: kfree_skb_reason+0x5\n"
	 "User:\n   0x7fc87712752b: __connect (/usr/lib/libc.so.6+0x12752b)\n   0x10\n"
	 "   \"x y\"+0x1\n   (/m+0x2)\n"},
	{{.event = BYTES("process_kprobe"),
	  CURL,
	  .function_name = BYTES("f"),
	  .kernel_stack = frames,
	  .kernel_stack_count = 1},
	 {.without_stacks = true},
	 "❓ syscall /usr/bin/curl f\n"},
	{{.event = BYTES("process_kprobe"), CURL, .function_name = BYTES("f")},
	 {.with_color = true},
	 "\x1b[34m❓ syscall\x1b[0m \x1b[35m/usr/bin/curl\x1b[0m \x1b[36mf\x1b[0m\n"},
	{{.event = BYTES("process_lsm"),
	  CURL,
	  .function_name = BYTES("bprm_check_security"),
	  .ima_hash = BYTES("sha256:dd55"),
	  .args = file_args,
	  .arg_count = 1,
	  .kernel_stack = frames,
	  .kernel_stack_count = 1},
	 {0},
	 "🔒 LSM     /usr/bin/curl bprm_check_security\n   /usr/bin/cat sha256:dd55\n"
	 "Kernel:\n   0xffffffffa13f2de5: kfree_skb_reason+0x5\n"},
	{{.event = BYTES("process_lsm"), CURL, .function_name = BYTES("f"), .ima_hash = BYTES("a\nb")},
	 {0},
	 "🔒 LSM     /usr/bin/curl f\n   \"a\\nb\"\n"},
	{{.event = BYTES("process_lsm"), CURL, .function_name = BYTES("f"), .ima_hash = BYTES("sha256:dd55")},
	 {.without_ima_hash = true},
	 "🔒 LSM     /usr/bin/curl f\n"},
	{{.event = BYTES("process_loader"), CURL, .path = BYTES("/l"), .build_id = BYTES("AA==")},
	 {.with_color = true},
	 "\x1b[34m🧬 loader \x1b[0m \x1b[35m/usr/bin/curl\x1b[0m \x1b[36m00\x1b[0m \x1b[33m/l\x1b[0m\n"},
};

static void test_hook_lines(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(hook_cases); i++) {
		struct buffer buffer = new_buffer();

		compact_append(&buffer, &hook_cases[i].view, &hook_cases[i].style);
		CHECK_BYTES(storage, buffer.length, hook_cases[i].wanted);
	}
}

/* The trailer stands in column 120, with colours or without, and behind a longer line. */
static void test_trailer(void)
{
	static const char trailer[] = "🛑 CAP_SYS_ADMIN";
	struct compact_view view = {.event = BYTES("process_exec"), CURL, .has_sys_admin = true};

	for (int with_color = 0; with_color < 2; with_color++) {
		const struct compact_style style = {.with_color = with_color};
		struct buffer buffer = new_buffer();
		const char *at;

		compact_append(&buffer, &view, &style);
		at = memmem(storage, buffer.length, trailer, strlen(trailer));
		CHECK(at && display_columns(storage, (size_t)(at - storage)) == 120);
	}
	view.arguments =
		(struct bytes){"0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
			       "234567890123456789",
			       100};
	for (view.arguments.length = 90; view.arguments.length <= 100; view.arguments.length++) {
		const struct compact_style style = {0};
		struct buffer buffer = new_buffer();

		compact_append(&buffer, &view, &style);
		CHECK(memmem(storage, buffer.length, " 🛑 CAP_SYS_ADMIN\n", strlen(trailer) + 2));
	}
}

static void test_full(void)
{
	struct compact_view view = {.event = BYTES("process_exec"), CURL};
	const struct compact_style style = {0};
	struct buffer buffer = {.data = storage, .capacity = 10};

	compact_append(&buffer, &view, &style);
	CHECK(buffer.is_full);
}

int main(void)
{
	RUN(test_display);
	RUN(test_columns);
	RUN(test_lines);
	RUN(test_functions);
	RUN(test_hook_lines);
	RUN(test_trailer);
	RUN(test_full);
	return test_end();
}
