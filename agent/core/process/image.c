// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <string.h>

#include "base/pool.h"
#include "core/process/process.h"

static struct pool images;

/* Copies `string` to *at, which moves on. */
static struct bytes image_store(char **at, struct bytes string)
{
	struct bytes copy = {*at, string.length};

	if (string.length)
		memcpy(*at, string.data, string.length);
	*at += string.length;
	return copy;
}

struct image *image_new(const struct image *fields, struct bytes cwd, struct bytes binary, struct bytes arguments)
{
	struct image *image = pool_take(&images, sizeof(*image) + cwd.length + binary.length + arguments.length);
	char *at;

	if (!image)
		return NULL;
	*image = *fields;
	image->ref_count = 1;
	at = (char *)(image + 1);
	image->cwd = image_store(&at, cwd);
	image->binary = image_store(&at, binary);
	image->arguments = image_store(&at, arguments);
	return image;
}

struct image *image_ref(struct image *image)
{
	if (image) {
		assert(image->ref_count > 0);
		image->ref_count++;
	}
	return image;
}

struct image *image_unref(struct image *image)
{
	if (image) {
		assert(image->ref_count > 0);
		if (--image->ref_count == 0)
			pool_give(&images, image, image_size(image));
	}
	return NULL;
}

size_t image_size(const struct image *image)
{
	return sizeof(*image) + image->cwd.length + image->binary.length + image->arguments.length;
}
