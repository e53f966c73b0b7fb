/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <errno.h>
#include <stdlib.h>

#include "check.h"

void filter_destroy(struct filter *filter)
{
	if (!filter)
		return;
	pool_free(&filter->pool);
	free(filter);
}

static int index_streams(struct filter *filter)
{
	for (uint32_t i = 0; i < filter->n_programs; i++)
		if (filter->programs[i].stream->id >= filter->n_ids)
			filter->n_ids = filter->programs[i].stream->id + 1u;
	filter->by_id = pool_alloc(&filter->pool, filter->n_ids * sizeof(*filter->by_id));
	if (!filter->by_id)
		return -ENOMEM;
	for (uint32_t i = 0; i < filter->n_programs; i++)
		filter->by_id[filter->programs[i].stream->id] = i + 1;
	return 0;
}

static int compile_streams(struct check *check, const struct node *node)
{
	struct filter *filter = check->filter;
	filter->programs = pool_alloc(&filter->pool, check->n_streams * sizeof(*filter->programs));
	if (!filter->programs)
		return -ENOMEM;
	for (uint32_t i = 0; i < check->n_streams; i++) {
		struct clause *clause;
		check->stream = check->streams[i];
		int err = check_expression(check, node, &clause);
		if (!err)
			err = program_build(&filter->programs[i], &filter->pool, check->stream, clause);
		if (err)
			return err;
		filter->n_programs++;
	}
	return index_streams(filter);
}

int filter_compile(struct filter **out, const char *text, const struct filter_source *source,
		   const struct stream *const *streams, uint32_t n, const struct filter_defs *defs,
		   struct filter_error *error)
{
	struct filter_error ignored;
	struct pool parsed = {0};
	struct node *node;
	struct check check = {
		.filter = calloc(1, sizeof(struct filter)),
		.report.error = error ? error : &ignored,
		.streams = streams,
		.n_streams = n,
		.defs = defs,
	};
	if (!check.filter)
		return -ENOMEM;
	int err = parse_expression(&parsed, text, source, &node, check.report.error);
	if (!err)
		err = compile_streams(&check, node);
	pool_free(&parsed);
	if (err)
		filter_destroy(check.filter);
	else
		*out = check.filter;
	return err;
}

const struct program *filter_program(const struct filter *filter, const struct stream *stream)
{
	uint32_t i = stream->id < filter->n_ids ? filter->by_id[stream->id] : 0;
	return i && filter->programs[i - 1].stream == stream ? &filter->programs[i - 1] : NULL;
}

bool filter_reads(const struct filter *filter, bool (*is)(const struct field *field))
{
	for (uint32_t i = 0; i < filter->n_programs; i++)
		for (uint32_t k = 0; k < filter->programs[i].n; k++)
			if (is(filter->programs[i].tests[k].field))
				return true;
	return false;
}

bool filter_match(const struct filter *filter, const struct view *view)
{
	const struct program *program = filter_program(filter, view->stream);
	return program && program_run(program, view);
}
