/* SPDX-License-Identifier: MIT */
/* `eunomia flame`: folded lines to a flame graph, and two of them to one that shows what changed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "flame/flame.h"
#include "say.h"
#include "sink/output.h"

#define FILE_MAX (1u << 30)

static int read_file(struct flame *p, const char *path, bool before)
{
	struct buf text = {.limit = FILE_MAX};
	FILE *f = fopen(path, "re");
	size_t line = 0, n;
	int err = f ? 0 : -errno;
	do {
		char *room = err ? NULL : buf_room(&text, 65536);
		n = room ? fread(room, 1, 65536, f) : 0;
		text.len += n;
	} while (n);
	if (!err && (ferror(f) || text.failed))
		err = text.failed ? -EFBIG : -EIO;
	if (err)
		say("%s: %s", path, strerror(-err));
	else if ((err = flame_read_folded(p, text.data, text.len, before, &line)))
		say("%s:%zu: %s; write frames, ';' between them, a space and a number (--fmt folded)", path, line,
		    err == -EINVAL ? "not a folded line" : strerror(-err));
	if (f)
		fclose(f);
	buf_free(&text);
	return err;
}

int command_flame(const struct request *r, char *const *paths)
{
	bool diff = !strcmp(r->operands.items[0], "diff");
	const char *const *files = r->operands.items + diff;
	size_t n = r->operands.n - diff;
	char why[512], title[256];
	struct output out;
	(void)paths;
	if (n != (diff ? 2u : 1u)) {
		say("flame takes one file, or diff and two: eunomia flame diff BEFORE AFTER");
		return EXIT_USAGE;
	}
	struct flame *p = flame_new();
	if (!p || (diff && read_file(p, files[0], true)) || read_file(p, files[n - 1], false)) {
		flame_free(p);
		return EXIT_RUN;
	}
	if (output_open(&out, r->output, why, sizeof(why))) {
		say("%s", why);
		flame_free(p);
		return EXIT_RUN;
	}
	snprintf(title, sizeof(title), diff ? "%s, compared with %s" : "%s", files[n - 1], files[0]);
	const struct flame_about about = {
		.title = title,
		.unit = "samples",
		.note = diff ? "red: a larger share than before; blue: a smaller one" : NULL,
		.compared = diff,
	};
	int err = flame_write(p, FLAME_SVG, &about, &out.buf);
	flame_free(p);
	if (err)
		say("no memory");
	return say_closed(&out, err ? EXIT_RUN : EXIT_OK);
}
