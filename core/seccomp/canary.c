/* SPDX-License-Identifier: MIT */
#include "canary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "event/escape.h"
#include "event/stamp.h"
#include "names.h"

void canary_free(struct canary *c)
{
	free(c->kinds);
	*c = (struct canary){0};
}

static struct value value_of(const struct view *view, const char *name)
{
	struct value v = {0};
	const struct field *f = stream_field(view->stream, name);
	if (!f || !view_read(view, f, &v))
		v = (struct value){0};
	return v;
}

static const char *label_of(const struct view *view, const char *name)
{
	const struct field *f = stream_field(view->stream, name);
	uint64_t value = value_of(view, name).u;
	for (const struct eun_label *l = f ? f->labels : NULL; l && l->name; l++)
		if (l->value == value)
			return l->name;
	return "";
}

static bool same_kind(const struct canary_kind *a, const struct canary_kind *b)
{
	return a->arch == b->arch && a->nr == b->nr && a->already == b->already &&
	       profile_action_same(a->action, b->action);
}

/* The kind that is like it, made if there is none. NULL: there are too many, or no memory. */
static struct canary_kind *kind_of(struct canary *c, const struct canary_kind *like)
{
	for (size_t i = 0; i < c->n; i++)
		if (same_kind(&c->kinds[i], like))
			return &c->kinds[i];
	if (c->n == CANARY_KINDS) {
		c->more_kinds = true;
		return NULL;
	}
	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 16;
		struct canary_kind *kinds = realloc(c->kinds, cap * sizeof(*kinds));
		if (!kinds) {
			c->err = -ENOMEM;
			return NULL;
		}
		c->kinds = kinds;
		c->cap = cap;
	}
	c->kinds[c->n] = *like;
	return &c->kinds[c->n++];
}

static void add_process(struct canary_kind *k, const struct eun_event *rec)
{
	struct canary_process p = {.pid = rec->pid};
	memcpy(p.comm, rec->comm, sizeof(p.comm));
	for (size_t i = 0; i < k->n_processes; i++)
		if (!memcmp(&k->processes[i], &p, sizeof(p)))
			return;
	if (k->n_processes < CANARY_PROCESSES)
		k->processes[k->n_processes++] = p;
	else
		k->more_processes = true;
}

static void add_values(struct canary_kind *k, const uint64_t values[6])
{
	for (size_t i = 0; i < k->n_values; i++)
		if (!memcmp(k->values[i], values, sizeof(k->values[i])))
			return;
	if (k->n_values < CANARY_VALUES)
		memcpy(k->values[k->n_values++], values, sizeof(k->values[0]));
	else
		k->more_values = true;
}

static void add_row(struct canary_kind *k, const struct view *view)
{
	uint64_t first = value_of(view, "first").u, last = value_of(view, "last").u, values[6];
	char name[3] = "a0";
	k->count += value_of(view, "count").u;
	if (!k->first || first < k->first)
		k->first = first;
	if (last > k->last)
		k->last = last;
	add_process(k, view->rec);
	k->tested |= (uint8_t)value_of(view, "tested").u;
	for (int i = 0; i < 6; i++, name[1]++)
		values[i] = value_of(view, name).u;
	if (value_of(view, "many").u)
		k->more_values = true;
	else if (k->tested)
		add_values(k, values);
}

void canary_event(struct canary *c, const struct view *view)
{
	int arch = arch_find(label_of(view, "abi"));
	struct canary_kind like = {.nr = (uint32_t)value_of(view, "nr").u, .already = value_of(view, "already").u};
	if (arch < 0 || !view->stream->role || strcmp(view->stream->role, "seccomp.canary") != 0 ||
	    action_parse(label_of(view, "action"), &like.action))
		return;
	like.arch = (enum profile_arch)arch;
	like.action.value = (uint16_t)-value_of(view, "error").s;
	uint64_t count = value_of(view, "count").u;
	if (like.action.act <= PROFILE_LOG)
		c->logged += count;
	else
		c->denied += count;
	struct canary_kind *kind = kind_of(c, &like);
	if (kind)
		add_row(kind, view);
}

static int compare(const void *a, const void *b)
{
	const struct canary_kind *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->nr == y->nr ? 0 : x->nr < y->nr ? -1 : 1;
}

void canary_sort(struct canary *c)
{
	if (c->n)
		qsort(c->kinds, c->n, sizeof(*c->kinds), compare);
}

static void processes_text(const struct canary_kind *k, struct buf *out)
{
	for (size_t i = 0; i < k->n_processes; i++) {
		const struct canary_process *p = &k->processes[i];
		buf_str(out, i ? ", " : ", by ");
		escape_text(out, p->comm, strnlen(p->comm, sizeof(p->comm)));
		buf_printf(out, " (%u)", p->pid);
	}
	if (k->more_processes)
		buf_str(out, " and more");
}

static void values_text(const struct canary_kind *k, struct buf *out)
{
	for (size_t v = 0; v < k->n_values; v++) {
		buf_str(out, v ? " |" : "; with");
		for (int i = 0; i < 6; i++)
			if (k->tested & 1u << i)
				buf_printf(out, " a%d=0x%" PRIx64, i, k->values[v][i]);
	}
	if (k->more_values)
		buf_str(out, k->n_values ? " and more" : "; with many arguments");
}

void canary_kind_text(const struct canary_kind *k, int64_t clock_offset, struct buf *out)
{
	char name[CALL_NAME_MAX], action[ACTION_TEXT_MAX];
	struct stamp stamp;
	stamp_init(&stamp, clock_offset);
	call_name(k->arch, k->nr, name, sizeof(name));
	action_text(k->action, action, sizeof(action));
	buf_printf(out, "%s (%s %u): %s%s, ", name, arch_names[k->arch].name, k->nr, action,
		   k->already ? " instead of another filter's error" : "");
	buf_printf(out, "%" PRIu64 " time%s, ", k->count, k->count == 1 ? "" : "s");
	stamp_local(&stamp, k->first, 0, out);
	if (k->count != 1) {
		buf_str(out, " to ");
		stamp_local(&stamp, k->last, 0, out);
	}
	processes_text(k, out);
	values_text(k, out);
}
