// SPDX-License-Identifier: Apache-2.0
/*
 * Any query of /v1/events, an argument on each line: what is accepted is a reader of the hub that goes through its
 * life, all else is refused with a reason.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "check.h"
#include "cmd/event_stream.h"
#include "core/encode/event_json.h"

static void wake(void *context)
{
	(void)context;
}

static size_t split(char *text, const char *arguments[HTTP_ARGUMENTS_MAX])
{
	size_t count = 0;

	for (char *at = text; *at && count < HTTP_ARGUMENTS_MAX;) {
		char *end = strchrnul(at, '\n');
		char last = *end;

		*end = '\0';
		arguments[count++] = at;
		at = last ? end + 1 : end;
	}
	return count;
}

static void check_reader(struct event_hub *hub, const struct http_stream *stream, void *reader)
{
	static char message[HTTP_STREAM_MESSAGE_MAX];
	struct image image = {.binary = {"/usr/bin/c\xffrl", 12}, .arguments = {"a b", 3}};
	struct process process = {.pid = 1, .image = &image};
	const struct event event = {.type = EVENT_PROCESS_EXEC, .process = &process, .parent = &process};
	const struct event_hub_facts facts = {0};
	struct event_pods pods = {0};
	struct destinations destinations = {0};
	struct event_hub_changes changes;

	event_hub_poll(hub, &facts, &changes);
	check(changes.added == DESTINATION_BIT(1));
	event_pods_begin(&pods, &event);
	event_hub_decide(hub, &event, &pods, &destinations);
	event_pods_end(&pods);
	check(destinations.pending == 0 && (destinations.to & ~DESTINATION_BIT(1)) == 0);
	check(image.tested == 0);
	event_hub_put(hub, destinations.to, "{}\n", 3);
	check(stream->read(reader, message, sizeof(message)) > 0);
	check(!stream->is_over(reader));
	stream->close(reader);
	event_hub_poll(hub, &facts, &changes);
	check(changes.left == DESTINATION_BIT(1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct event_hub_options hub_options = {.now_ns = clock_monotonic_ns, .wake_loop = wake};
	static const struct event_json_options json = {.node_name = "n1"};
	const char *arguments[HTTP_ARGUMENTS_MAX];
	struct event_hub *hub = event_hub_new(&hub_options);
	const struct event_stream_options options = {.hub = hub, .with_credentials = true, .json = &json};
	const struct http_stream stream = event_stream(&options);
	char *text = strndup((const char *)data, size);
	struct http_stream_request request = {.arguments = arguments, .wake = wake};
	char error[HTTP_STREAM_ERROR_MAX] = "";
	void *reader = NULL;
	unsigned int status;

	check(hub && text);
	request.count = split(text, arguments);
	status = stream.open(stream.context, &request, &reader, error);
	check(status == 0 || status == 400);
	check(!*error == (status == 0) && strlen(error) < sizeof(error));
	if (status == 0)
		check_reader(hub, &stream, reader);
	event_hub_free(hub);
	free(text);
	return 0;
}
