// SPDX-License-Identifier: Apache-2.0
#include "core/process/container_id.h"

#include <stdlib.h>

#include "base/util.h"
#include "core/process/pod_uid.h"
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
	/* in a pod, its container; else the innermost, except below a Sysbox container */
	{"/kubepods.slice/" POD "/cri-containerd-" ID64 ".scope/docker/" OTHER64, ID},
	{"/kubepods/pod6d2a4f3e-1b2c-4d5e-8f90-0a1b2c3d4e5f/" ID64 "/pod0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f1/" OTHER64,
	 ID},
	{"/docker/" OTHER64 "/docker/" ID64, ID},
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
static bool identify(const char *path, char ret_id[static CONTAINER_ID_LENGTH + 1], struct pod_uid *ret_pod)
{
	size_t length = strlen(path);
	_cleanup_free_ char *copy = malloc(length ? length : 1);

	if (!copy)
		return false;
	memcpy(copy, path, length);
	return container_id_from_cgroup((struct bytes){copy, length}, ret_id, ret_pod);
}

static void test_paths(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char id[CONTAINER_ID_LENGTH + 1] = "unset";
		struct pod_uid pod;

		CHECK_EQ(identify(cases[i].path, id, &pod), cases[i].wanted[0] != '\0');
		CHECK_STR(id, cases[i].wanted);
		if (!test_is_ok) {
			printf("  path %s\n", cases[i].path);
			break;
		}
	}
}

#define UID "6d2a4f3e-1b2c-4d5e-8f90-0a1b2c3d4e5f"
#define UID_SLICE "pod6d2a4f3e_1b2c_4d5e_8f90_0a1b2c3d4e5f.slice"
#define OTHER_UID "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f1"
#define STATIC_UID "9b1dcf4f2c6d3e8a7b5c0d1e2f3a4b5c"
#define CRI "/cri-containerd-" ID64 ".scope"

/* The kubelet's paths: cgroup v2, and v1 of any controller, whose paths are the same. */
static const struct {
	const char *path;
	const char *wanted; /* UID as the API server has it; NULL: none */
} pod_cases[] = {
	/* systemd driver: burstable, best effort, guaranteed (which has no level of its own) */
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" UID_SLICE CRI, UID},
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-" UID_SLICE CRI, UID},
	{"/kubepods.slice/kubepods-" UID_SLICE CRI, UID},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" UID_SLICE "/crio-" ID64 ".scope", UID},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" UID_SLICE "/crio-" ID64 ".scope/container",
	 UID},
	{"/kubepods.slice/kubepods-" UID_SLICE "/docker-" ID64 ".scope", UID},
	/* containerd with the driver cgroupfs below a kubelet with systemd's: `slice:prefix:name` is one component */
	{"/system.slice/containerd.service/kubepods-burstable-" UID_SLICE ":cri-containerd:" ID64, UID},
	{"/kubepods-besteffort-" UID_SLICE ":cri-containerd:" ID64, UID},
	/* cgroupfs driver */
	{"/kubepods/burstable/pod" UID "/" ID64, UID},
	{"/kubepods/besteffort/pod" UID "/" ID64, UID},
	{"/kubepods/pod" UID "/" ID64, UID},
	{"/kubepods/pod" UID "/crio-" ID64, UID},
	{"/k8s/kubepods/burstable/pod" UID "/" ID64, UID}, /* --cgroup-root */
	/* static pods */
	{"/kubepods/burstable/pod" STATIC_UID "/" ID64, STATIC_UID},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" STATIC_UID ".slice" CRI, STATIC_UID},
	/* kind: a node is a container of the machine's Docker */
	{"/docker/" OTHER64 "/kubelet/kubepods/burstable/pod" UID "/" ID64, UID},
	{"/system.slice/docker-" OTHER64 ".scope/kubelet.slice/kubelet-kubepods.slice/"
	 "kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-" UID_SLICE CRI,
	 UID},
	{"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-" UID_SLICE CRI, UID},
	/* kind in a pod, Docker in a pod, deeper than the container; what looks like another pod's */
	{"/kubepods/pod" UID "/" ID64 "/kubelet/kubepods/pod" OTHER_UID "/" OTHER64, UID},
	{"/docker/" OTHER64 "/kubelet/kubepods/pod" UID "/" ID64 "/kubepods/pod" OTHER_UID "/" OTHER64, UID},
	{"/kubepods.slice/kubepods-" UID_SLICE CRI "/kubepods.slice/kubepods-pod" STATIC_UID ".slice/crio-" OTHER64
	 ".scope/container",
	 UID},
	{"/kubepods/pod" UID "/" OTHER64 "/docker/" ID64, UID},
	{"/kubepods/pod" UID "/" ID64 "/system.slice/nginx.service", UID},
	{"/kubepods/pod" UID "/" ID64 "/syscont-cgroup-root/kubepods/pod" OTHER_UID "/" OTHER64, UID},
	/* a pod's cgroup inside of the container does not count, nor one without a container */
	{"/kubepods/pod" UID "/" ID64 "/kubepods/pod" OTHER_UID, UID},
	{"/docker/" ID64 "/kubelet/kubepods/pod" UID, NULL},
	{"/kubepods/pod" UID, NULL},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" UID_SLICE, NULL},
	{"/kubepods.slice/kubepods-" UID_SLICE "/crio-conmon-" ID64 ".scope", NULL},
	/* no pod */
	{"/docker/" ID64, NULL},
	{"/machine.slice/libpod_pod_" OTHER64 ".slice/libpod-" ID64 ".scope/container", NULL},
	/* one thing wrong */
	{"/kubepods/pods" UID "/" ID64, NULL},
	{"/kubepods/" UID "/" ID64, NULL},
	{"/kubepods/pod" UID "0/" ID64, NULL},
	{"/kubepods/pod6d2a4f3e-1b2c-4d5e-8f90-0a1b2c3d4e5/" ID64, NULL},
	{"/kubepods/pod6d2a4f3e-1b2c-4d5e-8f90_0a1b2c3d4e5f/" ID64, NULL},
	{"/kubepods/pod6d2a4f3e.1b2c.4d5e.8f90.0a1b2c3d4e5f/" ID64, NULL},
	{"/kubepods/pod6d2a4f3e-1b2c-4d5e-8f90-0a1b2c3d4e5g/" ID64, NULL},
	{"/kubepods/pod6D2A4F3E-1B2C-4D5E-8F90-0A1B2C3D4E5F/" ID64, NULL},
	{"/kubepods/pod00000000-0000-0000-0000-000000000000/" ID64, NULL},
	{"/kubepods/pod" STATIC_UID "0/" ID64, NULL},
	{"/kubepods.slice/kubepods-xpod6d2a4f3e_1b2c_4d5e_8f90_0a1b2c3d4e5f.slice" CRI, NULL},
	{"/kubepods.slice/kubepods-" UID_SLICE "s" CRI, NULL},
};

static void test_pods(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(pod_cases); i++) {
		const char *text = pod_cases[i].wanted;
		struct pod_uid pod, wanted = {0};
		char id[CONTAINER_ID_LENGTH + 1];

		memset(&pod, 0x5a, sizeof(pod));
		if (text)
			CHECK(pod_uid_parse((struct bytes){text, strlen(text)}, &wanted));
		identify(pod_cases[i].path, id, &pod);
		CHECK(pod_uid_is_equal(&pod, &wanted));
		if (!test_is_ok) {
			printf("  path %s\n", pod_cases[i].path);
			break;
		}
	}
}

static void test_any_bytes(void)
{
	char id[CONTAINER_ID_LENGTH + 1];
	struct pod_uid pod;

	CHECK(!container_id_from_cgroup((struct bytes){"\0\xff/-:", 5}, id, &pod));
	CHECK(!container_id_from_cgroup((struct bytes){NULL, 0}, id, &pod));
	CHECK(!container_id_from_cgroup((struct bytes){"////", 4}, id, &pod));
	CHECK(!pod_uid_is_set(&pod));
}

static struct bytes text(const char *string)
{
	return (struct bytes){string, strlen(string)};
}

static void test_of_cgroup(void)
{
	static const char *const containers[] = {
		"/kubepods/burstable/pod6d2a4f3e-1b2c-4d5e-8f90-0a1b2c3d4e5f/" ID64,
		"/kubepods.slice/" POD "/cri-containerd-" ID64 ".scope",
		"/system.slice/containerd.service/" POD ":cri-containerd:" ID64,
	};
	static const char *const others[] = {"",
					     "/",
					     "/kubepods.slice/" POD,
					     "/" POD "/" ID64 "/init.scope",
					     "/" POD "/crio-conmon-" ID64 ".scope",
					     "/" ID};
	char id[CONTAINER_ID_DIGITS + 1];
	struct pod_uid pod, none = {0};

	for (size_t i = 0; i < ARRAY_SIZE(containers); i++) {
		pod = none;
		CHECK(container_id_of_cgroup(text(containers[i]), id));
		CHECK_STR(id, ID64);
		CHECK(pod_from_cgroup(text(containers[i]), &pod));
		CHECK(pod_uid_is_set(&pod));
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		CHECK(!container_id_of_cgroup(text(others[i]), id));
	CHECK(pod_from_cgroup(text("/kubepods.slice/kubepods-burstable.slice/" POD), &pod));
	CHECK(pod_from_cgroup(text("/" POD "/" ID64 "/init.scope"), &pod));
	pod = none;
	CHECK(pod_from_cgroup(text("/kubepods/pod" UID "/" ID64 "/kubepods/pod" OTHER_UID), &pod));
	CHECK(pod_uid_parse(text(UID), &none) && pod_uid_is_equal(&pod, &none));
	CHECK(!pod_from_cgroup(text("/system.slice/ssh.service"), &pod));
	CHECK(!pod_from_cgroup(text("/kubepods.slice/kubepods-burstable.slice"), &pod));
}

int main(void)
{
	RUN(test_paths);
	RUN(test_pods);
	RUN(test_any_bytes);
	RUN(test_of_cgroup);
	return test_end();
}
