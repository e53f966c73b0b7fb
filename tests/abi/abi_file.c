/* SPDX-License-Identifier: MIT */
/* Who owns the file and its folders, who may write them, what kind of file it is. */
#include "abi.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/plugin.h"

#define STRANGER 54321u

struct place {
	char folder[64], path[96];
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	char folder[PATH_MAX];
	assert_non_null(place);
	scratch_make(folder);
	snprintf(place->folder, sizeof(place->folder), "%.63s", folder);
	snprintf(place->path, sizeof(place->path), "%s/good.so", place->folder);
	file_copy(GOOD, place->path, 0644);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	char link[128];
	snprintf(link, sizeof(link), "%s-link", place->folder); /* of test_link */
	unlink(link);
	scratch_remove(place->folder);
	free(place);
	return 0;
}

static void test_good(void **state)
{
	struct place *place = *state;
	accepted(place->path, "good");
	assert_int_equal(chmod(place->path, 0400), 0);
	accepted(place->path, "good");
}

/* Not by what the path looks like: by where it leads. */
static void test_relative(void **state)
{
	struct place *place = *state;
	char path[256], here[PATH_MAX];
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(place->folder), 0);
	accepted("good.so", "good");
	accepted("./good.so", "good");
	snprintf(path, sizeof(path), "../%s/./good.so", strrchr(place->folder, '/') + 1);
	accepted(path, "good");
	assert_int_equal(chmod(".", 0777), 0);
	refused("good.so", "its folder /");
	assert_int_equal(chdir(here), 0);
}

static void test_file_writable(void **state)
{
	struct place *place = *state;
	assert_int_equal(chmod(place->path, 0666), 0);
	refused(place->path, "it can be written by everyone (mode 0666)");
	assert_int_equal(chmod(place->path, 0664), 0);
	refused(place->path, "it can be written by its group (mode 0664)");
}

static void test_folder_writable(void **state)
{
	struct place *place = *state;
	assert_int_equal(chmod(place->folder, 0777), 0);
	refused(place->path, "its folder");
	refused(place->path, "can be written by everyone (mode 0777)");
	assert_int_equal(chmod(place->folder, 0770), 0);
	refused(place->path, "can be written by its group (mode 0770)");
	assert_int_equal(chmod(place->folder, 01777), 0); /* sticky: only the owner of an entry may replace it */
	accepted(place->path, "good");
}

/* A folder further up counts as well, and the message names that one. */
static void test_folder_above_writable(void **state)
{
	struct place *place = *state;
	char below[128], path[160], expect[256];
	snprintf(below, sizeof(below), "%s/below", place->folder);
	snprintf(path, sizeof(path), "%s/good.so", below);
	assert_int_equal(mkdir(below, 0755), 0);
	file_copy(GOOD, path, 0644);
	accepted(path, "good");
	assert_int_equal(chmod(place->folder, 0777), 0);
	snprintf(expect, sizeof(expect), "its folder %s can be written", place->folder);
	refused(path, expect);
}

static void test_link(void **state)
{
	struct place *place = *state;
	char link[128], folder[128], path[160];
	snprintf(link, sizeof(link), "%s/other.so", place->folder);
	assert_int_equal(symlink(place->path, link), 0);
	refused(link, "it is a symbolic link; give the file itself: '/tmp/");
	/* A link on the way is followed, and the folders it leads to count. */
	snprintf(folder, sizeof(folder), "%s-link", place->folder);
	snprintf(path, sizeof(path), "%s/good.so", folder);
	assert_int_equal(symlink(place->folder, folder), 0);
	accepted(path, "good");
	assert_int_equal(chmod(place->folder, 0777), 0);
	refused(path, "can be written by everyone");
}

static void test_kinds(void **state)
{
	struct place *place = *state;
	static const char text[] =
		"#!/bin/sh\necho this is not a plugin, only a text that is longer than an ELF header\n";
	file_write(place->path, text, sizeof(text) - 1, 0755);
	refused(place->path, "it is not an ELF file (83 bytes");
	file_write(place->path, "", 0, 0755);
	refused(place->path, "it is empty (0 bytes)");
	assert_int_equal(truncate(place->path, 65 << 20), 0);
	refused(place->path, "it has 68157440 bytes, a plugin at most 67108864");
	assert_int_equal(unlink(place->path), 0);
	refused(place->path, "there is no such file");
	assert_int_equal(mkdir(place->path, 0755), 0);
	refused(place->path, "it is a folder, not a file");
	assert_int_equal(rmdir(place->path), 0);
	assert_int_equal(mkfifo(place->path, 0600), 0);
	refused(place->path, "it is not a regular file (type 010000)"); /* and doesn't wait for a writer */
}

static void test_names(void **state)
{
	struct place *place = *state;
	char path[128], expect[256];
	snprintf(path, sizeof(path), "%s/good.txt", place->folder);
	file_copy(GOOD, path, 0644);
	refused(path, "a plugin's file is called NAME.so");
	snprintf(path, sizeof(path), "%s/better.so", place->folder);
	file_copy(GOOD, path, 0644);
	refused(path, "the plugin in it is called good; rename the file to good.so");
	snprintf(path, sizeof(path), "%s/nowhere/good.so", place->folder);
	snprintf(expect, sizeof(expect), "there is no such file; check '%s'", path);
	refused(path, expect);
	snprintf(path, sizeof(path), "%s/good.so/good.so", place->folder);
	refused(path, "it can't be opened: Not a directory");
}

static void test_owner(void **state)
{
	struct place *place = *state;
	if (geteuid())
		skip(); /* only root can give files away */
	assert_int_equal(chown(place->path, STRANGER, 0), 0);
	refused(place->path, "it belongs to user 54321, not to root");
	assert_int_equal(chown(place->path, 0, 0), 0);
	accepted(place->path, "good");
	assert_int_equal(chown(place->folder, STRANGER, 0), 0);
	refused(place->path, "belongs to user 54321");
	/* Sticky or not, its owner may replace what is in it. */
	assert_int_equal(chmod(place->folder, 01777), 0);
	refused(place->path, "belongs to user 54321");
}

static int run(const char *program, const char *argument)
{
	int status;
	pid_t child = fork();
	if (!child) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		execl(program, program, argument, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Who owns the program that runs could have put anything into it: his plugins are as good as it. */
static void test_owner_of_host(void **state)
{
	struct place *place = *state;
	char program[128];
	if (geteuid())
		skip();
	snprintf(program, sizeof(program), "%s/inspect", place->folder);
	file_copy(ABI_INSPECT, program, 0755);
	assert_int_equal(chown(place->path, STRANGER, 0), 0);
	assert_int_equal(run(program, place->path), 1);
	assert_int_equal(chown(program, STRANGER, 0), 0);
	assert_int_equal(run(program, place->path), 0);
	assert_int_equal(chown(place->path, STRANGER + 1, 0), 0);
	assert_int_equal(run(program, place->path), 1);
}

/* One that could not be read would be loaded by someone else's name. */
static void test_no_proc(void **state)
{
	struct place *place = *state;
	int status;
	if (geteuid())
		skip(); /* only root can hide /proc from itself */
	pid_t child = fork();
	if (!child) {
		char why[1024] = "";
		if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("none", "/proc", "tmpfs", 0, NULL))
			_exit(2);
		struct plugin *plugin = plugin_open(place->path, why, sizeof(why));
		_exit(!plugin && strstr(why, "/proc is not mounted here; mount -t proc proc /proc") ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 2)
		skip(); /* a container without CAP_SYS_ADMIN */
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_good),
		TEST(test_relative),
		TEST(test_file_writable),
		TEST(test_folder_writable),
		TEST(test_folder_above_writable),
		TEST(test_link),
		TEST(test_kinds),
		TEST(test_names),
		TEST(test_owner),
		TEST(test_owner_of_host),
		TEST(test_no_proc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
