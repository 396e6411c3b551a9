// SPDX-License-Identifier: Apache-2.0
#include "io/policy/policy_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../unit/test.h"
#include "base/util.h"

static char folder[] = "/tmp/test_policy_dir.XXXXXX";
static struct policy_dir *dir;
static struct policy_dir_list list;

/* A name below the folder; the last few stay valid. */
static const char *in(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(in(name), "w");

	CHECK(file);
	if (!file)
		return;
	fputs(text, file);
	fclose(file);
}

static void list_again(void)
{
	policy_dir_list_done(&list);
	CHECK_EQ(policy_dir_list(dir, &list), 0);
}

/* Names below the folder, with a blank behind each. */
static void check_names(const char *wanted)
{
	char names[4096] = "";

	for (size_t i = 0; i < list.count; i++) {
		strncat(names, list.files[i].path + strlen(folder) + 1, sizeof(names) - strlen(names) - 1);
		strncat(names, " ", sizeof(names) - strlen(names) - 1);
	}
	CHECK_STR(names, wanted);
}

static const struct policy_dir_file *find(const char *name)
{
	static const struct policy_dir_file none;

	for (size_t i = 0; i < list.count; i++)
		if (strcmp(list.files[i].path, in(name)) == 0)
			return &list.files[i];
	CHECK(!name);
	return &none;
}

static void remove_all(void)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "chmod -R u+rwX %s/ && rm -rf %s/*", folder, folder);
	CHECK_EQ(system(command), 0);
}

static void make_socket(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", in(name));
	CHECK_EQ(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void test_names(void)
{
	write_file("b.yaml", "b");
	write_file("a.yml", "a");
	write_file("c.json", "c");
	write_file(".hidden.yaml", "no");
	write_file("c.json~", "no");
	write_file("yaml", "no");
	CHECK_EQ(mkdir(in("below"), 0700), 0);
	CHECK_EQ(mkdir(in("below/again"), 0700), 0);
	write_file("below/d.yaml", "d");
	write_file("below/again/e.yaml", "no");
	CHECK_EQ(mkdir(in("f.yaml"), 0700), 0); /* what a directory is called says nothing */
	write_file("f.yaml/g.yaml", "g");
	list_again();
	check_names("a.yml b.yaml below/d.yaml c.json f.yaml/g.yaml ");
	remove_all();
}

static void test_content(void)
{
	uint64_t before;

	write_file("a.yaml", "one");
	list_again();
	before = find("a.yaml")->content;
	write_file("a.yaml", "two");
	list_again();
	CHECK(find("a.yaml")->content != before);
	write_file("a.yaml", "one");
	list_again();
	CHECK(find("a.yaml")->content == before);
	remove_all();
}

/* What cannot be a policy is not there. */
static void test_no_file(void)
{
	struct policy_dir_file file;

	CHECK_EQ(symlink("nothing", in("dangling.yaml")), 0);
	CHECK_EQ(symlink("loop.yaml", in("loop.yaml")), 0);
	CHECK_EQ(mkfifo(in("fifo.yaml"), 0600), 0);
	CHECK_EQ(symlink("/dev/null", in("device.yaml")), 0);
	make_socket("socket.yaml");
	write_file("real", "x");
	CHECK_EQ(symlink("real", in("link.yaml")), 0);
	list_again();
	check_names("link.yaml ");
	CHECK_EQ(policy_dir_stat(in("dangling.yaml"), &file), -ENOENT);
	CHECK_EQ(policy_dir_stat(in("loop.yaml"), &file), -ENOENT);
	CHECK_EQ(policy_dir_stat(in("fifo.yaml"), &file), -ENOENT);
	CHECK_EQ(policy_dir_stat(in("socket.yaml"), &file), -ENOENT);
	remove_all();
}

static void test_no_directory(void)
{
	struct policy_dir_list none = {0};
	struct policy_dir *missing = NULL;

	CHECK_EQ(policy_dir_open(in("missing"), &missing), 0);
	CHECK_EQ(policy_dir_list(missing, &none), -ENOENT);
	policy_dir_close(missing);
}

/* A file that may not be read is one all the same: nobody deleted it. */
static void test_unreadable_file(void)
{
	struct policy_dir_file file = {0};
	uint64_t before;

	write_file("a.yaml", "a");
	write_file("b.yaml", "b");
	list_again();
	before = find("b.yaml")->content;
	CHECK_EQ(chmod(in("b.yaml"), 0), 0);
	list_again();
	check_names("a.yaml b.yaml ");
	CHECK_EQ(find("a.yaml")->error, 0);
	CHECK_EQ(find("b.yaml")->error, -EACCES);
	CHECK(!find("b.yaml")->is_directory);
	CHECK_EQ(policy_dir_stat(in("b.yaml"), &file), 0);
	CHECK_EQ(file.error, -EACCES);
	free(file.path);
	CHECK_EQ(chmod(in("b.yaml"), 0600), 0);
	list_again();
	CHECK_EQ(find("b.yaml")->error, 0);
	CHECK(find("b.yaml")->content == before);
	remove_all();
}

static void test_unreadable_directory(void)
{
	CHECK_EQ(mkdir(in("lost+found"), 0700), 0);
	write_file("lost+found/a.yaml", "a");
	write_file("lost.yaml", "b");
	CHECK_EQ(chmod(in("lost+found"), 0), 0);
	list_again();
	check_names("lost+found lost.yaml ");
	CHECK(find("lost+found")->is_directory);
	CHECK_EQ(find("lost+found")->error, -EACCES);
	CHECK(policy_dir_list_hides(&list, in("lost+found/a.yaml")));
	CHECK(!policy_dir_list_hides(&list, in("lost.yaml")));
	CHECK(!policy_dir_list_hides(&list, in("lost+founded/a.yaml")));
	remove_all();
}

/* Without a free fd nobody knows what is there. */
static void test_no_fd(void)
{
	struct policy_dir_list none = {0};
	struct policy_dir_file file;
	struct rlimit before, now;
	int next = dup(0);

	write_file("a.yaml", "a");
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
	close(next);
	for (int more = 0; more < 2; more++) { /* none at all, then one for the directory only */
		now = (struct rlimit){.rlim_cur = (rlim_t)(next + more), .rlim_max = before.rlim_max};
		CHECK_EQ(setrlimit(RLIMIT_NOFILE, &now), 0);
		CHECK_EQ(policy_dir_list(dir, &none), more ? 0 : -EMFILE);
		if (more) /* the directory is closed before its files are opened */
			policy_dir_list_done(&none);
		else
			CHECK_EQ(policy_dir_stat(in("a.yaml"), &file), -EMFILE);
	}
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
	remove_all();
}

/* The first ones by name, whatever the order in the directory. */
static void test_too_many(void)
{
	char name[32], last[32];

	for (int i = POLICY_FILES_MAX + 2; i >= 0; i--) {
		snprintf(name, sizeof(name), "%05d.yaml", i);
		write_file(name, name);
	}
	list_again();
	CHECK_EQ(list.count, POLICY_FILES_MAX);
	CHECK_EQ(list.left_out, 3);
	snprintf(last, sizeof(last), "%05d.yaml", POLICY_FILES_MAX - 1);
	CHECK_STR(list.files[0].path, in("00000.yaml"));
	CHECK_STR(list.files[POLICY_FILES_MAX - 1].path, in(last));
	remove_all();
}

/* Word comes of a change in the directory, and in one below. */
static void test_watch(void)
{
	struct pollfd polled = {.fd = policy_dir_fd(dir), .events = POLLIN};

	CHECK_EQ(mkdir(in("below"), 0700), 0);
	list_again();
	policy_dir_drain(dir);
	CHECK_EQ(poll(&polled, 1, 0), 0);
	write_file("below/a.yaml", "a");
	CHECK_EQ(poll(&polled, 1, 1000), 1);
	policy_dir_drain(dir);
	CHECK_EQ(poll(&polled, 1, 0), 0);
	CHECK_EQ(chmod(in("below/a.yaml"), 0), 0);
	CHECK_EQ(poll(&polled, 1, 1000), 1);
	remove_all();
}

int main(void)
{
	/* root may read everything */
	if (!mkdtemp(folder) || (geteuid() == 0 && (chown(folder, 65534, 65534) < 0 || seteuid(65534) < 0)))
		return 1;
	if (policy_dir_open(folder, &dir) < 0)
		return 1;
	RUN(test_names);
	RUN(test_content);
	RUN(test_no_file);
	RUN(test_no_directory);
	RUN(test_unreadable_file);
	RUN(test_unreadable_directory);
	RUN(test_no_fd);
	RUN(test_too_many);
	RUN(test_watch);
	policy_dir_list_done(&list);
	policy_dir_close(dir);
	rmdir(folder);
	if (seteuid(getuid()) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0) /* for the search for leaks */
		return 1;
	return test_end();
}
