/* SPDX-License-Identifier: MIT */
/* The options of `eunomia seccomp` alone: as a tool's own are, so that other tools may use the names. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "seccomp.h"
#include "seccomp/base.h"
#include "seccomp/names.h"

enum {
	FORMAT_GIVEN,
	ACTION_GIVEN,
	ERRNO_GIVEN,
	ARGS_GIVEN,
	BASE_GIVEN,
	FOR_GIVEN,
	MODE_GIVEN,
	YES_GIVEN,
	CANARY_GIVEN,
	SOURCE_GIVEN,
	TARGET_GIVEN,
	SP_GIVEN,
	SC_GIVEN,
	TP_GIVEN,
	TC_GIVEN
};

static const struct eun_tool_option own[] = {
	[FORMAT_GIVEN] = {.name = "format",
			  .value = "FORM",
			  .help = "oci, docker, text, c or bpf (oci; of show: text)"},
	[ACTION_GIVEN] = {.name = "action",
			  .value = "ACTION",
			  .help = "what happens to all other calls: errno, log, kill or trap (errno)"},
	[ERRNO_GIVEN] = {.name = "errno", .value = "ERROR", .help = "what other calls fail with (EPERM)"},
	[ARGS_GIVEN] = {.name = "args",
			.help = "learn arguments too: of clone, ioctl, personality, prctl, socket and unshare"},
	[BASE_GIVEN] = {.name = "base",
			.value = "A,B",
			.help = "calls to begin with: glibc-start, musl-start (repeatable)"},
	[FOR_GIVEN] = {.name = "for",
		       .value = "RUNTIME",
		       .help = "runc or crun: add what a runtime still calls after it has loaded the filter"},
	[MODE_GIVEN] = {.name = "mode",
			.value = "MODE",
			.help = "apply: errno, log or kill, instead of what the profile does to all other calls"},
	[YES_GIVEN] = {.name = "yes",
		       .help = "apply: do it; a filter only tightens, and nothing ever removes it again"},
	[CANARY_GIVEN] = {.name = "canary",
			  .value = "TIME",
			  .help = "apply: install nothing, and tell for so long what would have been denied"},
	[SOURCE_GIVEN] = {.name = "source", .help = "learn from -sp PID or -sc CONTAINER what to give to the target"},
	[TARGET_GIVEN] = {.name = "target", .help = "-tp PID or -tc CONTAINER: who gets it, with --yes"},
	[SP_GIVEN] = {.name = "sp", .value = "PID", .help = "-sp: a process as the source (repeatable)"},
	[SC_GIVEN] = {.name = "sc", .value = "CONTAINER", .help = "-sc: a container as the source (repeatable)"},
	[TP_GIVEN] = {.name = "tp", .value = "PID", .help = "-tp: a process as the target (repeatable)"},
	[TC_GIVEN] = {.name = "tc", .value = "CONTAINER", .help = "-tc: a container as the target (repeatable)"},
};

const struct eun_tool seccomp_own = {.name = "seccomp", .options = EUN_TABLE(own)};

static int take_base(struct seccomp_request *s, const char *names, char *why, size_t why_size)
{
	size_t n = 0, most = sizeof(s->bases) / sizeof(s->bases[0]) - 1;
	while (s->bases[n])
		n++;
	for (;;) {
		char name[32];
		size_t len = strcspn(names, ",");
		snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : sizeof(name)), names);
		const struct base *base = base_find(name);
		if (!base || n == most) {
			int at = snprintf(why, why_size, "there is no set of calls '%s' (there are", name);
			for (const struct base *b = bases; b->name && at > 0 && (size_t)at < why_size; b++)
				at += snprintf(why + at, why_size - (size_t)at, "%s %s", b == bases ? "" : ",",
					       b->name);
			if (at > 0 && (size_t)at < why_size)
				snprintf(why + at, why_size - (size_t)at, ")");
			return -EINVAL;
		}
		s->bases[n++] = base;
		if (!names[len])
			return 0;
		names += len + 1;
	}
}

/* -sp, -sc, -tp, -tc. */
static int take_who(struct seccomp_who *who, bool pid, const char *value, char *why, size_t why_size)
{
	char *end;
	who->pids.items = who->pid_items;
	who->containers.items = who->container_items;
	snprintf(why, why_size, "more than %d of them", SECCOMP_WHO_MAX);
	if ((pid ? who->pids.n : who->containers.n) == SECCOMP_WHO_MAX)
		return -EINVAL;
	if (!pid) {
		snprintf(why, why_size, "an empty name");
		who->container_items[who->containers.n++] = value;
		return *value ? 0 : -EINVAL;
	}
	snprintf(why, why_size, "'%s' is not a process id", value);
	unsigned long number = *value >= '0' && *value <= '9' ? strtoul(value, &end, 10) : 0;
	if (!number || *end || number > INT32_MAX)
		return -EINVAL;
	who->pid_items[who->pids.n++] = (uint32_t)number;
	return 0;
}

static int take(struct seccomp_request *s, const char *name, const char *value, char *why, size_t why_size)
{
	static const char *const actions[] = {"errno", "log", "kill", "trap"};
	if (!strcmp(name, own[ARGS_GIVEN].name)) {
		s->args = true;
		return 0;
	}
	if (!strcmp(name, own[BASE_GIVEN].name))
		return take_base(s, value, why, why_size);
	if (!strcmp(name, own[FOR_GIVEN].name)) {
		snprintf(why, why_size, "'%s' is no runtime known here (there are runc and crun)", value);
		bool known = !strcmp(value, "runc") || !strcmp(value, "crun");
		return known ? take_base(s, value, why, why_size) : -EINVAL;
	}
	if (!strcmp(name, own[ERRNO_GIVEN].name)) {
		snprintf(why, why_size, "'%s' is no error: a name like EPERM, or a number up to 4095", value);
		return errno_parse(value, &s->def.value);
	}
	if (!strcmp(name, own[FORMAT_GIVEN].name)) {
		snprintf(why, why_size, "'%s' is none of oci, docker, text, c, bpf", value);
		for (int f = 0; f < PROFILE_FORMS; f++)
			if (!strcmp(profile_forms[f], value)) {
				s->form = (enum profile_form)f;
				s->form_given = true;
				return 0;
			}
		return -EINVAL;
	}
	if (!strcmp(name, own[CANARY_GIVEN].name)) {
		snprintf(why, why_size, "'%s' is not a time (10, 500ms, 2m)", value);
		return parse_ms(value, &s->canary_ms) || !s->canary_ms ? -EINVAL : 0;
	}
	if (!strcmp(name, own[SOURCE_GIVEN].name) || !strcmp(name, own[TARGET_GIVEN].name))
		return 0; /* words: what follows says all */
	if (strlen(name) == 2)
		return take_who(*name == 's' ? &s->source : &s->target, name[1] == 'p', value, why, why_size);
	if (!strcmp(name, own[YES_GIVEN].name)) {
		s->yes = true;
		return 0;
	}
	struct profile_action action;
	bool mode = !strcmp(name, own[MODE_GIVEN].name);
	snprintf(why, why_size, "'%s' is none of errno, log, kill%s", value, mode ? "" : ", trap");
	if (mode) {
		s->mode_given = strcmp(value, "trap") && !action_parse(value, &s->mode);
		return s->mode_given && (s->mode.act == PROFILE_ERRNO || s->mode.act == PROFILE_LOG ||
					 s->mode.act == PROFILE_KILL)
			       ? 0
			       : -EINVAL;
	}
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (!strcmp(actions[i], value) && !action_parse(value, &action)) {
			s->def.act = action.act;
			return 0;
		}
	return -EINVAL;
}

int seccomp_request(struct seccomp_request *out, const struct request *r, char *why, size_t why_size)
{
	*out = (struct seccomp_request){.def = {PROFILE_ERRNO, EPERM}};
	for (size_t i = 0; i < r->n_given; i++) {
		char reason[256] = "";
		const char *name = r->given[i].option.name;
		if (take(out, name, r->given[i].value, reason, sizeof(reason))) {
			snprintf(why, why_size, "option --%s: %s", name, reason);
			return -EINVAL;
		}
	}
	if (out->mode.act == PROFILE_ERRNO)
		out->mode.value = out->def.value;
	if (out->def.act != PROFILE_ERRNO)
		out->def.value = 0;
	return 0;
}
