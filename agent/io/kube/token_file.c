// SPDX-License-Identifier: Apache-2.0
#include "io/kube/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "io/file/read_file.h"

#define TOKEN_MAX 16384

/* Once, until it can be read again. */
static void miss(struct token_file *token, const char *path, const char *why)
{
	if (token->is_missed)
		return;
	token->is_missed = true;
	log_error("cannot read a token for the API server from %s: %s; %s until it is there", path, why,
		  token->text ? "the one read before is used" : "requests go without");
}

static void read_again(struct token_file *token, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	ssize_t length;

	if (fd < 0) {
		miss(token, path, strerror(errno));
		return;
	}
	text = calloc(1, TOKEN_MAX + 1);
	length = text ? read_file(fd, text, TOKEN_MAX) : -ENOMEM;
	while (length > 0 && strchr(" \t\r\n", text[length - 1]))
		text[--length] = '\0';
	if (length <= 0) {
		miss(token, path, length ? strerror((int)-length) : "it is empty");
		return;
	}
	token->is_missed = false;
	free(token->text);
	token->text = TAKE_PTR(text);
}

const char *token_file_get(struct token_file *token, const char *path, uint64_t now_ns)
{
	if (!token->text || !token->read_ns || now_ns - token->read_ns > TOKEN_FILE_AGE_NS) {
		token->read_ns = now_ns;
		read_again(token, path);
	}
	return token->text;
}

void token_file_expire(struct token_file *token)
{
	token->read_ns = 0;
}

void token_file_done(struct token_file *token)
{
	free(token->text);
	*token = (struct token_file){0};
}
