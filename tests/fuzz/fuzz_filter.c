/* SPDX-License-Identifier: MIT */
/*
 * Any text as an expression, a list and a macro; what compiles is run on any bytes as a record. The input is three
 * texts that end in NUL (expression, list `l`, macro `m`), then the record behind its header.
 */
#include "filter_fixture.h"

#include "event/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next text of the input, NUL-terminated, of exactly its size. */
static char *next_text(const uint8_t **data, size_t *size)
{
	size_t len = strnlen((const char *)*data, *size);
	char *text = malloc(len + 1);
	if (!text)
		abort();
	memcpy(text, *data, len);
	text[len] = '\0';
	len += len < *size;
	*data += len;
	*size -= len;
	return text;
}

/* What is refused is refused with a place and a line of plain text. */
static void check_error(int err, const struct filter_error *error)
{
	if (err != -EINVAL && err != -EEXIST)
		abort();
	if (!error->line || !error->column || !*error->text)
		abort();
	for (const char *p = error->text; *p; p++)
		if (*p < ' ' || *p > '~')
			abort();
}

static void run(const struct fixture *f, const struct filter *filter, const struct stream *stream, const uint8_t *data,
		size_t size)
{
	struct record *r = calloc(1, sizeof(*r));
	size_t room = sizeof(r->bytes) - sizeof(r->head);
	if (!r)
		abort();
	size = size < room ? size : room;
	memcpy(r->bytes + sizeof(r->head), data, size);
	memcpy(r->head.comm, data, size < sizeof(r->head.comm) ? size : sizeof(r->head.comm));
	r->head.stream = stream->id;
	r->head.pid = size & 1;
	r->head.len = sizeof(r->head) + (uint32_t)size;
	if (r->head.len < stream->record_size)
		r->head.len = stream->record_size;
	match(f, filter, r);
	free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"l", "m"};
	struct fixture f;
	struct filter *filter;
	struct filter_error error;
	fixture_init(&f);
	struct filter_defs *defs = filter_defs_new();
	char *text = next_text(&data, &size), *items = next_text(&data, &size), *macro = next_text(&data, &size);
	filter_define_list(defs, names[0], items, FILTER_NEW, NULL, &error);
	filter_define_macro(defs, names[1], macro, FILTER_NEW, NULL, &error);
	int err = filter_compile(&filter, text, NULL, f.streams, 2, defs, &error);
	if (err) {
		check_error(err, &error);
	} else {
		for (size_t i = 0; i < 2; i++) {
			struct buf out = {0};
			filter_dump(filter, f.streams[i], &out);
			buf_free(&out);
			run(&f, filter, f.streams[i], data, size);
		}
		filter_destroy(filter);
	}
	free(text);
	free(items);
	free(macro);
	filter_defs_destroy(defs);
	fixture_end(&f);
	return 0;
}
