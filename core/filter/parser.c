/* SPDX-License-Identifier: MIT */
/*
 *	or      = and { "or" and }
 *	and     = not { "and" not }
 *	not     = "not" not | "(" or ")" | term
 *	term    = name [ op value | "in" value | "in" "(" values ")" | "exists" ]
 *	values  = value { "," value }
 */
#include "parser.h"

#include <errno.h>
#include <string.h>

#define DEPTH_MAX 64

struct parser {
	struct lexer lexer;
	struct token token; /* the next one, not yet taken */
	struct pool *pool;
	uint32_t depth; /* of "(" and "not" */
};

static int take(struct parser *p)
{
	return lexer_next(&p->lexer, &p->token);
}

/* What the user may have meant by the token at which we are stuck. */
static const char *meant(const struct token *token)
{
	static const char *const words[][2] = {
		{"&&", " (write 'and')"},
		{"||", " (write 'or')"},
		{"AND", " (write 'and')"},
		{"OR", " (write 'or')"},
		{"NOT", " (write 'not')"},
		{"IN", " (write 'in')"},
		{"~", " (write 'glob' or 'regex')"},
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (token->len == strlen(words[i][0]) && !memcmp(token->start, words[i][0], token->len))
			return words[i][1];
	return "";
}

static int expected(struct parser *p, const char *what)
{
	if (p->token.kind == TOKEN_END)
		return report_fail(&p->lexer.report, p->token.at, "expected %s, found the end", what);
	return report_fail(&p->lexer.report, p->token.at, "expected %s, found '%s'%s", what,
			   report_quote(p->token.start, p->token.len).s, meant(&p->token));
}

static struct node *node_new(struct parser *p, enum node_kind kind)
{
	struct node *node = pool_alloc(p->pool, sizeof(*node));
	if (node) {
		node->kind = kind;
		node->at = p->token.at;
	}
	return node;
}

static int parse_value(struct parser *p, const char *after, struct literal **out)
{
	const struct token *token = &p->token;
	if (token->kind != TOKEN_WORD && token->kind != TOKEN_TEXT) {
		if (token->kind >= TOKEN_AND && token->kind <= TOKEN_OP && token->start[0] >= 'a')
			return report_fail(&p->lexer.report, token->at, "'%s' is a keyword: for the text write \"%s\"",
					   report_quote(token->start, token->len).s,
					   report_quote(token->start, token->len).s);
		char what[48];
		snprintf(what, sizeof(what), "a value after '%s'", after);
		return expected(p, what);
	}
	struct literal *value = pool_alloc(p->pool, sizeof(*value));
	char *text = pool_copy(p->pool, token->start, token->len);
	if (!value || !text)
		return -ENOMEM;
	value->quoted = token->kind == TOKEN_TEXT;
	value->len = value->quoted ? lexer_unquote(token, text) : token->len;
	text[value->len] = '\0';
	value->text = text;
	value->at = token->at;
	*out = value;
	return take(p);
}

/* value { "," value } up to `end`, which is not taken. */
static int parse_values(struct parser *p, enum token_kind end, struct literal **out)
{
	const char *after = end == TOKEN_CLOSE ? "(" : "the start";
	for (;;) {
		int err = parse_value(p, after, out);
		if (err || p->token.kind == end)
			return err;
		if (p->token.kind != TOKEN_COMMA)
			return expected(p, end == TOKEN_CLOSE ? "',' or ')'" : "',' or the end");
		err = take(p);
		if (err)
			return err;
		out = &(*out)->next;
		after = ",";
	}
}

static int parse_list(struct parser *p, struct node *node)
{
	struct place open = p->token.at;
	int err = take(p);
	if (!err)
		err = parse_values(p, TOKEN_CLOSE, &node->values);
	if (err == -EINVAL && p->token.kind == TOKEN_END)
		return report_fail(&p->lexer.report, open, "this '(' is never closed");
	return err ? err : take(p);
}

static int parse_term(struct parser *p, struct node **out)
{
	if (p->token.kind != TOKEN_WORD)
		return expected(p, "a field, a macro, 'not' or '('");
	struct token name = p->token;
	struct node *node = *out = node_new(p, NODE_NAME);
	if (!node || !(node->name = pool_copy(p->pool, name.start, name.len)))
		return -ENOMEM;
	int err = take(p);
	if (err)
		return err;
	if (p->token.kind == TOKEN_WORD || p->token.kind == TOKEN_TEXT) {
		char what[96];
		snprintf(what, sizeof(what), "an operator after '%s'", report_quote(name.start, name.len).s);
		return expected(p, what);
	}
	if (p->token.kind != TOKEN_OP)
		return 0;
	node->kind = NODE_TERM;
	node->op = p->token.op;
	node->op_at = p->token.at;
	err = take(p);
	if (err || node->op == OP_EXISTS)
		return err;
	if (p->token.kind == TOKEN_OPEN && node->op == OP_IN)
		return parse_list(p, node);
	if (p->token.kind == TOKEN_OPEN)
		return report_fail(&p->lexer.report, p->token.at, "'%s' takes one value; 'in' takes a list",
				   op_names[node->op]);
	return parse_value(p, op_names[node->op], &node->values);
}

static int parse_or(struct parser *p, struct node **out);

static int parse_not(struct parser *p, struct node **out)
{
	struct token first = p->token;
	if (first.kind != TOKEN_NOT && first.kind != TOKEN_OPEN)
		return parse_term(p, out);
	if (p->depth == DEPTH_MAX)
		return report_fail(&p->lexer.report, first.at, "nested more than %d deep", DEPTH_MAX);
	p->depth++;
	int err;
	if (first.kind == TOKEN_NOT) {
		struct node *node = *out = node_new(p, NODE_NOT);
		err = node ? take(p) : -ENOMEM;
		if (!err)
			err = parse_not(p, &node->first);
	} else {
		err = take(p);
		if (!err)
			err = parse_or(p, out);
		if (!err && p->token.kind == TOKEN_END)
			err = report_fail(&p->lexer.report, first.at, "this '(' is never closed");
		else if (!err && p->token.kind != TOKEN_CLOSE)
			err = expected(p, "'and', 'or' or ')'");
		if (!err)
			err = take(p);
	}
	p->depth--;
	return err;
}

/* operand { word operand }: the one operand as it is, or a node with all of them. */
static int parse_chain(struct parser *p, enum token_kind word, enum node_kind kind,
		       int (*operand)(struct parser *, struct node **), struct node **out)
{
	int err = operand(p, out);
	if (err || p->token.kind != word)
		return err;
	struct node *chain = node_new(p, kind);
	if (!chain)
		return -ENOMEM;
	struct node **last = &chain->first;
	*last = *out;
	*out = chain;
	while (p->token.kind == word) {
		last = &(*last)->next;
		err = take(p);
		if (!err)
			err = operand(p, last);
		if (err)
			return err;
	}
	return 0;
}

static int parse_and(struct parser *p, struct node **out)
{
	return parse_chain(p, TOKEN_AND, NODE_AND, parse_not, out);
}

static int parse_or(struct parser *p, struct node **out)
{
	return parse_chain(p, TOKEN_OR, NODE_OR, parse_and, out);
}

static int parse_start(struct parser *p, struct pool *pool, const char *text, const struct filter_source *source,
		       struct filter_error *error)
{
	*p = (struct parser){.pool = pool};
	int err = lexer_init(&p->lexer, text, source, error);
	return err ? err : take(p);
}

int parse_expression(struct pool *pool, const char *text, const struct filter_source *source, struct node **out,
		     struct filter_error *error)
{
	struct parser p;
	int err = parse_start(&p, pool, text, source, error);
	if (err)
		return err;
	if (p.token.kind == TOKEN_END)
		return report_fail(&p.lexer.report,
				   source ? (struct place){source->line, source->column} : (struct place){1, 1},
				   "empty expression");
	err = parse_or(&p, out);
	if (!err && p.token.kind != TOKEN_END)
		err = expected(&p, "'and', 'or' or the end");
	return err;
}

int parse_items(struct pool *pool, const char *text, const struct filter_source *source, struct literal **out,
		struct filter_error *error)
{
	struct parser p;
	*out = NULL;
	int err = parse_start(&p, pool, text, source, error);
	if (err || p.token.kind == TOKEN_END)
		return err;
	return parse_values(&p, TOKEN_END, out);
}
