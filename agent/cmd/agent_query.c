// SPDX-License-Identifier: Apache-2.0
#include "cmd/agent_query.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "io/server/http_client.h"

static void complain(const char *command, const char *address, int error)
{
	switch (error) {
	case -ENOENT:
	case -ECONNREFUSED:
		fprintf(stderr,
			"%s: no agent answers on %s: is one running (`trigon agent`), and with this "
			"--server-address?\n",
			command, address);
		return;
	case -EACCES:
		fprintf(stderr, "%s: %s is open to the agent's own user only: try again as that one (sudo)\n", command,
			address);
		return;
	case -ETIMEDOUT:
		fprintf(stderr, "%s: the agent on %s does not answer in time\n", command, address);
		return;
	case -EINVAL:
	case -ENAMETOOLONG:
		fprintf(stderr, "%s: \"%s\" is no address; write the path of the agent's socket, or HOST:PORT\n",
			command, address);
		return;
	case -EPROTO:
		fprintf(stderr, "%s: what answers on %s is no agent\n", command, address);
		return;
	default:
		fprintf(stderr, "%s: cannot ask the agent on %s: %s\n", command, address, strerror(-error));
	}
}

/* Errors are {"error":"..."}, or plain text. */
static void complain_of_status(const char *command, const struct http_client_answer *answer)
{
	json_auto_t *body = json_loadb(answer->body, answer->length, 0, NULL);
	const char *error = json_string_value(json_object_get(body, "error"));

	if (error)
		fprintf(stderr, "%s: the agent's answer: %s\n", command, error);
	else
		fprintf(stderr, "%s: the agent's answer has status %u\n", command, answer->status);
}

char *agent_query_text(const char *command, const char *address, const char *target, size_t *ret_length)
{
	_cleanup_(http_client_answer_done) struct http_client_answer answer = {0};
	int r = http_client_get(address, target, &answer);

	if (r < 0) {
		complain(command, address, r);
		return NULL;
	}
	if (answer.status != 200) {
		complain_of_status(command, &answer);
		return NULL;
	}
	*ret_length = answer.length;
	return TAKE_PTR(answer.body);
}

json_t *agent_query(const char *command, const char *address, const char *target)
{
	size_t length;
	_cleanup_free_ char *text = agent_query_text(command, address, target, &length);
	json_t *answer = text ? json_loadb(text, length, 0, NULL) : NULL;

	if (text && !answer)
		fprintf(stderr, "%s: the agent's answer: it is no JSON\n", command);
	return answer;
}

const char *agent_query_string(const json_t *object, const char *key)
{
	const char *string = json_string_value(json_object_get(object, key));

	return string ? string : "";
}

bool agent_query_refusal(const char *command, const char *address, const char *target)
{
	_cleanup_(http_client_answer_done) struct http_client_answer answer = {0};
	int r = http_client_get_refusal(address, target, &answer);

	if (r == -EPROTO)
		return false;
	if (r < 0)
		complain(command, address, r);
	else
		complain_of_status(command, &answer);
	return true;
}

/* A relative path counts from the agent's own directory. */
char *agent_query_path(const json_t *status, const char *path)
{
	char *found;
	int length;

	if (*path == '/')
		return strdup(path);
	length = asprintf(&found, "/proc/%" JSON_INTEGER_FORMAT "/cwd/%s",
			  json_integer_value(json_object_get(status, "pid")), path);
	return length < 0 ? NULL : found;
}

char *agent_query_log_path(const json_t *status)
{
	const char *path = json_string_value(json_object_get(json_object_get(status, "log"), "path"));

	return path && strcmp(path, "-") != 0 ? agent_query_path(status, path) : NULL;
}

char *agent_query_encode(const char *text)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	size_t length = strlen(text);
	char *encoded = malloc(3 * length + 1), *at = encoded;

	if (!encoded)
		return NULL;
	for (; *text; text++) {
		if (strchr(unreserved, *text))
			*at++ = *text;
		else
			at += snprintf(at, 4, "%%%02X", (unsigned char)*text);
	}
	*at = '\0';
	return encoded;
}
