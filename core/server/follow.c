/* SPDX-License-Identifier: MIT */
#include "follow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/json.h"

#define BUFFER_MAX (256u << 10)
#define LOST_ROOM 128  /* of it: to tell of losses */
#define BEAT_TICKS 100 /* a comment, so that a reader that is gone is found */

struct follow {
	struct hub_follower follower; /* the first member */
	struct follows *all;
	struct call *call;
	struct follow_spec spec;
	struct buf out;
	size_t sent; /* bytes of `out` */
	uint64_t lost;
	bool ended;
	struct follow *next, **at;
};

void follow_spec_free(struct follow_spec *s)
{
	free(s->wants);
	filter_destroy(s->where);
}

/* What begins at `start` is whole, or did not fit and is lost. */
static bool commit(struct follow *f, size_t start)
{
	if (!f->out.failed && f->out.len - f->sent <= BUFFER_MAX - LOST_ROOM)
		return true;
	f->out.len = start;
	f->out.failed = false;
	return false;
}

static void tell_lost(struct follow *f)
{
	size_t start = f->out.len;
	if (!f->lost)
		return;
	buf_str(&f->out, "event: lost\ndata: {\"count\":");
	buf_u64(&f->out, f->lost);
	buf_str(&f->out, "}\n\n");
	if (commit(f, start))
		f->lost = 0;
}

static void lose(struct follow *f)
{
	f->lost++;
	f->all->lost++;
}

static bool has_room(const struct follow *f)
{
	return f->out.len - f->sent < BUFFER_MAX / 2;
}

static void on_event(struct hub_follower *follower, const struct view *view, uint64_t number)
{
	struct follow *f = (struct follow *)follower;
	size_t id = view->stream->id;
	if (id >= f->spec.n_wants || !f->spec.wants[id] || (f->spec.where && !filter_match(f->spec.where, view)))
		return;
	/* half a buffer is free before a reader that lost something gets events again: no trickle of single ones */
	if (f->lost && !has_room(f)) {
		lose(f);
		return;
	}
	tell_lost(f);
	size_t start = f->out.len;
	buf_str(&f->out, "id: ");
	buf_u64(&f->out, number);
	buf_str(&f->out, "\ndata: ");
	hub_json(f->all->hub, view, &f->out);
	buf_str(&f->out, "\n\n");
	if (!commit(f, start))
		lose(f);
}

static void put(struct follow *f, const char *event, const char *json, size_t len)
{
	size_t start = f->out.len;
	buf_str(&f->out, "event: ");
	buf_str(&f->out, event);
	buf_str(&f->out, "\ndata: ");
	buf_add(&f->out, json, len);
	buf_str(&f->out, "\n\n");
	if (!commit(f, start))
		lose(f);
}

void follows_alert(struct follows *all, const struct kept_alert *alert)
{
	struct buf json = {0};
	if (!all->first)
		return;
	alerts_json(alert, &json);
	for (struct follow *f = all->first; f; f = f->next)
		if (f->spec.alerts)
			put(f, "alert", json.data, json.len);
	buf_free(&json);
}

void follows_state(struct follows *all, const char *json, size_t len)
{
	for (struct follow *f = all->first; f; f = f->next)
		if (f->spec.states)
			put(f, "instance", json, len);
}

/* MHD's reader: what is there; nothing yet: it is suspended until follows_flush(). */
static ssize_t read_some(void *context, uint64_t position, char *to, size_t most)
{
	struct follow *f = context;
	(void)position;
	if (f->lost && has_room(f))
		tell_lost(f);
	size_t n = f->out.len - f->sent;
	if (!n && f->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (!n) {
		call_suspend(f->call);
		return 0;
	}
	n = n < most ? n : most;
	memcpy(to, f->out.data + f->sent, n);
	f->sent += n;
	if (f->sent == f->out.len) {
		f->sent = f->out.len = 0;
	} else if (f->sent >= BUFFER_MAX / 2) {
		memmove(f->out.data, f->out.data + f->sent, f->out.len - f->sent);
		f->out.len -= f->sent;
		f->sent = 0;
	}
	return (ssize_t)n;
}

static void on_gone(void *context)
{
	struct follow *f = context;
	hub_unfollow(&f->follower);
	*f->at = f->next;
	if (f->next)
		f->next->at = f->at;
	f->all->n--;
	follow_spec_free(&f->spec);
	buf_free(&f->out);
	free(f);
}

int follow_start(struct follows *all, struct call *call, struct follow_spec *spec)
{
	struct follow *f = all->n < all->most ? calloc(1, sizeof(*f)) : NULL;
	if (!f) {
		follow_spec_free(spec);
		return all->n < all->most ? -ENOMEM : -EBUSY;
	}
	f->all = all;
	f->call = call;
	f->spec = *spec;
	f->follower.event = on_event;
	f->out.limit = 2 * BUFFER_MAX;
	f->next = all->first;
	f->at = &all->first;
	if (f->next)
		f->next->at = &f->next;
	all->first = f;
	all->n++;
	/* the reader knows at once that it is connected */
	buf_str(&f->out, ": eunomia\nretry: 2000\n\n");
	hub_follow(all->hub, &f->follower);
	call->reader = read_some;
	call->context = f;
	call->gone = on_gone;
	call->type = "text/event-stream";
	call_answer(call, 200);
	return 0;
}

void follows_flush(struct follows *all)
{
	for (struct follow *f = all->first, *next; f; f = next) {
		next = f->next;
		if (f->out.len > f->sent || f->lost || f->ended)
			call_resume(f->call);
	}
}

void follows_tick(struct follows *all)
{
	if (!(++all->ticks % BEAT_TICKS))
		for (struct follow *f = all->first; f; f = f->next)
			if (f->call->suspended)
				buf_str(&f->out, ": still here\n\n");
	follows_flush(all);
}

void follows_end(struct follows *all)
{
	for (struct follow *f = all->first; f; f = f->next)
		f->ended = true;
	follows_flush(all);
}
