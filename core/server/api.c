/* SPDX-License-Identifier: MIT */
/* The table of all that can be asked for. */
#include "server/server_impl.h"

#define V1 "/api/v1"
#define LIMIT                                         \
	{                                             \
		"limit", "integer", "at most so many" \
	}
#define BEFORE                                                                          \
	{                                                                               \
		"before", "integer", "go on from here: the `next` of the answer before" \
	}
#define FILTER                                                        \
	{                                                             \
		"filter", "string", "an expression: those that match" \
	}
#define STREAMS                                                                                \
	{                                                                                      \
		"streams", "string", "names with globs, between commas: tcp.connect,process.*" \
	}
#define NAME                                                               \
	{                                                                  \
		"name", "string", "the file's name: shells.ini, quiet.lua" \
	}

const struct route routes[] = {
	{"GET", "/metrics", ROLE_OPEN, api_metrics, "metrics for Prometheus, or in OpenMetrics by Accept",
	 .answer = "text"},
	{"GET", V1 "/health", ROLE_OPEN, api_health, "it answers", .answer = "Status"},
	{"GET", V1 "/ready", ROLE_OPEN, api_ready, "everything that is configured is at work", .answer = "Status"},
	{"GET", V1 "/version", ROLE_READ, api_version, "what this is, and what the caller may", .answer = "Version"},
	{"GET", V1 "/openapi.json", ROLE_READ, api_openapi, "this document", .answer = "Object"},
	{"GET", V1 "/status", ROLE_READ, api_status, "counters of the daemon and the server", .answer = "Counters"},
	{"GET", V1 "/doctor", ROLE_READ, api_doctor, "what this kernel allows", .answer = "Findings"},

	{"GET", V1 "/plugins", ROLE_READ, api_plugins, "plugins and their streams", .answer = "Plugins"},
	{"GET", V1 "/plugins/{name}", ROLE_READ, api_plugin, "a plugin with fields, options and tools",
	 .answer = "Plugin"},
	{"POST", V1 "/plugins", ROLE_CONTROL, api_plugin_upload, "uploads a plugin file, where that is configured",
	 .parameters = {{"name", "string", "the file's name: mine.so"}}, .body = "bytes", .answer = "Plugin",
	 .status = 201},
	{"GET", V1 "/tools", ROLE_READ, api_tools, "tools with their options", .answer = "Tools"},

	{"GET", V1 "/events", ROLE_READ, api_events, "recent events, the newest first",
	 .parameters = {STREAMS, FILTER, LIMIT, BEFORE}, .answer = "Events"},
	{"GET", V1 "/stream", ROLE_READ, api_stream, "live: Server-Sent Events",
	 .parameters = {STREAMS,
			FILTER,
			{"events", "boolean", "false: none"},
			{"alerts", "boolean", "false: none"},
			{"instances", "boolean", "false: no changes of instances"}},
	 .answer = "stream"},
	{"GET", V1 "/alerts", ROLE_READ, api_alerts, "recent alerts, the newest first", .parameters = {LIMIT, BEFORE},
	 .answer = "Alerts"},
	{"POST", V1 "/alerts/{number}/acknowledge", ROLE_CONTROL, api_alert_acknowledge, "somebody has seen it",
	 .answer = "KeptAlert"},
	{"GET", V1 "/connections", ROLE_READ, api_connections, "the graph: processes, hosts, who talks with whom",
	 .parameters = {{"window", "integer", "seconds: what was seen in the last ones"}}, .answer = "Graph"},
	{"GET", V1 "/processes", ROLE_READ, api_processes, "processes that run", .parameters = {LIMIT},
	 .answer = "Processes"},
	{"GET", V1 "/processes/{pid}", ROLE_READ, api_process, "a process with its ancestors", .answer = "Process"},
	{"GET", V1 "/containers", ROLE_READ, api_containers, "containers that run", .answer = "Containers"},

	{"GET", V1 "/instances", ROLE_READ, api_instances, "what was started here, the newest first",
	 .answer = "Instances"},
	{"POST", V1 "/instances", ROLE_CONTROL, api_instance_start, "starts a tool or streams of a plugin",
	 .body = "Start", .answer = "Instance", .status = 201},
	{"GET", V1 "/instances/{id}", ROLE_READ, api_instance, "its state and counters", .answer = "Instance"},
	{"DELETE", V1 "/instances/{id}", ROLE_CONTROL, api_instance_stop,
	 "stops it; it is over when its state is closed", .answer = "Instance", .status = 202},
	{"POST", V1 "/run", ROLE_CONTROL, api_run, "runs a tool for some seconds and answers with its rows",
	 .parameters = {{"tool", "string", "its name"},
			{"plugin", "string", "in place of a tool"},
			{"seconds", "integer", "how long"},
			FILTER,
			{"sort", "string", "fields, '-' before one that descends"},
			{"top", "integer", "so many rows"}},
	 .body = "Start", .answer = "Rows"},

	{"GET", V1 "/rules", ROLE_READ, api_rules, "rules with their counters", .answer = "Rules"},
	{"GET", V1 "/rules/{name}", ROLE_READ, api_rule, "a rule", .answer = "Rule"},
	{"POST", V1 "/rules", ROLE_CONTROL, api_rules_upload, "uploads a file of rules, or a script",
	 .parameters = {NAME}, .body = "bytes", .answer = "Uploaded", .status = 201},
	{"POST", V1 "/rules/validate", ROLE_CONTROL, api_rules_validate, "checks a file and changes nothing",
	 .parameters = {NAME}, .body = "bytes", .answer = "Valid"},
	{"POST", V1 "/rules/test", ROLE_CONTROL, api_rules_test, "which alerts the file makes of recent events",
	 .parameters = {NAME}, .body = "bytes", .answer = "Tested"},
	{"POST", V1 "/rules/{name}/enable", ROLE_CONTROL, api_rule_enable, "switches a rule on", .answer = "Rule"},
	{"POST", V1 "/rules/{name}/disable", ROLE_CONTROL, api_rule_disable, "switches a rule off", .answer = "Rule"},
	{"POST", V1 "/reload", ROLE_CONTROL, api_reload, "reads the configuration anew", .answer = "Counters"},
	{0},
};
