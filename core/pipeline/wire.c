/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <endian.h>
#include <zlib.h>

#include "record_format.h"

#define SUMMED 8 /* bytes of a chunk's head: type and length */

void wire_put_u16(struct buf *out, uint16_t n)
{
	n = htole16(n);
	buf_add(out, &n, sizeof(n));
}

void wire_put_u32(struct buf *out, uint32_t n)
{
	n = htole32(n);
	buf_add(out, &n, sizeof(n));
}

void wire_put_u64(struct buf *out, uint64_t n)
{
	n = htole64(n);
	buf_add(out, &n, sizeof(n));
}

void wire_put_text(struct buf *out, const char *text)
{
	size_t n = text ? strlen(text) + 1 : 0;
	wire_put_u32(out, (uint32_t)n);
	buf_add(out, text, n);
}

size_t wire_chunk_begin(struct buf *out, uint32_t type)
{
	size_t begin = out->len;
	wire_put_u32(out, type);
	buf_pad(out, 0, CHUNK_HEAD_LEN - sizeof(type));
	return begin;
}

uint32_t wire_chunk_sum(const void *head, const void *payload, size_t n)
{
	uLong sum = crc32(0, head, SUMMED);
	return (uint32_t)crc32_z(sum, payload, n);
}

void wire_chunk_end(struct buf *out, size_t begin)
{
	if (out->failed)
		return;
	char *head = out->data + begin;
	size_t n = out->len - begin - CHUNK_HEAD_LEN;
	uint32_t length = htole32((uint32_t)n);
	memcpy(head + 4, &length, sizeof(length));
	uint32_t sum = htole32(wire_chunk_sum(head, head + CHUNK_HEAD_LEN, n));
	memcpy(head + 8, &sum, sizeof(sum));
}

const void *wire_get_bytes(struct wire *in, size_t n)
{
	if (wire_left(in) < n) {
		in->bad = true;
		return NULL;
	}
	const void *bytes = in->at;
	in->at += n;
	return bytes;
}

uint16_t wire_get_u16(struct wire *in)
{
	uint16_t n = 0;
	const void *bytes = wire_get_bytes(in, sizeof(n));
	if (bytes)
		memcpy(&n, bytes, sizeof(n));
	return le16toh(n);
}

uint32_t wire_get_u32(struct wire *in)
{
	uint32_t n = 0;
	const void *bytes = wire_get_bytes(in, sizeof(n));
	if (bytes)
		memcpy(&n, bytes, sizeof(n));
	return le32toh(n);
}

uint64_t wire_get_u64(struct wire *in)
{
	uint64_t n = 0;
	const void *bytes = wire_get_bytes(in, sizeof(n));
	if (bytes)
		memcpy(&n, bytes, sizeof(n));
	return le64toh(n);
}

const char *wire_get_text(struct wire *in)
{
	uint32_t n = wire_get_u32(in);
	const char *text = n ? wire_get_bytes(in, n) : NULL;
	if (text && memchr(text, 0, n) != text + n - 1) {
		in->bad = true;
		return NULL;
	}
	return text;
}

const char *wire_get_some_text(struct wire *in)
{
	const char *text = wire_get_text(in);
	in->bad |= !text;
	return text;
}
