/* SPDX-License-Identifier: MIT */
#include "toml.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* A piece of the text. */
struct piece {
	const char *at;
	size_t len;
};

static const struct {
	const char *toml, *ini; /* a section that ends in '.' is named: [plugins.tcp] */
} sections[] = {
	{"", "eunomia"},       {"eunomia", "eunomia"}, {"general", "eunomia"}, {"global", "eunomia"},
	{"daemon", "eunomia"}, {"target", "target"},   {"targets", "target"},  {"filter", "target"},
	{"rules", "rules"},    {"events", "events"},   {"plugin.", "plugin"},  {"plugins.", "plugin"},
	{"output.", "output"}, {"outputs.", "output"}, {"alerts.", "output"},
};

/* Keys by the section of the INI file; of a plugin all keys are its own. */
static const struct {
	const char *section, *toml, *ini;
} keys[] = {
	{"eunomia", "log", "log"},
	{"eunomia", "log_level", "log"},
	{"eunomia", "ring_size", "ring_size"},
	{"eunomia", "btf", "btf"},
	{"target", "pid", "pid"},
	{"target", "pids", "pid"},
	{"target", "follow", "follow"},
	{"target", "uid", "uid"},
	{"target", "uids", "uid"},
	{"target", "comm", "comm"},
	{"target", "comms", "comm"},
	{"target", "container", "container"},
	{"target", "containers", "container"},
	{"rules", "path", "paths"},
	{"rules", "paths", "paths"},
	{"rules", "dir", "paths"},
	{"rules", "builtin", "builtin"},
	{"rules", "enable", "enable"},
	{"rules", "disable", "disable"},
	{"events", "path", "path"},
	{"events", "file", "path"},
	{"events", "format", "format"},
	{"output", "type", "type"},
	{"output", "path", "path"},
	{"output", "file", "path"},
	{"output", "url", "url"},
	{"output", "format", "format"},
	{"output", "severity", "severity"},
	{"output", "command", "argv"},
	{"output", "headers", "headers"},
	{"output", "rotate", "rotate"},
	{"output", "keep", "keep"},
	{"output", "timeout", "timeout"},
	{"output", "retries", "retries"},
};

bool toml_named(const char *path)
{
	size_t len = strlen(path);
	return len > 5 && !strcmp(path + len - 5, ".toml");
}

static struct piece trim(struct piece p)
{
	while (p.len && isspace((unsigned char)*p.at))
		p.at++, p.len--;
	while (p.len && isspace((unsigned char)p.at[p.len - 1]))
		p.len--;
	return p;
}

static struct piece unquote(struct piece p)
{
	p = trim(p);
	if (p.len >= 2 && (*p.at == '"' || *p.at == '\'') && p.at[p.len - 1] == *p.at)
		p.at++, p.len -= 2;
	return p;
}

static bool is(struct piece p, const char *text)
{
	return p.len == strlen(text) && !memcmp(p.at, text, p.len);
}

/* Up to a '#' that is outside of quotes. */
static struct piece without_comment(struct piece p)
{
	char quote = 0;
	for (size_t i = 0; i < p.len; i++)
		if (quote)
			quote = p.at[i] == quote ? 0 : quote;
		else if (p.at[i] == '"' || p.at[i] == '\'')
			quote = p.at[i];
		else if (p.at[i] == '#')
			p.len = i;
	return trim(p);
}

/* A line of the output; control bytes can't be in INI. */
static void put(struct buf *out, struct piece p)
{
	for (size_t i = 0; i < p.len; i++)
		buf_char(out, (unsigned char)p.at[i] < ' ' ? '?' : p.at[i]);
}

static void put_unknown(struct buf *out, struct piece line)
{
	buf_str(out, "; not recognised: ");
	put(out, line);
	buf_char(out, '\n');
}

/* "a", 1, true, ["a", "b"] */
static void put_value(struct buf *out, struct piece p)
{
	bool array = p.len >= 2 && *p.at == '[' && p.at[p.len - 1] == ']';
	if (!array) {
		put(out, unquote(p));
		return;
	}
	p.at++, p.len -= 2;
	for (bool first = true; p.len; first = false) {
		const char *comma = memchr(p.at, ',', p.len);
		size_t n = comma ? (size_t)(comma - p.at) : p.len;
		struct piece item = unquote((struct piece){p.at, n});
		if (item.len && !first)
			buf_str(out, ", ");
		put(out, item);
		p.at += n + !!comma;
		p.len -= n + !!comma;
	}
}

/* The INI section of the line "[name]"; NULL: not recognised. `n` counts those without a name of their own. */
static const char *section_of(struct buf *out, struct piece line, unsigned *n)
{
	bool many = line.len >= 4 && line.at[1] == '[';
	struct piece name = trim((struct piece){line.at + 1 + many, line.len - 2 - 2u * many});
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		const char *toml = sections[i].toml;
		size_t len = strlen(toml);
		bool named = len && toml[len - 1] == '.';
		if (named && name.len > len && !memcmp(name.at, toml, len)) {
			buf_printf(out, "\n[%s ", sections[i].ini);
			put(out, unquote((struct piece){name.at + len, name.len - len}));
			buf_str(out, "]\n");
			return sections[i].ini;
		}
		if (named && many && name.len == len - 1 && !memcmp(name.at, toml, len - 1)) {
			buf_printf(out, "\n[%s %u]\n", sections[i].ini, ++*n);
			return sections[i].ini;
		}
		if (!named && is(name, toml)) {
			buf_printf(out, "\n[%s]\n", sections[i].ini);
			return sections[i].ini;
		}
	}
	return NULL;
}

static bool put_key(struct buf *out, const char *section, struct piece line)
{
	const char *equals = memchr(line.at, '=', line.len);
	if (!equals)
		return false;
	struct piece key = unquote((struct piece){line.at, (size_t)(equals - line.at)});
	struct piece value = trim((struct piece){equals + 1, line.len - (size_t)(equals - line.at) - 1});
	const char *ini = NULL;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].section, section) && is(key, keys[i].toml))
			ini = keys[i].ini;
	if ((!ini && strcmp(section, "plugin") != 0) || !value.len ||
	    (*value.at == '[' && value.at[value.len - 1] != ']'))
		return false;
	if (ini)
		buf_str(out, ini);
	else
		put(out, key);
	buf_str(out, " = ");
	put_value(out, value);
	buf_char(out, '\n');
	return true;
}

int toml_to_ini(const char *text, size_t len, struct buf *out)
{
	const char *section = "eunomia", *end = text + len;
	bool began = false; /* what is before the first section has a header */
	unsigned n = 0;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		struct piece line = {text, (size_t)((newline ? newline : end) - text)};
		text += line.len + 1;
		line = without_comment(line);
		if (!line.len)
			continue;
		if (line.len > 2 && *line.at == '[' && line.at[line.len - 1] == ']') {
			section = section_of(out, line, &n);
			began = true;
			if (!section)
				put_unknown(out, line);
			continue;
		}
		if (!began)
			buf_str(out, "[eunomia]\n");
		began = true;
		if (!section || !put_key(out, section, line))
			put_unknown(out, line);
	}
	return out->failed ? -ENOMEM : 0;
}
