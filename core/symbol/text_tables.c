/* SPDX-License-Identifier: MIT */
#include "text_tables.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "root.h"

#define PERF_MAP_MAX (64 << 20)
#define LINE_NAME_MAX 1024

int kallsyms_read(struct symtab *table)
{
	char *line = NULL;
	size_t room = 0;
	uint64_t any = 0;
	int err = 0;
	FILE *f = fopen("/proc/kallsyms", "re");
	if (!f)
		return -errno;
	for (ssize_t n; !err && (n = getline(&line, &room, f)) > 0;) {
		char *end, *name;
		uint64_t address = strtoull(line, &end, 16);
		if (end[0] != ' ' || !end[1] || !strchr("tTwW", end[1]) || end[2] != ' ')
			continue;
		name = end + 3;
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		for (char *p = name; *p; p++) /* the module's name stands behind a tab */
			if (*p == '\t')
				*p = ' ';
		any |= address;
		err = symtab_add(table, address, 0, name, strlen(name), (uint32_t)isupper((unsigned char)end[1]));
	}
	free(line);
	fclose(f);
	if (!err && !any)
		return -EPERM;
	symtab_finish(table);
	return err;
}

/* The pid in the innermost namespace, and the effective user. */
static int identity(uint32_t pid, uint32_t *inner, uid_t *uid)
{
	char path[32], line[256];
	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return -errno;
	int found = 0;
	while (fgets(line, sizeof(line), f)) {
		char *last = strrchr(line, '\t');
		if (!strncmp(line, "NSpid:", 6) && last) {
			*inner = (uint32_t)strtoul(last, NULL, 10);
			found |= 1;
		} else if (!strncmp(line, "Uid:", 4) && sscanf(line, "Uid: %*u %u", uid) == 1) {
			found |= 2;
		}
	}
	fclose(f);
	return found == 3 ? 0 : -ENOENT;
}

static int perf_line(struct symtab *table, char *line)
{
	char *end, *name;
	if (!isxdigit((unsigned char)*line))
		return 0;
	uint64_t address = strtoull(line, &end, 16);
	if (*end != ' ' || !isxdigit((unsigned char)end[1]))
		return 0;
	uint64_t size = strtoull(end + 1, &name, 16);
	if (*name != ' ' || !name[1] || !size || address + size < address)
		return 0;
	return symtab_add(table, address, size, name + 1, strnlen(name + 1, LINE_NAME_MAX), 0);
}

int perf_map_read(struct symtab *table, uint32_t pid)
{
	uint32_t inner = 0;
	uid_t uid = 0;
	struct stat st;
	char path[48], *line = NULL;
	size_t room = 0;
	int err = identity(pid, &inner, &uid);
	int root = err ? err : root_of(pid);
	if (root < 0)
		return root;
	snprintf(path, sizeof(path), "tmp/perf-%u.map", inner);
	int fd = root_open_nofollow(root, path);
	close(root);
	if (fd < 0)
		return fd;
	FILE *f = NULL;
	if (fstat(fd, &st) || (st.st_uid && st.st_uid != uid) || st.st_mode & (S_IWGRP | S_IWOTH))
		err = -EPERM;
	else if (st.st_size > PERF_MAP_MAX)
		err = -EFBIG;
	else if (!(f = fdopen(fd, "r")))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	/* it may grow while it is read: by its size when it was looked at */
	off_t left = st.st_size;
	for (ssize_t n; !err && left > 0 && (n = getline(&line, &room, f)) > 0; left -= n) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		err = perf_line(table, line);
	}
	free(line);
	fclose(f);
	symtab_finish(table);
	return err;
}
