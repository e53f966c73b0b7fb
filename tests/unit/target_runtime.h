/* SPDX-License-Identifier: MIT */
/* For the tests of core/target/runtime*: what was told, kept; and trees of files below a folder of the test's own. */
#ifndef TESTS_UNIT_TARGET_RUNTIME_H
#define TESTS_UNIT_TARGET_RUNTIME_H

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "target/runtime.h"

#define TOLD_MAX 64

/* "id name image runtime pod namespace cgroup pid", "-" for what is not known. */
struct told {
	char lines[TOLD_MAX][2048];
	size_t n;
};

static const char *or_none(const char *text)
{
	return text ? text : "-";
}

__attribute__((unused)) static void tell(void *context, const struct container_info *i)
{
	struct told *told = context;
	assert_true(told->n < TOLD_MAX);
	snprintf(told->lines[told->n++], sizeof(told->lines[0]), "%s %s %s %s %s %s %s %u", i->id, or_none(i->name),
		 or_none(i->image), or_none(i->runtime), or_none(i->pod), or_none(i->pod_namespace), or_none(i->cgroup),
		 i->pid);
}

__attribute__((unused)) static bool was_told(const struct told *told, const char *line)
{
	for (size_t i = 0; i < told->n; i++)
		if (!strcmp(told->lines[i], line))
			return true;
	return false;
}

struct tree {
	char root[64];
};

__attribute__((unused)) static int tree_make(void **state)
{
	struct tree *tree = malloc(sizeof(*tree));
	strcpy(tree->root, "/tmp/eun-runtime-XXXXXX");
	*state = tree;
	return mkdtemp(tree->root) ? 0 : -1;
}

static int tree_drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

__attribute__((unused)) static int tree_remove(void **state)
{
	struct tree *tree = *state;
	nftw(tree->root, tree_drop, 16, FTW_DEPTH | FTW_PHYS);
	free(tree);
	return 0;
}

static const char *tree_path(const struct tree *tree, const char *path)
{
	static char full[PATH_MAX];
	assert_true((size_t)snprintf(full, sizeof(full), "%s%s", tree->root, path) < sizeof(full));
	return full;
}

/* The folders above a path. */
static void tree_folders(const struct tree *tree, const char *path)
{
	char full[PATH_MAX];
	strcpy(full, tree_path(tree, path));
	for (char *slash = strchr(full + strlen(tree->root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(!mkdir(full, 0755) || errno == EEXIST);
		*slash = '/';
	}
}

__attribute__((unused)) static void tree_write(const struct tree *tree, const char *path, const char *text)
{
	tree_folders(tree, path);
	FILE *f = fopen(tree_path(tree, path), "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

/* As runc and docker do it: whole, under a name of its own, then renamed. */
__attribute__((unused)) static void tree_replace(const struct tree *tree, const char *path, const char *text)
{
	char temporary[PATH_MAX], from[PATH_MAX];
	snprintf(temporary, sizeof(temporary), "%s.tmp-1", path);
	tree_write(tree, temporary, text);
	strcpy(from, tree_path(tree, temporary));
	assert_int_equal(rename(from, tree_path(tree, path)), 0);
}

#define RUNC_STATE(id, cgroup, label)                                                                       \
	"{\"id\":\"" id "\",\"init_process_pid\":0,\"init_process_start\":0,\"config\":{\"labels\":[" label \
	"]},\"cgroup_paths\":{\"\":\"/sys/fs/cgroup/" cgroup "\"}}"

#endif
