/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "run.h"
#include "say.h"

static int run_plugins(const struct request *r, char *const *paths)
{
	struct choices choices = {0};
	char why[512] = "";
	int status = EXIT_USAGE;
	if (!r->plugins.n && !r->rules.n) {
		say("no --plugin and no command: see eunomia --help");
		return EXIT_USAGE;
	}
	if (choose_plugins(&choices, r, paths, why, sizeof(why)))
		say("%s", why);
	else
		status = command_run(r, &choices, paths);
	choices_free(&choices);
	return status;
}

/* By command; `run` needs its tool before the options are parsed and is not here. */
static int (*const handlers[COMMANDS])(const struct request *request, char *const *paths) = {
	[COMMAND_PLUGIN] = run_plugins,        [COMMAND_REPLAY] = command_replay,   [COMMAND_LIST] = command_list,
	[COMMAND_INSPECT] = command_inspect,   [COMMAND_DOCTOR] = command_doctor,   [COMMAND_TOP] = command_top,
	[COMMAND_RULES] = command_rules,       [COMMAND_EXPLAIN] = command_explain, [COMMAND_DAEMON] = command_daemon,
	[COMMAND_SELFTEST] = command_selftest, [COMMAND_SECCOMP] = command_seccomp, [COMMAND_QUERY] = command_query,
	[COMMAND_SERVER] = command_server,     [COMMAND_FLAME] = command_flame,
};

/* No file that is opened later may become one of these three where they are closed: writing to it must fail. */
static void standard_files(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd ? O_RDONLY : O_WRONLY);
}

/* `run TOOL`: an option of the tool may only ask what there is. */
static int run_tool(const struct request *r, struct choices *choices, char *const *paths)
{
	for (size_t i = 0; i < r->n_given; i++)
		if (r->given[i].option.lists)
			return list_names(r, choices->items[0].plugin, choices->items[0].streams,
					  r->given[i].option.lists);
	return command_run(r, choices, paths);
}

static int dispatch(struct request *r, int argc, char **argv, const char *tool, char *const *paths)
{
	struct choices choices = {0};
	char why[512] = "";
	int status = EXIT_USAGE;
	if (tool && choose_tool(&choices, tool, paths, why, sizeof(why)))
		say("%s", why);
	else if (parse_request(r, argc, argv, choices.tool, why, sizeof(why)))
		say("%s", *why ? why : "no memory");
	else if (r->version)
		status = printf("eunomia %s\n", EUNOMIA_VERSION) < 0;
	else if (r->help)
		print_help(r, choices.tool), status = EXIT_OK;
	else
		status = choices.tool ? run_tool(r, &choices, paths) : handlers[r->command](r, paths);
	choices_free(&choices);
	return status;
}

int cli_main(int argc, char **argv)
{
	struct request r = {0};
	const char *tool;
	int status = EXIT_RUN;
	standard_files();
	/*
	 * Loading takes some 30 MiB for a moment: as mappings of their own they are given back, in a heap they stay.
	 * The value is the one that malloc begins with and, once set, does not raise.
	 */
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	mallopt(M_ARENA_MAX, 1);
	signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an EPIPE */
	libbpf_set_print(NULL);   /* what fails is told once, in our own words */
	parse_command(&r, argc, argv, &tool);
	char **paths = plugin_paths(r.plugin_paths.items, r.plugin_paths.n);
	if (paths)
		status = dispatch(&r, argc, argv, tool, paths);
	else
		say("no memory");
	plugin_paths_free(paths);
	request_free(&r);
	/* stdout may be a full disk: data that did not arrive is an error */
	if (fflush(stdout) && status == EXIT_OK && errno != EPIPE) {
		say("output stdout: %s", strerror(errno));
		status = EXIT_RUN;
	}
	return status;
}
