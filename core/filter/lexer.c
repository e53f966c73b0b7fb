/* SPDX-License-Identifier: MIT */
#include "lexer.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define TEXT_MAX 65536

const char *const op_names[OPS] = {
	"=",         "!=",         "<",        "<=",   ">",     ">=",  "in",     "contains",
	"icontains", "startswith", "endswith", "glob", "regex", "has", "exists",
};

/* Longer ones first: the first that fits is taken. */
static const struct {
	const char *text;
	enum token_kind kind;
	enum op op;
} symbols[] = {
	{"==", TOKEN_OP, OP_EQ}, {"!=", TOKEN_OP, OP_NE}, {"<=", TOKEN_OP, OP_LE}, {">=", TOKEN_OP, OP_GE},
	{"=", TOKEN_OP, OP_EQ},  {"<", TOKEN_OP, OP_LT},  {">", TOKEN_OP, OP_GT},  {"(", TOKEN_OPEN, 0},
	{")", TOKEN_CLOSE, 0},   {",", TOKEN_COMMA, 0},
};

static const struct {
	const char *text;
	enum token_kind kind;
} keywords[] = {{"and", TOKEN_AND}, {"or", TOKEN_OR}, {"not", TOKEN_NOT}};

int lexer_init(struct lexer *lexer, const char *text, const struct filter_source *source, struct filter_error *error)
{
	*lexer = (struct lexer){
		.next = text,
		.at = source ? (struct place){source->line, source->column} : (struct place){1, 1},
		.report.error = error,
	};
	size_t len = strlen(text);
	if (len > TEXT_MAX)
		return report_fail(&lexer->report, lexer->at, "the expression has %zu bytes, at most %d", len,
				   TEXT_MAX);
	return 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Bytes above ASCII are part of words: names of files are in any encoding. */
static bool is_word(char c)
{
	return c && !strchr("()=!<>,\"'", c) && (unsigned char)c > ' ' && c != 0x7f;
}

/* Columns count characters: the second and later bytes of one in UTF-8 don't. */
static void step(struct lexer *lexer)
{
	unsigned char c = (unsigned char)*lexer->next++;
	if (c == '\n') {
		lexer->at.line++;
		lexer->at.column = 1;
	} else if ((c & 0xc0) != 0x80) {
		lexer->at.column++;
	}
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* The byte that an escape stands for, -1: none. `*len` is its length without the backslash. */
static int escape(const char *at, uint32_t *len)
{
	static const char from[] = "\\\"'nrt", to[] = "\\\"'\n\r\t";
	const char *known = *at ? strchr(from, *at) : NULL;
	*len = 1;
	if (known)
		return to[known - from];
	if (*at != 'x' || hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0)
		return -1;
	*len = 3;
	return hex_digit(at[1]) << 4 | hex_digit(at[2]);
}

static int quoted_text(struct lexer *lexer, struct token *out)
{
	char end = *lexer->next;
	step(lexer);
	while (*lexer->next != end) {
		if (!*lexer->next || *lexer->next == '\n')
			return report_fail(&lexer->report, out->at, "unterminated string: no closing %c", end);
		if (*lexer->next == '\\' && lexer->next[1] && lexer->next[1] != '\n') {
			uint32_t len;
			int c = escape(lexer->next + 1, &len);
			if (c < 0)
				return report_fail(&lexer->report, lexer->at,
						   "unknown escape '%s' (there are \\\\ \\\" \\' \\n \\r \\t \\xHH)",
						   report_quote(lexer->next, 2).s);
			if (!c)
				return report_fail(&lexer->report, lexer->at, "a text can't hold a NUL byte");
			for (uint32_t i = 0; i < len; i++)
				step(lexer);
		}
		step(lexer);
	}
	step(lexer);
	out->kind = TOKEN_TEXT;
	return 0;
}

static void word(struct lexer *lexer, struct token *out)
{
	while (is_word(*lexer->next))
		step(lexer);
	size_t len = (size_t)(lexer->next - out->start);
	out->kind = TOKEN_WORD;
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (strlen(keywords[i].text) == len && !memcmp(keywords[i].text, out->start, len))
			out->kind = keywords[i].kind;
	for (enum op op = OP_IN; op < OPS; op++)
		if (strlen(op_names[op]) == len && !memcmp(op_names[op], out->start, len)) {
			out->kind = TOKEN_OP;
			out->op = op;
		}
}

int lexer_next(struct lexer *lexer, struct token *out)
{
	while (is_space(*lexer->next))
		step(lexer);
	*out = (struct token){.start = lexer->next, .at = lexer->at};
	char c = *lexer->next;
	if (!c) {
		out->kind = TOKEN_END;
		return 0;
	}
	int err = 0;
	if (c == '"' || c == '\'') {
		err = quoted_text(lexer, out);
	} else if (is_word(c)) {
		word(lexer, out);
	} else {
		size_t i = 0, n = sizeof(symbols) / sizeof(symbols[0]);
		while (i < n && strncmp(lexer->next, symbols[i].text, strlen(symbols[i].text)))
			i++;
		if (i == n)
			return report_fail(&lexer->report, out->at,
					   c == '!' ? "unexpected '%s' (write 'not' or '!=')"
						    : "unexpected byte '%s' outside of quotes",
					   report_quote(&c, 1).s);
		for (size_t j = strlen(symbols[i].text); j; j--)
			step(lexer);
		out->kind = symbols[i].kind;
		out->op = symbols[i].op;
	}
	out->len = (uint32_t)(lexer->next - out->start);
	return err;
}

uint32_t lexer_unquote(const struct token *token, char *out)
{
	const char *at = token->start + 1, *end = token->start + token->len - 1;
	uint32_t n = 0;
	while (at < end) {
		if (*at == '\\') {
			uint32_t len;
			out[n++] = (char)escape(at + 1, &len);
			at += 1 + len;
		} else {
			out[n++] = *at++;
		}
	}
	return n;
}

bool lexer_is_name(const char *name)
{
	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_' && *p != '.' && *p != '-')
			return false;
	struct lexer lexer = {.next = name};
	struct token token = {.start = name};
	word(&lexer, &token);
	return token.kind == TOKEN_WORD && strcmp(name, "true") && strcmp(name, "false");
}
