/* SPDX-License-Identifier: MIT */
/*
 * The text form: names or numbers between blanks, commas or line ends; '#' begins a comment. A name may have conditions
 * on its arguments and an action:
 *
 *	@default errno(EPERM)
 *	@arch x86_64
 *	read write 39
 *	ioctl[1&0xffffffff=0x5401]
 *	mount:errno(ENOSYS)
 *
 * So any list of names or numbers is a profile.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "profile_io.h"

/* As they are written, longest first. */
static const struct {
	const char *text;
	enum profile_op op;
} ops[] = {
	{"!=", PROFILE_NE}, {"<=", PROFILE_LE}, {">=", PROFILE_GE},
	{"=", PROFILE_EQ},  {"<", PROFILE_LT},  {">", PROFILE_GT},
};
#define N_OPS (sizeof(ops) / sizeof(ops[0]))

struct text_parser {
	struct profile *out;
	const struct profile_source *source;
	uint32_t line;
	uint32_t arches; /* that rules are for */
	bool named;      /* by @arch, once */
	char *why;
	size_t why_size;
};

static int refuse(const struct text_parser *p, const char *what, const char *word)
{
	snprintf(p->why, p->why_size, "%s:%u: %s '%.60s'", p->source->name, p->line, what, word);
	return -EINVAL;
}

static bool number(const char **at, uint64_t *out)
{
	char *end;
	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*out = strtoull(*at, &end, 0);
	*at = end;
	return !errno;
}

/* 1=0x5401, 0&0xff!=... is not: masks go with = alone. */
static bool condition(const char **at, struct profile_cond *c)
{
	uint64_t arg;
	*c = (struct profile_cond){0};
	if (!number(at, &arg) || arg > 5)
		return false;
	c->arg = (uint8_t)arg;
	if (**at == '&') {
		++*at;
		if (!number(at, &c->mask) || **at != '=')
			return false;
		++*at;
		c->op = PROFILE_MASKED_EQ;
		return number(at, &c->value);
	}
	size_t i = 0;
	while (i < N_OPS && strncmp(*at, ops[i].text, strlen(ops[i].text)) != 0)
		i++;
	if (i == N_OPS)
		return false;
	*at += strlen(ops[i].text);
	c->op = (uint8_t)ops[i].op;
	return number(at, &c->value);
}

/* What stands between the brackets; `at` is behind the first. */
static bool conditions(const char **at, struct profile_rule *rule)
{
	do {
		if (rule->n_conds == PROFILE_CONDS || !condition(at, &rule->conds[rule->n_conds++]))
			return false;
	} while (*(*at)++ == ';');
	return (*at)[-1] == ']';
}

/* The rule for each of the architectures that have the call. */
static int add_named(const struct text_parser *p, struct profile_rule *rule, const char *name)
{
	bool any = false;
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++) {
		const char *at = name;
		uint64_t n;
		int64_t nr = number(&at, &n) && !*at && n < UINT32_MAX ? (int64_t)n : call_number(a, name);
		if (!(p->arches & 1u << a) || nr < 0)
			continue;
		rule->nr = (uint32_t)nr;
		int err = profile_add(p->out, a, rule);
		if (err == -EINVAL)
			return refuse(p, "no system call has the number", name);
		if (err)
			return err;
		any = true;
	}
	if (!any && isdigit((unsigned char)*name))
		return refuse(p, "not a number or name:", name);
	if (!any)
		profile_warn(p->source, "line %u: %s '%.60s', left out", p->line,
			     call_known(name) ? "these architectures have no system call" : "unknown system call",
			     name);
	return 0;
}

static int word(struct text_parser *p, char *text)
{
	struct profile_rule rule = {0};
	const char *at = text + strcspn(text, "[:");
	char *end = (char *)at;
	if (*at == '[') {
		at++;
		if (!conditions(&at, &rule))
			return refuse(p, "conditions are like ioctl[1=0x5401;2!=0] or clone[0&0xff=17], not", text);
	}
	if (*at && *at != ':')
		return refuse(p, "a name ends with [ or :, not", text);
	if (*at == ':' && action_parse(at + 1, &rule.action))
		return refuse(p, "no action is named", at + 1);
	*end = '\0';
	if (!*text)
		return refuse(p, "no name before", at);
	return add_named(p, &rule, text);
}

static int directive(struct text_parser *p, const char *name, const char *value)
{
	if (!strcmp(name, "@default"))
		return action_parse(value, &p->out->def) ? refuse(p, "no action is named", value) : 0;
	if (strcmp(name, "@arch") != 0)
		return refuse(p, "there are @default and @arch, not", name);
	int arch = arch_find(value);
	if (arch < 0)
		return refuse(p, "no architecture known here is named", value);
	p->arches = 1u << arch;
	p->out->arches |= 1u << arch;
	p->named = true;
	return 0;
}

static int text_line(struct text_parser *p, char *line)
{
	static const char between[] = " \t\r,";
	char *save = NULL;
	line[strcspn(line, "#")] = '\0';
	for (char *w = strtok_r(line, between, &save); w; w = strtok_r(NULL, between, &save)) {
		char *value = *w == '@' ? strtok_r(NULL, between, &save) : NULL;
		int err = *w == '@' ? directive(p, w, value ? value : "") : word(p, w);
		if (err)
			return err;
	}
	return 0;
}

/* Control bytes and bytes past ASCII are in no name. */
static bool plain(const char *line)
{
	for (; *line && *line != '#'; line++)
		if ((*line < ' ' && *line != '\t' && *line != '\r') || *line > '~')
			return false;
	return true;
}

int profile_parse_text(struct profile *out, const struct profile_source *source, const char *bytes, size_t len,
		       char *why, size_t why_size)
{
	struct text_parser p = {out, source, 0, 1u << profile_native(), false, why, why_size};
	int err = 0;
	snprintf(why, why_size, "%s: no memory", source->name);
	out->arches |= 0;
	while (len && !err) {
		const char *end = memchr(bytes, '\n', len);
		size_t n = end ? (size_t)(end - bytes) : len;
		char *line = strndup(bytes, n);
		p.line++;
		if (!line)
			return -ENOMEM;
		if (strlen(line) != n || !plain(line)) {
			snprintf(why, why_size, "%s:%u: neither JSON nor a list of names or numbers", source->name,
				 p.line);
			err = -EINVAL;
		} else {
			err = text_line(&p, line);
		}
		free(line);
		bytes += n + (end != NULL);
		len -= n + (end != NULL);
	}
	if (!err && !out->arches)
		out->arches = 1u << profile_native();
	return err;
}

static const char *op_text(uint32_t op)
{
	size_t i = 0;
	while (ops[i].op != op)
		i++;
	return ops[i].text;
}

void profile_rule_text(enum profile_arch arch, const struct profile_rule *r, struct buf *out)
{
	char name[CALL_NAME_MAX];
	call_name(arch, r->nr, name, sizeof(name));
	buf_str(out, name);
	for (uint32_t i = 0; i < r->n_conds; i++) {
		const struct profile_cond *c = &r->conds[i];
		buf_printf(out, "%c%u", i ? ';' : '[', c->arg);
		if (c->op == PROFILE_MASKED_EQ)
			buf_printf(out, "&0x%" PRIx64 "=", c->mask);
		else
			buf_str(out, op_text(c->op));
		buf_printf(out, "0x%" PRIx64, c->value);
	}
	if (r->n_conds)
		buf_char(out, ']');
}

int profile_write_text(const struct profile *p, struct buf *out)
{
	char action[ACTION_TEXT_MAX];
	size_t start = out->len;
	action_text(p->def, action, sizeof(action));
	buf_printf(out, "@default %s\n", action);
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++) {
		if (!(p->arches & 1u << a))
			continue;
		buf_printf(out, "@arch %s\n", arch_names[a].name);
		for (size_t i = 0; i < p->of[a].n; i++) {
			const struct profile_rule *r = &p->of[a].items[i];
			profile_rule_text(a, r, out);
			action_text(r->action, action, sizeof(action));
			if (r->action.act != PROFILE_ALLOW)
				buf_printf(out, ":%s", action);
			buf_char(out, '\n');
		}
	}
	return buf_commit(out, start);
}
