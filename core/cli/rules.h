/* SPDX-License-Identifier: MIT */
/* `eunomia rules ...`: what its parts have in common. They return the exit code, having said what is wrong. */
#ifndef CORE_CLI_RULES_H
#define CORE_CLI_RULES_H

#include "daemon/ruleset.h"
#include "request.h"

/* Reads the paths; `host` as ruleset_new(). */
int rules_load(struct ruleset **out, const struct ruleset_host *host, const struct alert_style *style,
	       const char *const *paths, size_t n);
/* What a failed step means. */
int rules_wrong(int err, const struct config_error *error);
/* Keeps quiet: for who only wants to know if they are right. */
extern const struct ruleset_host quiet_host;

/* rules test DIR; rules bench FILE --replay F. */
int rules_test(const struct request *request, char *const *paths);
int rules_bench(const struct request *request, char *const *paths);
/* rules import FALCO.yaml. */
int rules_import(const struct request *request, char *const *paths);

#endif
