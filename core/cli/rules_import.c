/* SPDX-License-Identifier: MIT */
/* `eunomia rules import FALCO.yaml`: what of a rules file of Falco can be carried over, and what can't. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "event/fd.h"
#include "falco/falco.h"
#include "host/catalogue.h"
#include "rules.h"
#include "say.h"

#define FILE_MAX (4u << 20)

struct importing {
	const char *path;
	const struct schema *schema;
};

static void tell(void *context, uint32_t line, const char *text)
{
	const struct importing *im = context;
	if (line)
		say("%s:%u: %s", im->path, line, text);
	else
		say("%s: %s", im->path, text);
}

static bool has_label(void *context, const char *stream, const char *name, const char *label)
{
	const struct importing *im = context;
	for (uint32_t i = 0; i < im->schema->n_streams; i++) {
		const struct stream *s = im->schema->streams[i];
		const struct field *field = s && !strcmp(s->name, stream) ? stream_field(s, name) : NULL;
		for (const struct eun_label *l = field ? field->labels : NULL; l && l->name; l++)
			if (!strcmp(l->name, label))
				return true;
	}
	return false;
}

static int read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : fd_read_all(fd, out, FILE_MAX);
	if (fd >= 0)
		close(fd);
	if (err == -EFBIG)
		say("%s: too large, at most %u MiB", path, FILE_MAX >> 20);
	else if (err)
		say("%s: %s", path, strerror(-err));
	return err ? EXIT_CONFIG : EXIT_OK;
}

static void sum_up(const struct importing *im, const struct falco_counts *counts)
{
	char wider[64] = "";
	if (counts->wider)
		snprintf(wider, sizeof(wider), ", %zu of them meaning more than in Falco", counts->wider);
	say("%s: %zu of %zu rules carried over%s; %zu lists, %zu macros", im->path, counts->carried, counts->rules,
	    wider, counts->lists, counts->macros);
}

static int import(const struct request *r, const struct importing *im, const struct buf *text)
{
	const struct falco_host host = {tell, has_label, (void *)im};
	struct falco_counts counts;
	struct falco_error error;
	struct output out;
	struct buf ini = {0};
	char why[512];
	int err = falco_import(im->path, text->data ? text->data : "", text->len, &host, &ini, &counts, &error);
	if (err) {
		struct config_error at = {.line = error.line, .column = error.column};
		snprintf(at.file, sizeof(at.file), "%.255s", im->path);
		snprintf(at.text, sizeof(at.text), "%s", error.text);
		buf_free(&ini);
		return rules_wrong(err, &at);
	}
	err = output_open(&out, r->output, why, sizeof(why));
	if (err) {
		say("%s", why);
		buf_free(&ini);
		return EXIT_RUN;
	}
	buf_add(&out.buf, ini.data, ini.len);
	buf_free(&ini);
	sum_up(im, &counts);
	return say_closed(&out, EXIT_OK);
}

int rules_import(const struct request *r, char *const *paths)
{
	struct catalogue all;
	struct importing im = {r->operands.items[1], &all.schema};
	struct buf text = {0};
	char why[512];
	int status = read_file(im.path, &text);
	if (!status) {
		status = catalogue_init(&all, paths, why, sizeof(why)) ? EXIT_RUN : EXIT_OK;
		if (status)
			say("%s", why);
		else
			status = import(r, &im, &text);
		catalogue_free(&all);
	}
	buf_free(&text);
	return status;
}
