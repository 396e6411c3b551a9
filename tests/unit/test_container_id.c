// SPDX-License-Identifier: Apache-2.0
#include "core/process/container_id.h"

#include <stdlib.h>

#include "base/util.h"
#include "test.h"

#define ID "551e161c47d8ff0eb665438a7bcd5b4"
#define ID64 ID "0b1e2d3c4f5a69788796a5b4c3d2e1f00"
#define OTHER "0123456789abcdef0123456789abcde"
#define OTHER64 OTHER "ffedcba9876543210fedcba9876543210"
#define POD "kubepods-burstable-pod6d2a4f3e_1b2c_4d5e_8f90_0a1b2c3d4e5f.slice"
_Static_assert(sizeof(ID64) - 1 == 64 && sizeof(OTHER64) - 1 == 64, "ids are 64 digits");

static const struct {
	const char *path;
	const char *wanted;
} cases[] = {
	/* container runtimes and cgroup drivers */
	{"/kubepods.slice/kubepods-burstable.slice/" POD "/cri-containerd-" ID64 ".scope", ID},
	{"/kubepods.slice/kubepods-burstable.slice/" POD "/crio-" ID64 ".scope", ID},
	{"/kubepods.slice/kubepods-burstable.slice/" POD "/docker-" ID64 ".scope", ID},
	{"/kubepods/burstable/pod6d2a4f3e-1b2c-4d5e-8f90-0a1b2c3d4e5f/" ID64, ID},
	{"/system.slice/containerd.service/" POD ":cri-containerd:" ID64, ID},
	{"/docker/" ID64, ID},
	{"/system.slice/docker-" ID64 ".scope", ID},
	{"/machine.slice/libpod-" ID64 ".scope/container", ID},
	{"/machine.slice/libpod-" ID64 ".scope", ID},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID64 ".scope/container", ID},
	{"/libpod_parent/libpod-" ID64, ID},
	{"/kubepods.slice/" POD "/crio-" ID64 ".scope/container", ID},
	{ID64, ID},
	{"cri-containerd-" ID64 ".scope", ID},
	{"/docker/" ID64 "/", ID},
	/* deeper than the container's cgroup */
	{"/kubepods.slice/" POD "/cri-containerd-" ID64 ".scope/init.scope", ID},
	{"/kubepods.slice/" POD "/cri-containerd-" ID64 ".scope/system.slice/nginx.service", ID},
	/* the innermost counts, except below a Sysbox container */
	{"/docker/" OTHER64 "/kubelet.slice/" POD "/cri-containerd-" ID64 ".scope", ID},
	{"/docker/" ID64 "/syscont-cgroup-root/init.scope", ID},
	{"/kubepods.slice/" POD "/crio-" ID64 ".scope/syscont-cgroup-root/docker/" OTHER64, ID},
	/* cut by the kernel's 128-byte buffer: 127 characters and not one less */
	{POD "_a_longer_name_x:cri-containerd:" ID, ID},
	/* of the host */
	{"", ""},
	{"/", ""},
	{"/init.scope", ""},
	{"/system.slice/ssh.service", ""},
	{"/user.slice/user-1000.slice/session-429.scope", ""},
	{"/user.slice/user-1000000000000000000000000000000000000000000000000000000000000000.slice", ""},
	{"/user.slice/user-1000.slice", ""},
	{"/kubepods.slice/kubepods-burstable.slice/" POD, ""},
	{"/kubepods/besteffort/pod0123456789abcdef0123456789abcdef", ""},
	{"/system.slice/" ID64 ".service", ""},
	{"/system.slice/" ID64 "-5d1f2c3b4a596877.service", ""},
	{"/docker/buildkit/x1b2c3d4e5f6g7h8i9j0k1l2m", ""},
	/* one thing wrong */
	{"/docker/" ID, ""},
	{"/docker/" ID "0b1e2d3c4f5a69788796a5b4c3d2e1f0", ""}, /* 63 */
	{"/docker/551E161C47D8FF0EB665438A7BCD5B40b1e2d3c4f5a69788796a5b4c3d2e1f00", ""},
	{"/docker/" ID64 "x", ""},
	{"/docker/x" ID64, ""},
	{"/docker-" ID64 ".mount", ""},
	{"/docker-" ID64 ".scopes", ""},
	{"/docker-" ID64 ".", ""},
	{"/docker/" ID64 "_1", ""},
	{"docker-" ID64 ":", ""},
	{"/kubepods.slice/" POD "/crio-conmon-" ID64 ".scope", ""},
	{"/machine.slice/libpod-conmon-" ID64 ".scope", ""},
	{POD "_a_longer_name_:cri-containerd:" ID, ""},
};

/* An exact allocation, so that a sanitizer sees a read beyond the end. */
static bool identify(const char *path, char ret_id[static CONTAINER_ID_LENGTH + 1])
{
	size_t length = strlen(path);
	_cleanup_free_ char *copy = malloc(length ? length : 1);

	if (!copy)
		return false;
	memcpy(copy, path, length);
	return container_id_from_cgroup((struct bytes){copy, length}, ret_id);
}

static void test_paths(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char id[CONTAINER_ID_LENGTH + 1] = "unset";

		CHECK_EQ(identify(cases[i].path, id), cases[i].wanted[0] != '\0');
		CHECK_STR(id, cases[i].wanted);
		if (!test_is_ok) {
			printf("  path %s\n", cases[i].path);
			break;
		}
	}
}

static void test_any_bytes(void)
{
	char id[CONTAINER_ID_LENGTH + 1];

	CHECK(!container_id_from_cgroup((struct bytes){"\0\xff/-:", 5}, id));
	CHECK(!container_id_from_cgroup((struct bytes){NULL, 0}, id));
	CHECK(!container_id_from_cgroup((struct bytes){"////", 4}, id));
}

int main(void)
{
	RUN(test_paths);
	RUN(test_any_bytes);
	return test_end();
}
