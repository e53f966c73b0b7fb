/* SPDX-License-Identifier: MIT */
#include "severity.h"

#include <errno.h>
#include <strings.h>

const char *const severity_names[SEVERITIES] = {
	[SEVERITY_EMERGENCY] = "Emergency",
	[SEVERITY_ALERT] = "Alert",
	[SEVERITY_CRITICAL] = "Critical",
	[SEVERITY_ERROR] = "Error",
	[SEVERITY_WARNING] = "Warning",
	[SEVERITY_NOTICE] = "Notice",
	[SEVERITY_INFORMATIONAL] = "Informational",
	[SEVERITY_DEBUG] = "Debug",
};

int severity_parse(const char *name, enum severity *out)
{
	if (!strcasecmp(name, "info"))
		name = severity_names[SEVERITY_INFORMATIONAL];
	for (int i = 0; i < SEVERITIES; i++) {
		if (!strcasecmp(name, severity_names[i])) {
			*out = (enum severity)i;
			return 0;
		}
	}
	return -EINVAL;
}
