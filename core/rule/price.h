/* SPDX-License-Identifier: MIT */
/* What a clause is thought to cost, and how often it is true: for the order of questions, so only ratios matter. */
#ifndef CORE_RULE_PRICE_H
#define CORE_RULE_PRICE_H

#include "filter/program.h"

struct price {
	double ns;
	double passes; /* part of the events */
};

struct price price_of(const struct clause *clause);

#endif
