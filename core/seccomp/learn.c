/* SPDX-License-Identifier: MIT */
#include "learn.h"

#include <errno.h>
#include <string.h>

#include "names.h"

void learned_free(struct learned *l)
{
	profile_free(&l->calls);
	profile_free(&l->values);
	profile_free(&l->many);
	profile_free(&l->denied);
}

/* The name of an enum's value; "": it has none. */
static const char *label(const struct view *view, const char *name)
{
	const struct field *f = stream_field(view->stream, name);
	uint64_t value = view_number(view, name);
	for (const struct eun_label *l = f ? f->labels : NULL; l && l->name; l++)
		if (l->value == value)
			return l->name;
	return "";
}

static int take_call(struct learned *l, enum profile_arch arch, uint32_t nr, const struct view *view)
{
	if (profile_rule(&l->calls, arch, nr))
		return 0;
	l->n++;
	l->last = view->rec->time;
	return profile_allow(&l->calls, arch, nr);
}

/* Of all these arguments the kernel looks at the lower half, and callers may leave anything in the upper. */
static int take_value(struct learned *l, enum profile_arch arch, uint32_t nr, const struct view *view)
{
	const struct profile_rule r = {
		.nr = nr,
		.n_conds = 1,
		.conds = {{(uint8_t)view_number(view, "arg"), PROFILE_MASKED_EQ, view_number(view, "value"),
			   UINT32_MAX}},
	};
	return profile_add(&l->values, arch, &r);
}

void learned_event(struct learned *l, const struct view *view)
{
	const char *role = view->stream->role ? view->stream->role : "", *what = label(view, "what");
	int arch = arch_find(label(view, "abi")), err = 0;
	uint32_t nr = (uint32_t)view_number(view, "nr");
	bool denied = !strcmp(role, "seccomp.denied");
	if (arch < 0 || (!denied && strcmp(role, "seccomp.learn") != 0))
		return;
	if (denied)
		err = profile_allow(&l->denied, arch, nr);
	if (!err && (denied || !strcmp(what, "call")))
		err = take_call(l, arch, nr, view);
	else if (!strcmp(what, "value"))
		err = take_value(l, arch, nr, view);
	else if (!strcmp(what, "many"))
		err = profile_allow(&l->many, arch, nr);
	if (err)
		l->err = err;
}

/* The values of a call, if these are all that it had. */
static const struct profile_rule *values_of(const struct learned *l, enum profile_arch arch, uint32_t nr)
{
	bool all = !profile_rule(&l->many, arch, nr) && !profile_rule(&l->denied, arch, nr);
	return all ? profile_rule(&l->values, arch, nr) : NULL;
}

int learned_profile(const struct learned *l, struct profile_action def, struct profile *out)
{
	int err = l->err;
	*out = (struct profile){.arches = l->calls.arches, .def = def};
	if (!out->arches)
		out->arches = 1u << profile_native();
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++)
		for (size_t i = 0; i < l->calls.of[a].n && !err; i++) {
			uint32_t nr = l->calls.of[a].items[i].nr;
			const struct profile_rule *v = values_of(l, a, nr);
			if (!v)
				err = profile_allow(out, a, nr);
			for (; v && v < l->values.of[a].items + l->values.of[a].n && v->nr == nr && !err; v++)
				err = profile_add(out, a, v);
		}
	if (err)
		profile_free(out);
	return err;
}
