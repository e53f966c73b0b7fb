/* SPDX-License-Identifier: MIT */
#include "plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf_check.h"
#include "file_check.h"
#include "plugin_check.h"
#include "refuse.h"

static int file_check(int fd, const struct stat *st, struct elf_plugin *elf, char *why, size_t why_size)
{
	size_t size = (size_t)st->st_size;
	void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return refuse(why, why_size, "its %zu bytes can't be mapped: %s", size, strerror(errno));
	int err = elf_check(bytes, size, elf, why, why_size);
	munmap(bytes, size);
	return err;
}

/*
 * A path to the fd. Before it looks at a file the dynamic linker compares names, and fd numbers come again while an
 * object is still loaded: so the path spells device and inode, bit by bit, as "/" and "/.", which lead nowhere else.
 */
static void fd_path(int fd, const struct stat *st, char *path, size_t size)
{
	uint64_t words[] = {st->st_dev, st->st_ino};
	int n = snprintf(path, size, "/proc/self/fd");
	for (unsigned bit = 0; bit < 128; bit++)
		n += snprintf(path + n, size - (size_t)n, words[bit / 64] >> bit % 64 & 1 ? "/." : "/");
	snprintf(path + n, size - (size_t)n, "/%d", fd);
}

static int load(struct plugin *p, int fd, const struct stat *st, const struct elf_plugin *elf, struct image *image,
		char *why, size_t why_size)
{
	char path[512];
	struct stat seen;
	fd_path(fd, st, path, sizeof(path));
	if (stat(path, &seen) || seen.st_dev != st->st_dev || seen.st_ino != st->st_ino)
		return refuse(why, why_size,
			      "a plugin is loaded by /proc/self/fd/%d and /proc is not mounted here; "
			      "mount -t proc proc /proc",
			      fd);
	p->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!p->handle) {
		const char *text = dlerror();
		if (text && !strncmp(text, path, strlen(path)) && text[strlen(path)] == ':')
			text += strlen(path) + 2;
		return refuse(why, why_size, "the dynamic linker refuses it: %s; build it on a system like this one",
			      text ? text : "no reason given");
	}
	struct link_map *map;
	const unsigned char *symbol = dlsym(p->handle, "eunomia_plugin");
	if (dlinfo(p->handle, RTLD_DI_LINKMAP, &map) || (uintptr_t)symbol != map->l_addr + elf->address ||
	    memcmp(symbol, elf->head, sizeof(elf->head)))
		return refuse(
			why, why_size,
			"the eunomia_plugin that was loaded is not the one at 0x%llx of the file that was checked; "
			"start again and don't change the file",
			(unsigned long long)elf->address);
	*image = (struct image){.base = map->l_addr, .elf = elf};
	memcpy(&p->abi, symbol, sizeof(elf->head));
	memcpy(&p->abi, symbol, p->abi.size < sizeof(p->abi) ? p->abi.size : sizeof(p->abi));
	return 0;
}

/* tcp of /usr/lib/eunomia/plugins/tcp.so; NULL: not a name of that form. */
static char *stem_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t len = strlen(base);
	return len > 3 && !strcmp(base + len - 3, ".so") ? strndup(base, len - 3) : NULL;
}

struct plugin *plugin_open(const char *path, char *why, size_t why_size)
{
	struct plugin *p = calloc(1, sizeof(*p));
	struct elf_plugin elf;
	struct image image;
	struct stat st;
	char *stem = stem_of(path);
	int fd = -1;
	refuse(why, why_size, "no memory");
	if (!p)
		goto refused;
	p->path = strdup(path);
	if (!p->path)
		goto refused;
	if (!stem) {
		refuse(why, why_size, "a plugin's file is called NAME.so; rename it");
		goto refused;
	}
	fd = file_open_trusted(path, &st, why, why_size);
	if (fd < 0 || file_check(fd, &st, &elf, why, why_size) || load(p, fd, &st, &elf, &image, why, why_size) ||
	    plugin_check(p, &image, stem, why, why_size))
		goto refused;
	close(fd);
	free(stem);
	return p;
refused:
	refuse_prefix(why, why_size, path);
	if (fd >= 0)
		close(fd);
	free(stem);
	plugin_close(p);
	return NULL;
}

struct stream *plugin_stream_new(const struct plugin *plugin, uint32_t i, char *why, size_t why_size)
{
	return stream_new(&plugin->streams[i], why, why_size);
}

void plugin_close(struct plugin *p)
{
	if (!p)
		return;
	free(p->streams);
	free(p->options);
	free(p->programs);
	free(p->aggregates);
	free(p->tools);
	free(p->metrics);
	free(p->attach);
	if (p->handle)
		dlclose(p->handle);
	free(p->path);
	free(p);
}
