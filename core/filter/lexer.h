/* SPDX-License-Identifier: MIT */
/* A text to tokens. */
#ifndef CORE_FILTER_LEXER_H
#define CORE_FILTER_LEXER_H

#include "report.h"

/* The operators between a field and its value, in the order of op_names. */
enum op {
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_IN,
	OP_CONTAINS,
	OP_ICONTAINS,
	OP_STARTSWITH,
	OP_ENDSWITH,
	OP_GLOB,
	OP_REGEX,
	OP_HAS,
	OP_EXISTS,
	OPS,
};
extern const char *const op_names[OPS];

enum token_kind {
	TOKEN_BAD, /* lexer_next() failed */
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_OP,
	TOKEN_WORD, /* anything else without quotes: a name, a number, an address, a text */
	TOKEN_TEXT, /* in quotes */
};

struct token {
	enum token_kind kind;
	enum op op;        /* TOKEN_OP */
	const char *start; /* as written, with its quotes */
	uint32_t len;
	struct place at;
};

struct lexer {
	const char *next;
	struct place at; /* of next */
	struct report report;
};

/* `source` may be NULL. -EINVAL: longer than 64 KiB. */
int lexer_init(struct lexer *lexer, const char *text, const struct filter_source *source, struct filter_error *error);

/* -EINVAL: no token starts here. After TOKEN_END it stays there. */
int lexer_next(struct lexer *lexer, struct token *out);

/* What the quotes of a checked TOKEN_TEXT hold, escapes resolved; `out` has room for token->len bytes. Its length. */
uint32_t lexer_unquote(const struct token *token, char *out);

/* The name of a list or macro: [A-Za-z_][A-Za-z0-9_.-]*, not a keyword, not true or false. */
bool lexer_is_name(const char *name);

#endif
