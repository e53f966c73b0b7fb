/* SPDX-License-Identifier: MIT */
#include "abi.h"

#include <ctype.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/plugin.h"

void scratch_make(char *path)
{
	strcpy(path, "/tmp/eunomia-abi-XXXXXX");
	assert_non_null(mkdtemp(path));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void scratch_remove(const char *path)
{
	assert_int_equal(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void file_write(const char *path, const void *bytes, size_t size, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

uint8_t *file_read(const char *path, size_t *size)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	*size = (size_t)st.st_size;
	uint8_t *bytes = malloc(*size);
	assert_non_null(bytes);
	assert_int_equal(read(fd, bytes, *size), *size);
	close(fd);
	return bytes;
}

void file_copy(const char *from, const char *to, mode_t mode)
{
	size_t size;
	uint8_t *bytes = file_read(from, &size);
	file_write(to, bytes, size, mode);
	free(bytes);
}

static bool something_ran(void)
{
	char name[16];
	prctl(PR_GET_NAME, name);
	return !strcmp(name, "plugin ran");
}

void refused(const char *path, const char *expect)
{
	char why[1024] = "";
	prctl(PR_SET_NAME, "abi test");
	struct plugin *plugin = plugin_open(path, why, sizeof(why));
	if (plugin)
		fail_msg("%s was accepted", path);
	size_t len = strlen(path);
	if (strncmp(why, path, len) || strncmp(why + len, ": ", 2) || !strstr(why + len, expect) || !strstr(why, "; "))
		fail_msg("expected '%s' in: %s", expect, why);
	for (const char *p = why; *p; p++)
		if (iscntrl((unsigned char)*p))
			fail_msg("a control byte in: %s", why);
	if (something_ran())
		fail_msg("something of %s ran", path);
}

void accepted(const char *path, const char *name)
{
	char why[1024] = "";
	struct plugin *plugin = plugin_open(path, why, sizeof(why));
	if (!plugin)
		fail_msg("%s", why);
	assert_string_equal(plugin->abi.name, name);
	plugin_close(plugin);
}
