/* SPDX-License-Identifier: MIT */
/* Text to sections and keys. What inih would cut or pass over in silence is found before it, or as it reads a line. */
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"

#define FILE_MAX (4u << 20)
#define LINE_LEN_MAX 190
#define NAME_LEN_MAX 40

struct parsing {
	struct config *config;
	struct config_error *error;
	const char *next, *end;  /* of the text */
	const char *text;        /* of the line that inih has now */
	const char *line_buffer; /* where it has it */
	uint32_t line;
	uint32_t value_end; /* line that the last value reaches to */
	int err;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Of `n` bytes of UTF-8. */
static uint32_t characters(const char *text, size_t n)
{
	uint32_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

/* Bytes of the character at `at`, 0: not UTF-8. */
static size_t character(const unsigned char *at, const unsigned char *end)
{
	static const struct {
		uint8_t first, last; /* of the leading byte */
		uint8_t low, high;   /* of the second one */
		size_t size;
	} forms[] = {
		{0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (*at < forms[i].first || *at > forms[i].last)
			continue;
		if ((size_t)(end - at) < forms[i].size)
			return 0;
		if (forms[i].size > 1 && (at[1] < forms[i].low || at[1] > forms[i].high))
			return 0;
		for (size_t k = 2; k < forms[i].size; k++)
			if ((at[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].size;
	}
	return 0;
}

static int check_line(const char *name, uint32_t line, const char *text, size_t len, struct config_error *error)
{
	const unsigned char *start = (const unsigned char *)text, *end = start + len;
	for (const unsigned char *at = start; at < end;) {
		size_t n = character(at, end);
		uint32_t column = characters(text, (size_t)(at - start)) + 1;
		if (!n)
			return config_error_at(error, name, line, column, "not UTF-8: byte 0x%02x", *at);
		if (!*at)
			return config_error_at(error, name, line, column, "a NUL byte");
		at += n;
	}
	if (len > LINE_LEN_MAX)
		return config_error_at(error, name, line, 1,
				       "the line has %zu bytes, at most %d: a value may go on in indented lines", len,
				       LINE_LEN_MAX);
	return 0;
}

static int check_text(const char *name, const char *text, size_t len, struct config_error *error)
{
	uint32_t line = 1;
	for (const char *at = text, *end = text + len; at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((newline ? newline : end) - at);
		int err = check_line(name, line, at, n - (n && at[n - 1] == '\r'), error);
		if (err)
			return err;
		at += n + 1;
	}
	return 0;
}

static struct config_section *last_section(struct config *config)
{
	return config->n_sections ? &config->sections[config->n_sections - 1] : NULL;
}

static struct config_section *add_section(struct config *config, const char *name, size_t len, uint32_t line)
{
	struct config_section *grown =
		reallocarray(config->sections, config->n_sections + 1, sizeof(*config->sections));
	if (!grown)
		return NULL;
	config->sections = grown;
	struct config_section *section = &grown[config->n_sections];
	*section = (struct config_section){.name = strndup(name, len), .line = line, .file = config->file};
	config->n_sections += section->name != NULL;
	return section->name ? section : NULL;
}

/* The text of the line from `at` on, with inih's idea of where it ends. */
static int begin_section(struct parsing *p, const char *at, const char *end)
{
	const char *close = memchr(at, ']', (size_t)(end - at));
	uint32_t column = characters(p->text, (size_t)(at - p->text)) + 1;
	if (!close)
		return config_error_at(p->error, p->config->file, p->line, column, "no closing ]");
	const char *rest = close + 1;
	while (rest < end && is_blank(*rest))
		rest++;
	if (rest < end && *rest != ';' && *rest != '#')
		return config_error_at(p->error, p->config->file, p->line,
				       characters(p->text, (size_t)(rest - p->text)) + 1, "text behind the ]");
	at++;
	while (at < close && is_blank(*at))
		at++;
	while (close > at && is_blank(close[-1]))
		close--;
	const char *word = memchr(at, ' ', (size_t)(close - at));
	size_t len = (size_t)(close - (word ? word + 1 : at));
	if (at == close)
		return config_error_at(p->error, p->config->file, p->line, column, "a section without a name");
	if (len > NAME_LEN_MAX)
		return config_error_at(p->error, p->config->file, p->line, column,
				       "the section's name has %zu bytes, at most %d", len, NAME_LEN_MAX);
	return add_section(p->config, at, (size_t)(close - at), p->line) ? 0 : -ENOMEM;
}

/* A line for inih. Sections are taken here: inih would cut their names and not tell of empty ones. */
static char *read_line(char *buffer, int size, void *context)
{
	struct parsing *p = context;
	if (p->err || p->next >= p->end)
		return NULL;
	const char *newline = memchr(p->next, '\n', (size_t)(p->end - p->next));
	const char *end = newline ? newline + 1 : p->end;
	size_t len = (size_t)(end - p->next);
	if (len >= (size_t)size)
		len = (size_t)size - 1;
	p->text = p->next;
	p->line_buffer = buffer;
	p->next = end;
	p->line++;
	const char *at = p->text;
	if (p->line == 1 && len >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
		at += 3;
	const char *start = at;
	while (at < end && is_blank(*at))
		at++;
	const struct config_section *section = last_section(p->config);
	bool goes_on = at > start && section && section->n_keys;
	if (at < end && *at == '[' && !goes_on)
		p->err = begin_section(p, at, newline ? newline : end);
	if (p->err)
		return NULL;
	memcpy(buffer, p->text, len);
	buffer[len] = '\0';
	return buffer;
}

/* The next line of the last key's value, where it stands: behind as many line ends and blanks. */
static int append_value(struct parsing *p, struct config_key *key, const char *value)
{
	size_t lines = p->line - p->value_end, indent = (size_t)(value - p->line_buffer);
	size_t len = strlen(key->value), more = strlen(value);
	char *grown = realloc(key->value, len + lines + indent + more + 1);
	if (!grown)
		return -ENOMEM;
	memset(grown + len, '\n', lines);
	memcpy(grown + len + lines, p->text, indent);
	memcpy(grown + len + lines + indent, value, more + 1);
	key->value = grown;
	p->value_end = p->line;
	return 0;
}

static int add_key(struct parsing *p, struct config_section *section, const char *name, const char *value)
{
	size_t len = strlen(name), before = (size_t)(value - p->line_buffer);
	if (!len)
		return config_error_at(p->error, p->config->file, p->line, 1, "no name before the '='");
	if (len > NAME_LEN_MAX)
		return config_error_at(p->error, p->config->file, p->line, 1, "the name has %zu bytes, at most %d", len,
				       NAME_LEN_MAX);
	struct config_key *grown = reallocarray(section->keys, section->n_keys + 1, sizeof(*section->keys));
	if (!grown)
		return -ENOMEM;
	section->keys = grown;
	struct config_key *key = &grown[section->n_keys];
	*key = (struct config_key){strdup(name), strdup(value), p->line, characters(p->text, before) + 1, false};
	section->n_keys++;
	p->value_end = p->line;
	return key->name && key->value ? 0 : -ENOMEM;
}

static int on_value(void *context, const char *inih_section, const char *name, const char *value)
{
	struct parsing *p = context;
	struct config_section *section = last_section(p->config);
	(void)inih_section;
	if (!section)
		section = add_section(p->config, "", 0, p->line);
	if (!section)
		p->err = -ENOMEM;
	else if (section->n_keys && is_blank(*p->text))
		p->err = append_value(p, &section->keys[section->n_keys - 1], value);
	else
		p->err = add_key(p, section, name, value);
	return !p->err;
}

/* Of a line that is neither. */
static int syntax(const char *name, const char *text, size_t len, uint32_t line, struct config_error *error)
{
	const char *at = text, *end = text + len;
	for (uint32_t i = 1; i < line && at < end; i++)
		at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
	uint32_t column = 1;
	for (; at < end && is_blank(*at); at++)
		column++;
	return config_error_at(error, name, line, column, "neither 'key = value' nor '[section]' nor a comment");
}

int config_parse(struct config **out, const char *name, const char *text, size_t len, struct config_error *error)
{
	struct parsing p = {.error = error, .next = text, .end = text + len};
	if (len > FILE_MAX)
		return config_error_at(error, name, 0, 0, "has %zu bytes, at most %u", len, FILE_MAX);
	int err = check_text(name, text, len, error);
	if (err)
		return err;
	p.config = calloc(1, sizeof(*p.config));
	if (!p.config || !(p.config->file = strdup(name))) {
		config_free(p.config);
		return -ENOMEM;
	}
	int line = ini_parse_stream(read_line, &p, on_value, &p);
	err = p.err;
	if (!err && line)
		err = line > 0 ? syntax(name, text, len, (uint32_t)line, error) : -ENOMEM;
	if (err) {
		config_free(p.config);
		return err;
	}
	*out = p.config;
	return 0;
}

static int read_all(int fd, char **text, size_t *len)
{
	struct stat st;
	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > FILE_MAX)
		return -EFBIG;
	*text = malloc((size_t)st.st_size + 1);
	if (!*text)
		return -ENOMEM;
	for (ssize_t n = 1; n && *len < (size_t)st.st_size; *len += (size_t)n) {
		n = read(fd, *text + *len, (size_t)st.st_size - *len);
		if (n < 0)
			return -errno;
	}
	return 0;
}

int config_read(struct config **out, const char *path, struct config_error *error)
{
	char *text = NULL;
	size_t len = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int err = fd < 0 ? -errno : read_all(fd, &text, &len);
	if (err == -EFBIG)
		config_error_at(error, path, 0, 0, "is too large: more than %u bytes", FILE_MAX);
	else if (err)
		config_error_at(error, path, 0, 0, "%s", err == -EINVAL ? "is no regular file" : strerror(-err));
	else
		err = config_parse(out, path, text, len, error);
	free(text);
	if (fd >= 0)
		close(fd);
	return err;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->n_sections; i++) {
		struct config_section *section = &config->sections[i];
		for (size_t k = 0; k < section->n_keys; k++) {
			free(section->keys[k].name);
			free(section->keys[k].value);
		}
		free(section->keys);
		free(section->name);
	}
	free(config->sections);
	free(config->file);
	free(config);
}
