/* SPDX-License-Identifier: MIT */
#include "elf_debug.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "root.h"

#define MINI_MAX (64u << 20)
#define XZ_MEMORY (96u << 20)
#define LINKED_MAX (2ull << 30) /* of the file that is summed up */

static bool same_build_id(const struct elf_file *a, const struct elf_file *b)
{
	size_t n, m;
	const unsigned char *x = elf_file_build_id(a, &n), *y = elf_file_build_id(b, &m);
	return n && n == m && !memcmp(x, y, n);
}

static struct elf_file *by_build_id(const struct elf_file *f, int root)
{
	size_t n;
	const unsigned char *id = elf_file_build_id(f, &n);
	char path[256];
	if (n < 2)
		return NULL;
	int len = snprintf(path, sizeof(path), "usr/lib/debug/.build-id/%02x/", id[0]);
	for (size_t i = 1; i < n; i++)
		len += snprintf(path + len, sizeof(path) - (size_t)len, "%02x", id[i]);
	snprintf(path + len, sizeof(path) - (size_t)len, ".debug");
	int fd = root_open(root, path);
	struct elf_file *found = fd < 0 ? NULL : elf_file_open(fd);
	if (found && same_build_id(f, found) && elf_file_has(found, SHT_SYMTAB))
		return found;
	elf_file_close(found);
	return NULL;
}

static bool sums_up(int fd, uint32_t expected)
{
	static const size_t block = 65536;
	unsigned char *bytes = malloc(block);
	uLong sum = crc32(0, NULL, 0);
	ssize_t n = -1;
	for (off_t at = 0; bytes && at < (off_t)LINKED_MAX && (n = pread(fd, bytes, block, at)) > 0; at += n)
		sum = crc32(sum, bytes, (uInt)n);
	free(bytes);
	return n == 0 && sum == expected;
}

static struct elf_file *by_link(const struct elf_file *f, int root, const char *folder)
{
	size_t n;
	uint32_t sum;
	char path[PATH_MAX];
	const char *name = elf_file_section(f, ".gnu_debuglink", &n, NULL);
	const char *end = name ? memchr(name, 0, n) : NULL;
	if (!end || end == name || memchr(name, '/', (size_t)(end - name)))
		return NULL;
	size_t at = ((size_t)(end - name) + 4) & ~(size_t)3;
	if (at + sizeof(sum) > n)
		return NULL;
	memcpy(&sum, name + at, sizeof(sum));
	static const char *const places[][2] = {{"", ""}, {"", "/.debug"}, {"/usr/lib/debug", ""}};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (snprintf(path, sizeof(path), "%s%s%s/%s", places[i][0], folder, places[i][1], name) >=
		    (int)sizeof(path))
			continue;
		int fd = root_open(root, path);
		if (fd < 0)
			continue;
		if (!sums_up(fd, sum)) {
			close(fd);
			continue;
		}
		struct elf_file *found = elf_file_open(fd);
		if (found && elf_file_has(found, SHT_SYMTAB))
			return found;
		elf_file_close(found);
	}
	return NULL;
}

struct elf_file *elf_debug_find(const struct elf_file *f, const int *roots, size_t n, const char *folder)
{
	struct elf_file *found = NULL;
	for (size_t i = 0; i < n && !found; i++)
		found = by_build_id(f, roots[i]);
	for (size_t i = 0; i < n && !found; i++)
		found = by_link(f, roots[i], folder);
	return found;
}

struct elf_file *elf_debug_mini(const struct elf_file *f)
{
	size_t n, room = 1u << 20;
	const uint8_t *packed = elf_file_section(f, ".gnu_debugdata", &n, NULL);
	lzma_stream xz = LZMA_STREAM_INIT;
	if (!packed || lzma_stream_decoder(&xz, XZ_MEMORY, 0))
		return NULL;
	uint8_t *bytes = malloc(room);
	lzma_ret ret = bytes ? LZMA_OK : LZMA_MEM_ERROR;
	xz.next_in = packed;
	xz.avail_in = n;
	xz.next_out = bytes;
	xz.avail_out = room;
	while (ret == LZMA_OK) {
		ret = lzma_code(&xz, LZMA_FINISH);
		if (ret != LZMA_OK || xz.avail_out)
			continue;
		uint8_t *grown = room < MINI_MAX ? realloc(bytes, room * 2) : NULL;
		if (!grown) {
			ret = LZMA_MEM_ERROR;
			break;
		}
		bytes = grown;
		xz.next_out = bytes + room;
		xz.avail_out = room;
		room *= 2;
	}
	size_t used = (size_t)xz.total_out;
	lzma_end(&xz);
	if (ret == LZMA_STREAM_END)
		return elf_file_memory(bytes, used);
	free(bytes);
	return NULL;
}
