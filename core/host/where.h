/* SPDX-License-Identifier: MIT */
/*
 * Filters in the kernel: what of a stream's subscriptions can be asked before a record enters a ring. The union of all
 * of them decides; what does not fit there (computed fields, parts of texts, patterns, too many tests) is left out, so
 * that more passes, never less: each subscription is asked again when a record arrives.
 *
 * One thread.
 */
#ifndef CORE_HOST_WHERE_H
#define CORE_HOST_WHERE_H

#include "filter/program.h"
#include "target/target.h"

/* Where a conjunct of a filter is decided. */
enum where_place {
	WHERE_HOST,   /* only when the record has arrived */
	WHERE_WIDER,  /* a wider question in the kernel, the exact one later */
	WHERE_KERNEL, /* in the kernel */
};

/* Members of sets that a filter in the kernel asks for, to be put into eun_members. */
struct where_members {
	struct eun_member_key *keys;
	size_t n, cap;
	uint64_t sets; /* how many there are; the first is 0 */
};

/*
 * The union of `n` filters (NULL: one that wants everything) for a stream. Returns how many tests there are, 0: all
 * pass; -ENOMEM.
 */
int where_build(struct eun_where *out, struct where_members *members, const struct filter *const *filters, size_t n,
		const struct stream *stream);

/*
 * What becomes of the conjuncts of one filter that is alone: calls `each` for every one, with the clause and its place.
 * The order is that of evaluation.
 */
void where_explain(const struct filter *filter, const struct stream *stream,
		   void (*each)(void *context, const struct clause *clause, enum where_place place), void *context);

struct wheres;

/* The kernel's side: the maps of `targets` (eun_wheres, eun_members). NULL and errno. */
struct wheres *wheres_new(const struct targets *targets);
void wheres_destroy(struct wheres *wheres);

/*
 * Puts the union of filters into a free place and returns its number for eun_stream_ctl.where, 0: no filter, all pass;
 * -ENOSPC: no place is free, -errno. Give back the old place with wheres_free() after a grace period.
 */
int wheres_add(struct wheres *wheres, const struct filter *const *filters, size_t n, const struct stream *stream);
void wheres_free(struct wheres *wheres, uint32_t place);

#endif
