/* SPDX-License-Identifier: MIT */
/* How bad it is: Falco's eight, which are syslog's (RFC 5424); 0 is the worst. */
#ifndef CORE_SINK_SEVERITY_H
#define CORE_SINK_SEVERITY_H

enum severity {
	SEVERITY_EMERGENCY,
	SEVERITY_ALERT,
	SEVERITY_CRITICAL,
	SEVERITY_ERROR,
	SEVERITY_WARNING,
	SEVERITY_NOTICE,
	SEVERITY_INFORMATIONAL,
	SEVERITY_DEBUG,
	SEVERITIES,
};

/* "Emergency", "Alert"... as Falco writes them. */
extern const char *const severity_names[SEVERITIES];

/* Capitals or not; also "info". -EINVAL. */
int severity_parse(const char *name, enum severity *out);

#endif
