/* SPDX-License-Identifier: MIT */
/* Lists, macros and rules as a rules file has them, `append` and `override` carried out. */
#ifndef CORE_FALCO_FILE_H
#define CORE_FALCO_FILE_H

#include "falco/condition.h"
#include "falco/falco.h"
#include "falco/yaml.h"
#include "filter/pool.h"

/* What a condition becomes, as far as it is known without the streams' schemas. */
struct meaning {
	enum { MEANS_SAME, MEANS_MORE, MEANS_NOTHING } state; /* more: exceptions are gone; nothing: no equivalent */
	uint64_t may;                                         /* streams with events that it may be true for */
	uint64_t must;                                        /* with those alone */
	uint64_t only;                                        /* streams that it can be asked for */
	uint64_t refs;                                        /* streams that the text names */
	bool ret, ip;                                         /* it asks for these fields, whatever the stream */
	uint32_t terms;                                       /* macros and lists counted out */
};

struct falco_list {
	struct falco_list *next;
	const char *name, *ours;
	struct falco_text *items;
	uint32_t line;
};

/* What a condition couldn't keep, for people. */
struct falco_lost {
	struct falco_lost *next;
	const char *text;
};

struct falco_macro {
	struct falco_macro *next;
	const char *name, *ours;
	const char *condition;
	uint32_t line;
	enum { MACRO_NEW, MACRO_VISITING, MACRO_DONE } state;
	struct meaning meaning;
	const char *text; /* in our language */
	const char *why;  /* of MEANS_NOTHING */
	struct falco_lost *lost;
};

struct falco_exception {
	struct falco_exception *next;
	const char *name;
	const struct yaml *fields, *comps;
	const struct yaml *values[8]; /* of the exception, and of what was appended to it */
	size_t n_values;
	uint32_t line;
};

struct falco_rule {
	struct falco_rule *next;
	const char *name, *ours;
	const char *condition, *output, *description, *priority, *source;
	const struct yaml *tags;
	struct falco_exception *exceptions;
	bool disabled;
	uint32_t line;
};

struct falco_file {
	struct pool pool;
	struct falco_list *lists, **last_list;
	struct falco_macro *macros, **last_macro;
	struct falco_rule *rules, **last_rule;
	size_t n_lists, n_macros, n_rules;
	struct falco_list **lists_by_name; /* when all is read */
	struct falco_macro **macros_by_name;
};

/* -EINVAL with `error`: no rules file; -ENOMEM. What is no part of a rule is told. */
int file_read(struct falco_file *file, const struct yaml *root, const struct falco_host *host,
	      struct yaml_error *error);

struct falco_list *file_list(const struct falco_file *file, const char *name);
struct falco_macro *file_macro(const struct falco_file *file, const char *name);

#endif
