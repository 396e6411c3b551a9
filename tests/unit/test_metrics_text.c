// SPDX-License-Identifier: Apache-2.0
#include "core/encode/metrics_text.h"

#include "base/util.h"
#include "test.h"

#define END(count) \
	"# HELP trigon_metrics_samples_left_out Samples for which this answer had no room.\n" \
	"# TYPE trigon_metrics_samples_left_out gauge\n" \
	"trigon_metrics_samples_left_out " count "\n"

static char bytes[2048];
static struct buffer buffer;
static struct metrics_text text;

/* Room for `size` bytes beside what is reserved. */
static void begin(size_t size)
{
	buffer = (struct buffer){.data = bytes, .capacity = size + METRICS_TEXT_RESERVE};
	metrics_text_begin(&text, &buffer);
}

static void check_text(const char *wanted)
{
	metrics_text_end(&text);
	CHECK(!buffer.is_full);
	CHECK_BYTES(buffer.data, buffer.length, wanted);
}

static void test_families(void)
{
	const struct metrics_label labels[] = {metrics_label("stage", "ring"), metrics_label("type", "exec")};

	begin(1024);
	metrics_text_family(&text, "trigon_lost_total", METRICS_COUNTER, "Lost.");
	metrics_text_sample(&text, labels, 2, 0);
	metrics_text_sample(&text, labels, 1, UINT64_MAX);
	metrics_text_single(&text, "trigon_pods", METRICS_GAUGE, "Pods.", 3);
	check_text("# HELP trigon_lost_total Lost.\n"
		   "# TYPE trigon_lost_total counter\n"
		   "trigon_lost_total{stage=\"ring\",type=\"exec\"} 0\n"
		   "trigon_lost_total{stage=\"ring\"} 18446744073709551615\n"
		   "# HELP trigon_pods Pods.\n"
		   "# TYPE trigon_pods gauge\n"
		   "trigon_pods 3\n" END("0"));
}

static void test_escapes(void)
{
	static const struct {
		struct bytes value;
		const char *wanted;
	} rows[] = {
		{{NULL, 0}, "x{l=\"\"} 1\n"},
		{{"plain {},=#'\t", 13}, "x{l=\"plain {},=#'\t\"} 1\n"},
		{{"a\"b\\c\nd", 7}, "x{l=\"a\\\"b\\\\c\\nd\"} 1\n"},
		{{"\\n", 2}, "x{l=\"\\\\n\"} 1\n"},
		{{"\xc3\xbc\xff", 3}, "x{l=\"\xc3\xbc\xef\xbf\xbd\"} 1\n"},
		{{"\xe2\x82", 2}, "x{l=\"\xef\xbf\xbd\"} 1\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct metrics_label label = {"l", rows[i].value};

		begin(1024);
		text.name = "x";
		metrics_text_sample(&text, &label, 1, 1);
		CHECK_BYTES(buffer.data, buffer.length, rows[i].wanted);
	}
}

/* What does not fit is left out whole, what is smaller may come behind it, and the end always fits. */
static void test_room(void)
{
	const struct metrics_label large = metrics_label("l", "0123456789"), small = metrics_label("l", "");

	begin(strlen("# HELP x X.\n# TYPE x gauge\nx{l=\"\"} 1\n"));
	metrics_text_family(&text, "x", METRICS_GAUGE, "X.");
	metrics_text_sample(&text, &large, 1, 1);
	metrics_text_sample(&text, &small, 1, 1);
	metrics_text_sample(&text, &small, 1, 1);
	metrics_text_single(&text, "y", METRICS_GAUGE, "Y.", 1);
	check_text("# HELP x X.\n# TYPE x gauge\nx{l=\"\"} 1\n" END("3"));
}

static void test_no_room(void)
{
	begin(0);
	for (int i = 0; i < 1000; i++)
		metrics_text_single(&text, "x", METRICS_COUNTER, "X.", UINT64_MAX);
	check_text(END("1000"));
}

int main(void)
{
	RUN(test_families);
	RUN(test_escapes);
	RUN(test_room);
	RUN(test_no_room);
	return test_end();
}
