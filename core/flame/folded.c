/* SPDX-License-Identifier: MIT */
/* "outer;inner 12", a line for each stack: what flamegraph.pl and many others read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/escape.h"
#include "write.h"

#define DEPTH_MAX 1024

/* A frame ends at a semicolon and a line at a newline: so in names they are something else. */
static void put_name(struct buf *out, const char *name)
{
	size_t start = out->len;
	escape_text(out, name, strlen(name));
	for (size_t i = start; i < out->len; i++)
		if (out->data[i] == ';')
			out->data[i] = ':';
}

int write_folded(const struct flame *p, const struct flame_about *about, struct buf *out)
{
	uint32_t path[DEPTH_MAX];
	for (uint32_t i = 1; i < p->n_nodes; i++) {
		uint64_t weight = p->nodes[i].self;
		size_t n = 0;
		for (uint32_t at = i; at && n < DEPTH_MAX; at = p->nodes[at].parent)
			path[n++] = p->nodes[at].frame;
		for (size_t k = n; weight && k-- > 0;) {
			const struct flame_frame *f = &p->frames[path[k]];
			put_name(out, f->name);
			buf_str(out, f->kind == FRAME_KERNEL ? "_[k]" : f->kind == FRAME_JIT ? "_[j]" : "");
			buf_char(out, k ? ';' : ' ');
		}
		if (weight) {
			buf_u64(out, weight);
			buf_char(out, '\n');
		}
	}
	(void)about;
	return 0;
}

static uint32_t read_frame(struct flame *p, char *name)
{
	static const struct {
		const char *end;
		enum frame_kind kind;
	} ends[] = {{"_[k]", FRAME_KERNEL}, {"_[j]", FRAME_JIT}};
	size_t n = strlen(name);
	for (size_t i = 0; i < 2; i++)
		if (n > 4 && !strcmp(name + n - 4, ends[i].end)) {
			name[n - 4] = '\0';
			return flame_frame(p, name, ends[i].kind);
		}
	return flame_frame(p, name, FRAME_USER);
}

static int read_line(struct flame *p, char *line, bool before)
{
	uint32_t frames[DEPTH_MAX];
	size_t n = 0;
	char *space = strrchr(line, ' '), *end, *save;
	if (!space || space == line || !space[1])
		return -EINVAL;
	errno = 0;
	uint64_t weight = strtoull(space + 1, &end, 10);
	if (*end || errno || space[1] == '-')
		return -EINVAL;
	*space = '\0';
	for (char *name = strtok_r(line, ";", &save); name && n < DEPTH_MAX; name = strtok_r(NULL, ";", &save))
		frames[n++] = read_frame(p, name);
	flame_add(p, frames, n, weight, before);
	return 0;
}

int flame_read_folded(struct flame *p, const char *text, size_t bytes, bool before, size_t *line)
{
	*line = 0;
	for (const char *end = text + bytes; text < end; (*line)++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((stop ? stop : end) - text);
		char *copy = n ? strndup(text, n) : NULL;
		int err = copy ? read_line(p, copy, before) : n ? -ENOMEM : 0;
		free(copy);
		if (err) {
			(*line)++;
			return err;
		}
		text += n + 1;
	}
	return 0;
}
