/* SPDX-License-Identifier: MIT */
/*
 * The format: pages of equal size, each with a header of 16 bytes. Pages 0 and 1 are metas; the one with the higher
 * transaction that is whole is in force. A bucket is a tree of branch and leaf pages; a bucket in a bucket is a leaf's
 * value that begins with its root page's number, 0: the page follows in the value itself. Numbers are the machine's.
 */
#include "runtime_bolt.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime_file.h"

#define MAGIC 0xED0CDAEDU
#define VERSION 2
#define HEADER 16
#define ELEMENT 16
#define BRANCH 1
#define LEAF 2
#define BUCKET 1            /* an element's flag */
#define BUCKET_HEADER 16    /* root page, sequence */
#define PAGE_MAX (1U << 20) /* bytes, with what overflows */
#define DEPTH_MAX 16
#define TRIES 8

struct bolt {
	int fd;
	uint32_t page_size;
	uint64_t root, transaction;
};

struct bytes {
	unsigned char *at; /* NULL: there are none */
	size_t len;
};

static uint16_t get16(const unsigned char *at)
{
	uint16_t n;
	memcpy(&n, at, sizeof(n));
	return n;
}

static uint32_t get32(const unsigned char *at)
{
	uint32_t n;
	memcpy(&n, at, sizeof(n));
	return n;
}

static uint64_t get64(const unsigned char *at)
{
	uint64_t n;
	memcpy(&n, at, sizeof(n));
	return n;
}

/* magic, version, page size, flags: u32; root, sequence, free list, pages, transaction, checksum (FNV-1a): u64 */
static bool meta_at(struct bolt *b, off_t at)
{
	unsigned char page[HEADER + 64], *meta = page + HEADER;
	uint64_t sum = 0xcbf29ce484222325;
	if (pread(b->fd, page, sizeof(page), at) != (ssize_t)sizeof(page) || get32(meta) != MAGIC ||
	    get32(meta + 4) != VERSION)
		return false;
	for (int i = 0; i < 56; i++)
		sum = (sum ^ meta[i]) * 0x100000001b3;
	uint32_t size = get32(meta + 8);
	if (sum != get64(meta + 56) || size < 512 || size > 1U << 16 || (b->root && get64(meta + 48) < b->transaction))
		return false;
	b->page_size = size;
	b->root = get64(meta + 16);
	b->transaction = get64(meta + 48);
	return true;
}

static bool meta_read(struct bolt *b)
{
	*b = (struct bolt){.fd = b->fd};
	bool first = meta_at(b, 0);
	return meta_at(b, first ? b->page_size : 4096) || first;
}

static struct bytes page_load(const struct bolt *b, uint64_t number)
{
	unsigned char header[HEADER];
	struct bytes page = {NULL, 0};
	if (number > INT32_MAX)
		return page;
	off_t at = (off_t)(number * b->page_size);
	if (pread(b->fd, header, sizeof(header), at) != (ssize_t)sizeof(header) || get64(header) != number)
		return page;
	uint64_t len = (get32(header + 12) + 1ULL) * b->page_size;
	if (len <= PAGE_MAX && (page.at = malloc(len)) && pread(b->fd, page.at, len, at) == (ssize_t)len) {
		page.len = len;
		return page;
	}
	free(page.at);
	return (struct bytes){NULL, 0};
}

/* An element's key: `pos` bytes behind the element, of `n` bytes. False: not within the page. */
static bool key_in(struct bytes page, size_t element, size_t pos, size_t n, size_t value)
{
	return element + pos + n + value <= page.len;
}

static int compare(const unsigned char *a, size_t n, const char *key)
{
	size_t len = strlen(key);
	int order = memcmp(a, key, n < len ? n : len);
	return order ? order : n < len ? -1 : n > len;
}

/* A leaf's value, copied with a NUL behind it. */
static struct bytes leaf_find(struct bytes page, const char *key, bool bucket)
{
	size_t count = get16(page.at + 10);
	struct bytes value = {NULL, 0};
	for (size_t i = 0, at = HEADER; i < count && at + ELEMENT <= page.len; i++, at += ELEMENT) {
		const unsigned char *e = page.at + at;
		size_t pos = get32(e + 4), n = get32(e + 8), len = get32(e + 12);
		if (!key_in(page, at, pos, n, len))
			break;
		if (compare(e + pos, n, key))
			continue;
		if ((get32(e) & BUCKET) == (bucket ? BUCKET : 0) && (value.at = malloc(len + 1))) {
			memcpy(value.at, e + pos + n, len);
			value.at[len] = '\0';
			value.len = len;
		}
		break;
	}
	return value;
}

/* The page below a branch whose keys begin at or before this one; 0: none. */
static uint64_t branch_find(struct bytes page, const char *key)
{
	size_t count = get16(page.at + 10);
	uint64_t below = 0;
	for (size_t i = 0, at = HEADER; i < count && at + ELEMENT <= page.len; i++, at += ELEMENT) {
		const unsigned char *e = page.at + at;
		size_t pos = get32(e), n = get32(e + 4);
		if (!key_in(page, at, pos, n, 0) || (i && compare(e + pos, n, key) > 0))
			break;
		below = get64(e + 8);
	}
	return below;
}

/* Takes the page. */
static struct bytes tree_find(const struct bolt *b, struct bytes page, const char *key, bool bucket)
{
	struct bytes value = {NULL, 0};
	for (int depth = 0; page.at && page.len >= HEADER && depth < DEPTH_MAX; depth++) {
		uint16_t flags = get16(page.at + 8);
		if (flags & LEAF)
			value = leaf_find(page, key, bucket);
		uint64_t below = flags & BRANCH ? branch_find(page, key) : 0;
		free(page.at);
		page = below ? page_load(b, below) : (struct bytes){NULL, 0};
	}
	free(page.at);
	return value;
}

/* Takes the value that is the bucket; its root page. */
static struct bytes bucket_page(const struct bolt *b, struct bytes bucket)
{
	struct bytes page = {NULL, 0};
	if (bucket.len < BUCKET_HEADER) {
		free(bucket.at);
		return page;
	}
	uint64_t root = get64(bucket.at);
	if (root) {
		free(bucket.at);
		return page_load(b, root);
	}
	bucket.len -= BUCKET_HEADER;
	memmove(bucket.at, bucket.at + BUCKET_HEADER, bucket.len);
	return bucket;
}

static char *look_up(const struct bolt *b, const char *const *keys, size_t n)
{
	struct bytes page = page_load(b, b->root);
	for (size_t i = 0; i + 1 < n; i++)
		page = bucket_page(b, tree_find(b, page, keys[i], true));
	struct bytes value = tree_find(b, page, keys[n - 1], false);
	if (value.at && value.len && strlen((char *)value.at) == value.len)
		return (char *)value.at;
	free(value.at);
	return NULL;
}

char *bolt_text(const char *root, const char *path, const char *const *keys, size_t n)
{
	struct bolt bolt = {.fd = state_open(root, path)};
	char *text = NULL;
	for (int i = 0; bolt.fd >= 0 && i < TRIES && meta_read(&bolt); i++) {
		uint64_t transaction = bolt.transaction;
		text = look_up(&bolt, keys, n);
		/* Pages of a transaction are used again by the next but one; to be sure, none may have come. */
		if (meta_read(&bolt) && bolt.transaction == transaction)
			break;
		free(text);
		text = NULL;
	}
	if (bolt.fd >= 0)
		close(bolt.fd);
	return text;
}
