/* SPDX-License-Identifier: MIT */
/* A copy of an output's configuration. */
#ifndef CORE_SINK_ALERT_OUTPUT_CONFIG_H
#define CORE_SINK_ALERT_OUTPUT_CONFIG_H

#include "sink/alert_output.h"

/* With the defaults filled in. -ENOMEM: free it all the same. */
int alert_config_copy(struct alert_output_config *to, const struct alert_output_config *from);
void alert_config_free(struct alert_output_config *config);

#endif
