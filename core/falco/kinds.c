/* SPDX-License-Identifier: MIT */
/* A check by the kind of its field. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "falco/check.h"
#include "filter/pattern.h"

#define COMM_MAX 15

static bool no_operator(const struct check *check)
{
	check_nothing(check->t, "'%.20s' has no equivalent for %.60s", check->c->op_text, check->c->name);
	return false;
}

static bool bad_value(const struct check *check, const char *value, const char *what)
{
	check_nothing(check->t, "'%.60s' %s, which %.60s is asked for", value, what, check->c->name);
	return false;
}

/* ---- literals ---- */

void write_literal(struct buf *out, const char *text)
{
	buf_char(out, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f || c == ';') /* in INI one behind a blank begins a comment */
			buf_printf(out, "\\x%02x", c);
		else
			buf_char(out, (char)c);
	}
	buf_char(out, '"');
}

/* An address, or a network without bits behind its prefix. False: it is neither. */
static bool address(const char *text, char *out, size_t size)
{
	char copy[INET6_ADDRSTRLEN + 4], net[INET6_ADDRSTRLEN];
	unsigned char bytes[16];
	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return false;
	char *slash = strchr(copy, '/'), *end = NULL;
	if (slash)
		*slash = '\0';
	int family = strchr(copy, ':') ? AF_INET6 : AF_INET;
	unsigned long bits = family == AF_INET ? 32 : 128, prefix = slash ? strtoul(slash + 1, &end, 10) : bits;
	if (inet_pton(family, copy, bytes) != 1 || prefix > bits ||
	    (slash && (*end || !isdigit((unsigned char)slash[1]))))
		return false;
	for (unsigned long i = prefix; i < bits; i++)
		bytes[i / 8] &= (unsigned char)~(0x80 >> i % 8);
	inet_ntop(family, bytes, net, sizeof(net));
	if (slash)
		snprintf(out, size, "%s/%lu", net, prefix);
	else
		snprintf(out, size, "%s", net);
	return true;
}

void write_item(struct buf *out, const char *text)
{
	char net[INET6_ADDRSTRLEN + 8];
	size_t digits = strspn(text, "0123456789");
	if (address(text, net, sizeof(net)))
		buf_str(out, net);
	else if (digits && !text[digits])
		buf_str(out, text);
	else
		write_literal(out, text);
}

/* A text for a regular expression, its signs without their meanings. */
static void add_plain(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr(".[]{}()*+?^$|\\", *text))
			buf_char(out, '\\');
		buf_char(out, *text);
	}
}

/* before, the text as it is, behind: as a regular expression. */
static bool write_regex(const struct check *check, const char *ours, const char *before, const char *text,
			const char *behind)
{
	struct buf pattern = {0};
	struct pool pool = {0};
	const char *why = NULL;
	buf_str(&pattern, before);
	add_plain(&pattern, text);
	buf_str(&pattern, behind);
	buf_char(&pattern, '\0');
	bool ok = !pattern.failed && pattern_new(&pool, pattern.data, (uint32_t)pattern.len - 1, false, &why);
	if (ok) {
		buf_printf(check->out, "%s regex ", ours);
		write_literal(check->out, pattern.data);
	} else {
		check_nothing(check->t, "'%.60s' as a regular expression: %s", text, why ? why : "no memory");
	}
	pool_free(&pool);
	buf_free(&pattern);
	return ok;
}

/* ---- several values ---- */

typedef bool one_value(const struct check *check, const char *value);

/* One of the values: joined by `or`. */
static bool any(struct check *check, one_value *write)
{
	bool several = check->values->next != NULL;
	buf_str(check->out, several ? "(" : "");
	for (const struct falco_text *v = check->values; v; v = v->next, check->terms++) {
		buf_str(check->out, v == check->values ? "" : " or ");
		if (check->out->failed || !write(check, v->text))
			return false;
	}
	buf_str(check->out, several ? ")" : "");
	return true;
}

/* `=`, `in`, and `!=` of what has a value. */
static bool equal(struct check *check, one_value *write)
{
	if (check->c->op != FALCO_NE)
		return any(check, write);
	buf_printf(check->out, "(%s exists and not ", check->ours);
	if (!any(check, write))
		return false;
	buf_char(check->out, ')');
	return true;
}

static bool is_equality(enum falco_op op)
{
	return op == FALCO_EQ || op == FALCO_NE || op == FALCO_IN;
}

/* ---- texts ---- */

static bool plain(struct check *check, const char *op)
{
	buf_printf(check->out, "%s %s ", check->ours, op);
	write_literal(check->out, check->values->text);
	return true;
}

/* Patterns that fnmatch has and we haven't. */
static bool glob(struct check *check)
{
	const char *text = check->values->text;
	for (const char *p = text; *p; p++)
		if ((p[1] == '(' && strchr("?*+@!", *p)) || (*p == '[' && p[1] == '^'))
			return bad_value(check, text, "is a pattern of a kind");
	return plain(check, "glob");
}

/* All of the text must fit. */
static bool regex(struct check *check)
{
	struct buf pattern = {0};
	struct pool pool = {0};
	const char *why = NULL;
	buf_str(&pattern, "^(");
	buf_str(&pattern, check->values->text);
	buf_str(&pattern, ")$");
	buf_char(&pattern, '\0');
	bool ok = !pattern.failed && pattern_new(&pool, pattern.data, (uint32_t)pattern.len - 1, false, &why);
	if (ok) {
		buf_printf(check->out, "%s regex ", check->ours);
		write_literal(check->out, pattern.data);
	} else {
		check_nothing(check->t, "the regular expression '%.60s': %s", check->values->text,
			      why ? why : "no memory");
	}
	pool_free(&pool);
	buf_free(&pattern);
	return ok;
}

/* Lists by their names. */
static bool text_in(struct check *check)
{
	buf_printf(check->out, "%s in (", check->ours);
	for (const struct falco_text *v = check->c->values; v; v = v->next) {
		struct falco_list *list = file_list(check->t->file, v->text);
		buf_str(check->out, v == check->c->values ? "" : ", ");
		if (list)
			buf_str(check->out, list->ours);
		else
			write_literal(check->out, v->text);
	}
	for (const struct falco_text *v = check->values; v; v = v->next)
		check->terms++;
	buf_char(check->out, ')');
	return true;
}

/* The path itself, or what is below. */
static bool below(const struct check *check, const char *value)
{
	size_t n = strlen(value);
	while (n > 1 && value[n - 1] == '/')
		n--;
	char *path = strndup(value, n);
	if (!path || strpbrk(value, "*?[")) {
		free(path);
		return bad_value(check, value, "is a pattern");
	}
	buf_printf(check->out, "%s%s startswith ", check->field->kind == FIELD_DIRECTORY ? "" : "(", check->ours);
	size_t start = check->out->len;
	write_literal(check->out, path);
	if (n > 1 && check->out->len > start) {
		check->out->len--;
		buf_str(check->out, "/\"");
	}
	if (check->field->kind != FIELD_DIRECTORY) {
		buf_printf(check->out, " or %s = ", check->ours);
		write_literal(check->out, path);
		buf_char(check->out, ')');
	}
	free(path);
	return true;
}

static bool write_text(struct check *check)
{
	static const char *const names[FALCO_OPS] = {
		[FALCO_EQ] = "=",
		[FALCO_NE] = "!=",
		[FALCO_CONTAINS] = "contains",
		[FALCO_ICONTAINS] = "icontains",
		[FALCO_STARTSWITH] = "startswith",
		[FALCO_ENDSWITH] = "endswith",
	};
	enum falco_op op = check->c->op;
	if (op == FALCO_NE && !strcmp(check->values->text, "<NA>")) {
		buf_printf(check->out, "%s exists", check->ours);
		return true;
	}
	if (op == FALCO_IN)
		return text_in(check);
	if (op == FALCO_PMATCH)
		return any(check, below);
	if (op == FALCO_GLOB)
		return glob(check);
	if (op == FALCO_REGEX)
		return regex(check);
	return names[op] ? plain(check, names[op]) : no_operator(check);
}

/* ---- parts of paths ---- */

static bool is_basename(const struct check *check, const char *value)
{
	buf_printf(check->out, "%s endswith ", check->ours);
	size_t start = check->out->len;
	write_literal(check->out, value);
	if (check->out->len == start || !buf_room(check->out, 1))
		return true;
	memmove(check->out->data + start + 2, check->out->data + start + 1, check->out->len - start - 1);
	check->out->data[start + 1] = '/';
	check->out->len++;
	return true;
}

static bool write_basename(struct check *check)
{
	const char *value = check->values ? check->values->text : "";
	if (is_equality(check->c->op))
		return equal(check, is_basename);
	if (strchr(value, '/'))
		return no_operator(check);
	if (check->c->op == FALCO_ENDSWITH)
		return plain(check, "endswith");
	if (check->c->op == FALCO_STARTSWITH)
		return write_regex(check, check->ours, "/", value, "[^/]*$");
	if (check->c->op == FALCO_CONTAINS)
		return write_regex(check, check->ours, "", value, "[^/]*$");
	return no_operator(check);
}

/* The path begins with it and a slash, and no slash comes later. */
static bool is_directory(const struct check *check, const char *value)
{
	char path[512];
	size_t n = strlen(value);
	if ((size_t)snprintf(path, sizeof(path), "%s/", n == 1 && *value == '/' ? "" : value) >= sizeof(path))
		return bad_value(check, value, "is too long for a pattern");
	buf_printf(check->out, "(%s startswith ", check->ours);
	write_literal(check->out, path);
	buf_str(check->out, " and not ");
	if (!write_regex(check, check->ours, "^", path, ".*/"))
		return false;
	buf_char(check->out, ')');
	return true;
}

static bool write_directory(struct check *check)
{
	const char *value = check->values ? check->values->text : "";
	if (is_equality(check->c->op))
		return equal(check, is_directory);
	if (check->c->op == FALCO_PMATCH)
		return any(check, below);
	if (check->c->op == FALCO_STARTSWITH)
		return write_regex(check, check->ours, "^", value, strcmp(value, "/") ? ".*/" : "");
	if (check->c->op == FALCO_CONTAINS && strcmp(value, "/") != 0)
		return write_regex(check, check->ours, "", value, ".*/");
	if (check->c->op == FALCO_ENDSWITH && strcmp(value, "/") != 0)
		return write_regex(check, check->ours, "", value, "/[^/]*$");
	return no_operator(check);
}

/* A name of as many bytes as a thread's name has may be the beginning of a longer one. */
static bool is_program(const struct check *check, const char *value)
{
	return strlen(value) == COMM_MAX ? write_regex(check, check->ours, "/", value, "[^/]*$")
					 : is_basename(check, value);
}

static bool write_programs(struct check *check)
{
	if (check->c->op == FALCO_EQ || check->c->op == FALCO_IN)
		return any(check, is_program);
	if (check->c->op == FALCO_STARTSWITH && !strchr(check->values->text, '/'))
		return write_regex(check, check->ours, "/", check->values->text, "[^/]*$");
	return no_operator(check);
}

/* ---- arguments ---- */

/* All of them, behind the first word, or a beginning. */
static bool first_and(const struct check *check, const char *value, const char *behind)
{
	const char *blank = strchr(value, ' ');
	if (!blank && !*behind) { /* a beginning of the name, or all of it */
		buf_printf(check->out, "%s startswith ", check->more);
		write_literal(check->out, value);
		return true;
	}
	char *name = blank ? strndup(value, (size_t)(blank - value)) : strdup(value);
	if (!name)
		return bad_value(check, value, "is too long");
	buf_printf(check->out, "(%s = ", check->more);
	write_literal(check->out, name);
	buf_str(check->out, " and ");
	free(name);
	if (!write_regex(check, check->ours, "^[^ ]*", blank ? blank : "", behind))
		return false;
	buf_char(check->out, ')');
	return true;
}

static bool is_cmdline(const struct check *check, const char *value)
{
	return first_and(check, value, "$");
}

static bool begins_cmdline(const struct check *check, const char *value)
{
	return first_and(check, value, "");
}

static bool write_cmdline(struct check *check)
{
	enum falco_op op = check->c->op;
	if (is_equality(op))
		return equal(check, is_cmdline);
	if (op == FALCO_STARTSWITH)
		return any(check, begins_cmdline);
	return op == FALCO_CONTAINS || op == FALCO_ICONTAINS || op == FALCO_ENDSWITH ? write_text(check)
										     : no_operator(check);
}

static bool is_args(const struct check *check, const char *value)
{
	return write_regex(check, check->ours, *value ? "^[^ ]* " : "^[^ ]*", value, "$");
}

static bool write_args(struct check *check)
{
	enum falco_op op = check->c->op;
	if (is_equality(op))
		return equal(check, is_args);
	if (op == FALCO_STARTSWITH)
		return write_regex(check, check->ours, "^[^ ]* ", check->values->text, "");
	return op == FALCO_CONTAINS || op == FALCO_ICONTAINS || op == FALCO_ENDSWITH ? write_text(check)
										     : no_operator(check);
}

/* ---- images ---- */

/* With a tag, a digest or neither. */
static bool is_image(const struct check *check, const char *value)
{
	return write_regex(check, check->ours, "^", value, "([:@].*)?$");
}

static bool write_image(struct check *check)
{
	enum falco_op op = check->c->op;
	if (is_equality(op))
		return equal(check, is_image);
	if (op == FALCO_ENDSWITH)
		return write_regex(check, check->ours, "", check->values->text, "(:[^/]*|@.*)?$");
	return op == FALCO_CONTAINS || op == FALCO_STARTSWITH || op == FALCO_EXISTS ? write_text(check)
										    : no_operator(check);
}

/* ---- numbers, addresses, labels, conditions ---- */

static bool number(const struct check *check, const char *text)
{
	char *end;
	bool is_signed = !strcmp(check->field->ours, "fd") || !strcmp(check->field->ours, "new_fd");
	unsigned long long max = strstr(check->field->ours, "port")       ? UINT16_MAX
				 : strstr(check->field->ours, "duration") ? INT64_MAX
									  : INT32_MAX;
	errno = 0;
	long long n = strtoll(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	if (end == text || *end || errno || isspace((unsigned char)*text) || *text == '+' || (n < 0 && !is_signed) ||
	    n < INT32_MIN || (n > 0 && (unsigned long long)n > max))
		return bad_value(check, text, "is no number of the kind");
	buf_printf(check->out, "%lld", n);
	return true;
}

static bool listed(struct check *check, one_value *write)
{
	for (const struct falco_text *v = check->values; v; v = v->next, check->terms++) {
		buf_str(check->out, v == check->values ? "" : ", ");
		if (!write(check, v->text))
			return false;
	}
	return true;
}

static bool write_number(struct check *check)
{
	static const char *const names[FALCO_OPS] = {
		[FALCO_EQ] = "=", [FALCO_NE] = "!=", [FALCO_LT] = "<",    [FALCO_LE] = "<=",
		[FALCO_GT] = ">", [FALCO_GE] = ">=", [FALCO_IN] = "in (",
	};
	enum falco_op op = check->c->op;
	if (!names[op])
		return no_operator(check);
	buf_printf(check->out, "%s %s%s", check->ours, names[op], op == FALCO_IN ? "" : " ");
	bool ok = listed(check, number);
	buf_str(check->out, op == FALCO_IN ? ")" : "");
	return ok;
}

static bool one_address(const struct check *check, const char *value)
{
	char net[INET6_ADDRSTRLEN + 8];
	if (!address(value, net, sizeof(net)))
		return bad_value(check, value, "is no address or network");
	buf_str(check->out, net);
	return true;
}

/* Of a `!=` the `not` is before all rows. */
static bool write_address(struct check *check)
{
	if (!is_equality(check->c->op))
		return no_operator(check);
	buf_printf(check->out, "%s in (", check->ours);
	bool ok = listed(check, one_address);
	buf_char(check->out, ')');
	return ok;
}

static bool label(const struct check *check, const char *value)
{
	const struct falco_host *host = check->t->host;
	char stream[64];
	size_t dot = strlen(check->ours) - strlen(check->field->ours);
	snprintf(stream, sizeof(stream), "%.*s", dot ? (int)(dot - 1) : 0, check->ours);
	size_t n = strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	if (!n || value[n] || strncmp(value, check->more, strlen(check->more)) != 0 ||
	    (host->has_label && !host->has_label(host->context, stream, check->field->ours, value)))
		return bad_value(check, value, "is no name of the kind");
	buf_str(check->out, value);
	return true;
}

/* `contains` looks for a part of the name; a whole one is meant. */
static bool write_label(struct check *check)
{
	enum falco_op op = check->c->op;
	if (!is_equality(op) && op != FALCO_CONTAINS)
		return no_operator(check);
	buf_printf(check->out, "%s %s", check->ours, op == FALCO_IN ? "in (" : op == FALCO_NE ? "!= " : "= ");
	bool ok = listed(check, label);
	buf_str(check->out, op == FALCO_IN ? ")" : "");
	return ok;
}

static bool write_condition(struct check *check)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = {{"true", true}, {"1", true}, {"yes", true}, {"false", false}, {"0", false}, {"no", false}};
	if (check->c->op != FALCO_EQ && check->c->op != FALCO_NE)
		return no_operator(check);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].text, check->values->text)) {
			bool is = words[i].value == (check->c->op == FALCO_EQ);
			buf_printf(check->out, "%s%s", is ? "" : "not ", check->ours);
			check->terms++;
			return true;
		}
	return bad_value(check, check->values->text, "is neither true nor false");
}

bool check_write(struct check *check)
{
	static bool (*const kinds[])(struct check *) = {
		[FIELD_TEXT] = write_text,           [FIELD_NUMBER] = write_number,
		[FIELD_ADDRESS] = write_address,     [FIELD_LABEL] = write_label,
		[FIELD_BASENAME] = write_basename,   [FIELD_DIRECTORY] = write_directory,
		[FIELD_PROGRAMS] = write_programs,   [FIELD_CMDLINE] = write_cmdline,
		[FIELD_ARGS] = write_args,           [FIELD_IMAGE] = write_image,
		[FIELD_CONDITION] = write_condition,
	};
	if (check->c->op == FALCO_EXISTS) {
		if (check->field->kind == FIELD_CONDITION)
			return no_operator(check);
		buf_printf(check->out, "%s exists", check->ours);
		return true;
	}
	if (!check->values &&
	    (check->field->kind != FIELD_TEXT || check->c->op != FALCO_IN)) { /* a list without items */
		buf_str(check->out, "false");
		return true;
	}
	return kinds[check->field->kind](check);
}
