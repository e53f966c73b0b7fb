/* SPDX-License-Identifier: MIT */
/* argv against the tables of options.c and, for `run`, the tool's own options. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "event/schema.h"
#include "options.h"

/* What an option on the command line is: a common one, or one of the tool's. */
struct match {
	const struct option *common;
	struct eun_tool_option own; /* where common is NULL; no name: there is no such option */
};

static struct eun_tool_option own_option(const struct eun_tool *tool, uint32_t i)
{
	struct eun_tool_option o;
	table_row(&tool->options, i, &o, sizeof(o));
	return o;
}

static bool same(const char *name, const char *text, size_t n)
{
	return strlen(name) == n && !strncmp(name, text, n);
}

static struct match match_long(const struct request *r, const struct eun_tool *tool, const char *text, size_t n)
{
	for (size_t i = 0; i < n_options; i++)
		if (options[i].commands & 1u << r->command && same(options[i].name, text, n))
			return (struct match){.common = &options[i]};
	for (uint32_t i = 0; tool && i < tool->options.count; i++)
		if (same(own_option(tool, i).name, text, n))
			return (struct match){.own = own_option(tool, i)};
	return (struct match){0};
}

static struct match match_letter(const struct request *r, const struct eun_tool *tool, char letter)
{
	for (size_t i = 0; i < n_options; i++)
		if (options[i].commands & 1u << r->command && options[i].letter == letter)
			return (struct match){.common = &options[i]};
	for (uint32_t i = 0; tool && i < tool->options.count; i++)
		if (own_option(tool, i).letter == letter)
			return (struct match){.own = own_option(tool, i)};
	return (struct match){0};
}

static int unknown(const struct request *r, const struct eun_tool *tool, const char *text, char *why, size_t why_size)
{
	const char *names[128];
	size_t n = 0;
	const char *where = commands[r->command].name;
	for (size_t i = 0; i < n_options; i++)
		if (options[i].commands & 1u << r->command)
			names[n++] = options[i].name;
	for (uint32_t i = 0; tool && i < tool->options.count && n < 128; i++)
		names[n++] = own_option(tool, i).name;
	char name[64];
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, "="), text);
	const char *near = nearest_name(name + strspn(name, "-"), names, n);
	snprintf(why, why_size, "unknown option '%s'%s%s%s (see eunomia%s%s%s%s --help)", name,
		 near ? ", did you mean '--" : "", near ? near : "", near ? "'?" : "", where ? " " : "",
		 where ? where : "", tool && tool != commands[r->command].own ? " " : "",
		 tool && tool != commands[r->command].own ? tool->name : "");
	return -EINVAL;
}

static int take(struct request *r, const struct match *m, const char *value, const char *shown, char *why,
		size_t why_size)
{
	const char *name = m->common ? m->common->name : m->own.name;
	if (r->n_given_names < sizeof(r->given_names) / sizeof(r->given_names[0]))
		r->given_names[r->n_given_names++] = name;
	if (!m->common) {
		if (r->n_given == sizeof(r->given) / sizeof(r->given[0])) {
			snprintf(why, why_size, "too many options");
			return -EINVAL;
		}
		r->given[r->n_given++] = (struct given){m->own, value};
		return 0;
	}
	char reason[256] = "";
	int err = m->common->take(r, value, reason, sizeof(reason));
	if (err)
		snprintf(why, why_size, "option %s: %s", shown, *reason ? reason : strerror(-err));
	return err;
}

static bool has_value(const struct match *m)
{
	return (m->common ? m->common->value : m->own.value) != NULL;
}

/* --name, --name=value, --name value */
static int parse_long(struct request *r, const struct eun_tool *tool, char **argv, int argc, int *at, char *why,
		      size_t why_size)
{
	const char *text = argv[*at] + 2;
	size_t n = strcspn(text, "=");
	struct match m = match_long(r, tool, text, n);
	char shown[64];
	snprintf(shown, sizeof(shown), "--%.*s", (int)n, text);
	if (!m.common && !m.own.name)
		return unknown(r, tool, argv[*at], why, why_size);
	if (!has_value(&m)) {
		if (!text[n])
			return take(r, &m, NULL, shown, why, why_size);
		snprintf(why, why_size, "option %s takes no value", shown);
		return -EINVAL;
	}
	if (!text[n] && *at + 1 >= argc) {
		snprintf(why, why_size, "option %s needs a value", shown);
		return -EINVAL;
	}
	const char *value = text[n] ? text + n + 1 : argv[++*at];
	return take(r, &m, value, shown, why, why_size);
}

/* -x, -xy, -T30, -T 30 */
static int parse_short(struct request *r, const struct eun_tool *tool, char **argv, int argc, int *at, char *why,
		       size_t why_size)
{
	/* a command's own options with names of two letters, as -sc: they stand behind one dash, too */
	if (strlen(argv[*at]) == 3 && match_long(r, tool, argv[*at] + 1, 2).own.name) {
		char name[] = {'-', '-', argv[*at][1], argv[*at][2], '\0'}, *words[] = {name, argv[*at + 1]};
		int one = 0, err = parse_long(r, tool, words, *at + 1 < argc ? 2 : 1, &one, why, why_size);
		*at += one;
		return err;
	}
	for (const char *p = argv[*at] + 1; *p; p++) {
		struct match m = match_letter(r, tool, *p);
		char shown[4] = {'-', *p, '\0'};
		if (!m.common && !m.own.name)
			return unknown(r, tool, shown, why, why_size);
		const char *value = NULL;
		if (has_value(&m)) {
			if (!p[1] && *at + 1 >= argc) {
				snprintf(why, why_size, "option %s needs a value", shown);
				return -EINVAL;
			}
			value = p[1] ? p + 1 : argv[++*at];
		}
		int err = take(r, &m, value, shown, why, why_size);
		if (err || value)
			return err;
	}
	return 0;
}

static void find_plugin_paths(struct texts *to, int argc, char **argv)
{
	static const char name[] = "--plugin-path";
	size_t n = sizeof(name) - 1;
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name) && i + 1 < argc)
			add_text(to, argv[++i]);
		else if (!strncmp(argv[i], name, n) && argv[i][n] == '=')
			add_text(to, argv[i] + n + 1);
}

void parse_command(struct request *r, int argc, char **argv, const char **tool)
{
	*tool = NULL;
	r->command = COMMAND_PLUGIN;
	for (int c = 0; argc > 1 && c < COMMANDS; c++)
		if (commands[c].name && !strcmp(argv[1], commands[c].name))
			r->command = (enum command_id)c;
	if (r->command == COMMAND_RUN && argc > 2 && argv[2][0] != '-')
		*tool = argv[2];
	find_plugin_paths(&r->plugin_paths, argc, argv);
}

static int operands_check(const struct request *r, const struct eun_tool *tool, char *why, size_t why_size)
{
	const struct command *c = &commands[r->command];
	bool right = r->operands.n >= c->operands_min && r->operands.n <= c->operands_max;
	if (r->command == COMMAND_RUN && !tool) /* it was not the word behind `run` */
		right = false;
	if (r->help || r->version || right)
		return 0;
	if (!c->name && r->operands.n) {
		const char *names[COMMANDS];
		size_t n = 0;
		for (int i = 0; i < COMMANDS; i++)
			if (commands[i].name)
				names[n++] = commands[i].name;
		const char *near = nearest_name(r->operands.items[0], names, n);
		if (near && !strcmp(near, r->operands.items[0]))
			snprintf(why, why_size, "the command comes first: eunomia %s ... (see eunomia --help)", near);
		else
			snprintf(why, why_size, "unknown command '%s'%s%s%s (see eunomia --help)", r->operands.items[0],
				 near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	} else {
		snprintf(why, why_size, "usage: eunomia %s %s [options]", c->name ? c->name : "", c->operands);
	}
	return -EINVAL;
}

int parse_request(struct request *r, int argc, char **argv, const struct eun_tool *tool, char *why, size_t why_size)
{
	bool only_operands = false;
	tool = tool ? tool : commands[r->command].own;
	for (int i = commands[r->command].name ? 2 : 1; i < argc; i++) {
		const char *text = argv[i];
		int err = 0;
		if (only_operands || text[0] != '-' || !text[1]) {
			err = add_text(&r->operands, text);
		} else if (text[1] != '-') {
			err = parse_short(r, tool, argv, argc, &i, why, why_size);
		} else if (text[2]) {
			err = parse_long(r, tool, argv, argc, &i, why, why_size);
		} else {
			only_operands = r->dashes = true;
		}
		if (err)
			return err;
	}
	return operands_check(r, tool, why, why_size);
}

static void print_option(const char *name, char letter, const char *value, const char *help)
{
	char left[64];
	char short_form[5] = "    ";
	if (letter)
		snprintf(short_form, sizeof(short_form), "-%c, ", letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", short_form, name, value ? " " : "", value ? value : "");
	printf("  %-32s %s\n", left, help);
}

void print_help(const struct request *r, const struct eun_tool *tool)
{
	const struct command *c = &commands[r->command];
	if (tool)
		printf("eunomia run %s: %s\n\nusage: eunomia run %s [options]\n", tool->name, tool->help, tool->name);
	else if (c->name)
		printf("eunomia %s: %s\n\nusage: eunomia %s %s [options]\n", c->name, c->help, c->name, c->operands);
	else
		printf("eunomia: see what a Linux machine and its containers are doing\n\n"
		       "usage: eunomia --plugin A,B [options]\n");
	for (int i = 0; !c->name && i < COMMANDS; i++)
		if (commands[i].name) {
			char left[64];
			snprintf(left, sizeof(left), "eunomia %s %s", commands[i].name, commands[i].operands);
			printf("       %-48s %s\n", left, commands[i].help);
		}
	tool = tool ? tool : c->own;
	if (tool && tool->options.count) {
		printf("\noptions of %s:\n", tool->name);
		for (uint32_t i = 0; i < tool->options.count; i++) {
			struct eun_tool_option o = own_option(tool, i);
			print_option(o.name, o.letter, o.value, o.help);
		}
	}
	printf("\noptions:\n");
	for (size_t i = 0; i < n_options; i++)
		if (options[i].commands & 1u << r->command)
			print_option(options[i].name, options[i].letter, options[i].value, options[i].help);
}
