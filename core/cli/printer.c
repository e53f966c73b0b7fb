/* SPDX-License-Identifier: MIT */
#include "printer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "event/escape.h"

/* The computed fields that rows are printed with, or ordered by. */
static int keep_computed(struct printer *p, const struct writer_options *options, const struct schema *schema)
{
	const struct field **keep = calloc(schema->n_computed + 1, sizeof(*keep));
	size_t n = 0;
	for (uint32_t i = 0; keep && i < schema->n_computed; i++)
		if (writer_reads(options, schema->computed[i].name) ||
		    show_orders_by(p->show, schema->computed[i].name))
			keep[n++] = &schema->computed[i];
	int err = keep ? table_keep(p->table, keep, n) : -ENOMEM;
	free(keep);
	return err;
}

int printer_init(struct printer *p, const struct show *show, struct output *output, int64_t clock_offset,
		 const struct stream *const *streams, size_t n, char *why, size_t why_size)
{
	*p = (struct printer){.show = show, .output = output, .clock_offset = clock_offset};
	const struct writer_options options = show_writer(show, clock_offset);
	p->writer = writer_new(&options);
	if (!p->writer) {
		int err = -errno;
		snprintf(why, why_size, "output: %s", strerror(errno));
		return err;
	}
	p->terminal = options.format != FORMAT_JSON && options.format != FORMAT_CSV && isatty(output->fd);
	if (show->table) {
		size_t top = show->top;
		struct winsize size;
		if (!top && p->terminal && show->interval_ms && !ioctl(output->fd, TIOCGWINSZ, &size) &&
		    size.ws_row > 4)
			top = size.ws_row - 4u; /* what the screen holds under the head */
		int err = table_new(&p->table, streams, n, show->key, show->sort, top, why, why_size);
		if (!err && n && streams[0]->schema)
			err = keep_computed(p, &options, streams[0]->schema);
		if (err)
			return err;
	}
	/* a table in rounds has its head in each of them */
	bool rounds = p->table && show->interval_ms && show->format != FORMAT_CSV;
	return rounds ? 0 : writer_head(p->writer, &output->buf);
}

void printer_free(struct printer *p)
{
	writer_destroy(p->writer);
	table_destroy(p->table);
}

void printer_event(struct printer *p, const struct view *view)
{
	p->events++;
	if (p->table ? table_add(p->table, view) : writer_event(p->writer, view, &p->output->buf))
		p->output->error = ENOMEM;
	if (output_full(p->output))
		output_flush(p->output);
}

void printer_lost(struct printer *p, const struct stream *stream, uint64_t count, uint64_t time)
{
	writer_lost(p->writer, stream, count, time, &p->output->buf);
}

static void round_head(struct printer *p, uint64_t time)
{
	struct buf *out = &p->output->buf;
	char clock[16];
	time_t seconds = (time_t)(((int64_t)time + p->clock_offset) / 1000000000);
	struct tm tm;
	localtime_r(&seconds, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	if (p->terminal)
		buf_str(out, "\033[H\033[J");
	else if (p->rounds)
		buf_char(out, '\n');
	buf_printf(out, "%s ", clock);
	escape_text(out, p->show->title, strlen(p->show->title)); /* a recording's may be anything */
	buf_char(out, '\n');
	writer_head(p->writer, out);
}

void printer_round(struct printer *p, uint64_t time)
{
	if (!p->table)
		return;
	bool text = p->show->format == FORMAT_TEXT || p->show->format == FORMAT_WIDE;
	if (text && p->show->interval_ms)
		round_head(p, time);
	if (table_print(p->table, p->writer, &p->output->buf))
		p->output->error = ENOMEM;
	p->rounds++;
	output_flush(p->output);
}

bool printer_waiting(const struct printer *p)
{
	return p->table && table_rows(p->table);
}
