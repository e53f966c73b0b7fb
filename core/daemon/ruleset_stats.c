/* SPDX-License-Identifier: MIT */
#include "daemon/ruleset_stats.h"

#include <stdio.h>

static void rule_line(const struct rule *rule, const struct rule_counts *c, char *line, size_t size)
{
	snprintf(line, size,
		 "rule '%s': %llu of %llu events matched, %llu excepted, %llu counted in windows, %llu alerts",
		 rule->name, (unsigned long long)c->matched, (unsigned long long)c->events,
		 (unsigned long long)c->excepted, (unsigned long long)c->suppressed, (unsigned long long)c->alerts);
}

static void script_line(const char *name, const struct script_stats *s, char *line, size_t size)
{
	snprintf(line, size,
		 "script %s: %llu calls in %.1f ms, the longest %.3f ms; %llu KiB, %llu at most; %llu errors, %llu "
		 "strikes, %llu alerts, %llu of them dropped%s",
		 name, (unsigned long long)s->calls, (double)s->time_ns / 1e6, (double)s->longest_ns / 1e6,
		 (unsigned long long)s->memory >> 10, (unsigned long long)s->memory_most >> 10,
		 (unsigned long long)s->errors, (unsigned long long)s->strikes,
		 (unsigned long long)(s->alerts + s->dropped), (unsigned long long)s->dropped,
		 s->stopped ? "; stopped" : "");
}

void ruleset_stats(const struct ruleset *set, void (*say)(void *context, const char *line), void *context)
{
	const struct rules *rules = ruleset_all(set);
	char line[512];
	for (size_t i = 0; i < rules_count(rules); i++) {
		struct rule_counts counts;
		engine_counts(ruleset_engine(set), i, &counts);
		if (!counts.matched)
			continue;
		rule_line(rules_at(rules, i), &counts, line, sizeof(line));
		say(context, line);
	}
	for (size_t i = 0; i < ruleset_scripts(set); i++) {
		const struct script *script = ruleset_script(set, i);
		struct script_stats stats;
		script_stats(script, &stats);
		script_line(script_name(script), &stats, line, sizeof(line));
		say(context, line);
	}
}
