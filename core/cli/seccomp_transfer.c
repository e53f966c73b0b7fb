/* SPDX-License-Identifier: MIT */
/*
 * `eunomia seccomp --source -sp PID | -sc CONTAINER --target -tp PID | -tc CONTAINER`: what was learned from the source
 * beside what the target did in the same time, and then the filter for the target.
 */
#include <errno.h>
#include <stdio.h>

#include "say.h"
#include "seccomp.h"
#include "seccomp/learn.h"

static bool named(const struct seccomp_who *who)
{
	return who->pids.n || who->containers.n;
}

bool seccomp_is_transfer(const struct seccomp_request *own)
{
	return named(&own->source) || named(&own->target);
}

int seccomp_transfer_check(const struct request *r, const struct seccomp_request *own, char *why, size_t why_size)
{
	const struct seccomp_who *both[] = {&own->source, &own->target};
	snprintf(why, why_size, "from whom to whom? --source -sp PID | -sc CONTAINER --target -tp PID | -tc CONTAINER");
	if (r->operands.n || r->pids.n || r->containers.n)
		return -EINVAL;
	for (int i = 0; i < 2; i++)
		if (!both[i]->pids.n == !both[i]->containers.n)
			return -EINVAL;
	return 0;
}

static void print(struct buf *out)
{
	if (out->len && !out->failed)
		fwrite(out->data, 1, out->len, stdout);
	buf_free(out);
}

/* Calls that the target made, and would not be let make. */
static size_t print_denied(const struct profile *p, const struct learned *target, struct buf *out)
{
	static const uint64_t none[6];
	size_t n = 0;
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++)
		for (size_t i = 0; i < target->calls.of[a].n; i++) {
			const struct profile_rule *made = &target->calls.of[a].items[i], *rule;
			rule = p->arches & 1u << a ? profile_rule(p, a, made->nr) : NULL;
			if (rule ? rule->n_conds || rule->action.act <= PROFILE_LOG
				 : profile_decide(p, a, made->nr, none).act <= PROFILE_LOG)
				continue;
			buf_str(out, n++ ? ", " : "");
			profile_rule_text(a, made, out);
		}
	return n;
}

int seccomp_transfer(const struct request *request, const struct seccomp_request *own, struct profile *profile,
		     const struct learned *target)
{
	struct apply_targets targets;
	struct profile does = {0};
	struct buf diff = {0}, denied = {0};
	int err = learned_profile(target, profile->def, &does);
	if (err) {
		say("profile of the target: no memory");
		return EXIT_RUN;
	}
	seccomp_print_diff(&does, profile, &diff);
	profile_free(&does);
	printf("the target's calls (-) and the source's profile (+):\n%s", diff.len ? "" : "no difference\n");
	print(&diff);
	size_t n = print_denied(profile, target, &denied);
	buf_char(&denied, '\n');
	if (n)
		printf("the target did in that time what the profile would deny: ");
	else
		printf("the target did nothing in that time that the profile would deny");
	print(&denied);
	int status = seccomp_targets(&own->target.pids, request->follow, &own->target.containers, &targets);
	if (!status)
		status = seccomp_apply_to(profile, "the source's profile", &targets, own);
	seccomp_targets_free(&targets);
	return status;
}
