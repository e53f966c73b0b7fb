/* SPDX-License-Identifier: MIT */
/* The table of containers, and which of them a target set means; fed by hand, in each order that there is. */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "target_runtime.h"

#include "target/container.h"
#include "target/container_sets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HOST_CGROUP 1
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba98fedcba98fedcba98fedcba98fedcba98fedcba98fedcba98fedcba98"
#define SECOND 1000000000ull

/* Below the tree: runc's state, and a mount of cgroups whose ids are the inode numbers of any folders. */
struct world {
	struct tree *tree;
	struct hierarchy hierarchy;
	struct runtimes *runtimes;
	struct containers *containers;
	char changes[4096]; /* "id state, id state, " */
	uint64_t placed[64][2];
	size_t n_placed;
	struct container_sets *sets;
};

static void on_changed(void *context, const struct container *c)
{
	struct world *w = context;
	size_t used = strlen(w->changes);
	snprintf(w->changes + used, sizeof(w->changes) - used, "%s %s, ", c->info.id, container_state_names[c->state]);
}

static uint64_t on_sets(void *context, const struct container *c)
{
	return container_sets_of(((struct world *)context)->sets, c);
}

/* The map in the kernel, as far as it is told. */
static void on_cgroup(void *context, uint64_t id, uint64_t sets)
{
	struct world *w = context;
	size_t i = 0;
	while (i < w->n_placed && w->placed[i][0] != id)
		i++;
	assert_true(i < COUNT(w->placed));
	w->n_placed += i == w->n_placed;
	w->placed[i][0] = id;
	w->placed[i][1] = sets;
}

static uint64_t placed(const struct world *w, uint64_t id)
{
	for (size_t i = 0; i < w->n_placed; i++)
		if (w->placed[i][0] == id)
			return w->placed[i][1];
	return 0;
}

static void watch(struct world *w)
{
	const struct container_watch all = {w, on_changed, on_sets, on_cgroup};
	containers_watch(w->containers, &all);
}

static int make(void **state)
{
	void *tree;
	if (tree_make(&tree))
		return -1;
	struct world *w = calloc(1, sizeof(*w));
	w->tree = tree;
	snprintf(w->hierarchy.mount, sizeof(w->hierarchy.mount), "%s/cgroup", w->tree->root);
	assert_int_equal(mkdir(w->hierarchy.mount, 0755), 0);
	w->runtimes = runtimes_new(w->tree->root);
	w->sets = container_sets_new();
	w->containers = containers_new(w->runtimes, &w->hierarchy);
	assert_non_null(w->containers);
	*state = w;
	return 0;
}

static int destroy(void **state)
{
	struct world *w = *state;
	void *tree = w->tree;
	containers_destroy(w->containers);
	container_sets_destroy(w->sets);
	runtimes_destroy(w->runtimes);
	free(w);
	return tree_remove(&tree);
}

/* A folder of the mount; its id. */
static uint64_t cgroup(struct world *w, const char *path)
{
	char name[2048];
	snprintf(name, sizeof(name), "%s%s", w->hierarchy.mount, path);
	assert_int_equal(mkdir(name, 0755), 0);
	return cgroup_id(&w->hierarchy, path);
}

static const struct container *of(const struct world *w, uint64_t id, uint16_t flags, uint64_t time)
{
	const struct eun_event event = {.cgroup = id, .flags = flags, .time = time};
	return containers_of(w->containers, &event);
}

static void check(const struct world *w, uint64_t cgroup, const char *id, enum container_state state)
{
	const struct container *c = of(w, cgroup, 0, 1000 * SECOND);
	assert_non_null(c);
	assert_int_equal(c->state, state);
	assert_string_equal(c->info.id, id);
}

static void learn(struct world *w, uint64_t cgroup, const char *id, const char *name, enum container_state state)
{
	const struct container c = {
		.info = {.id = id, .name = name, .runtime = "runc"}, .state = state, .cgroup = cgroup};
	assert_int_equal(containers_learn(w->containers, &c), 0);
}

static void unknown_is_not_the_host(void **state)
{
	struct world *w = *state;
	assert_null(of(w, HOST_CGROUP, 0, 5 * SECOND));
	assert_int_equal(of(w, HOST_CGROUP, EUN_CONTAINER, 5 * SECOND)->state, CONTAINER_PENDING);
	containers_made(w->containers, 10, HOST_CGROUP, "/any", 5 * SECOND);
	assert_int_equal(of(w, 10, 0, 5 * SECOND)->state, CONTAINER_PENDING);
	assert_null(of(w, 10, 0, 5 * SECOND)->info.id);
	assert_null(of(w, 10, 0, 5 * SECOND + CONTAINER_DOUBT_NS));
	containers_removed(w->containers, 10);
	assert_null(of(w, 10, 0, 5 * SECOND));
}

/* The path's id is enough; what is below it is its own, and what is around it nobody's. */
static void named_by_its_path(void **state)
{
	struct world *w = *state;
	watch(w);
	containers_made(w->containers, 20, HOST_CGROUP, "/system.slice", SECOND);
	containers_made(w->containers, 21, 20, "/system.slice/docker-" HEX ".scope", SECOND);
	containers_made(w->containers, 22, 21, "/system.slice/docker-" HEX ".scope/init", SECOND);
	check(w, 21, HEX, CONTAINER_PENDING);
	check(w, 22, HEX, CONTAINER_PENDING);
	assert_string_equal(of(w, 21, 0, 0)->info.runtime, "docker");
	assert_null(of(w, 20, 0, 1000 * SECOND));
	containers_removed(w->containers, 22);
	containers_removed(w->containers, 21);
	check(w, 21, HEX, CONTAINER_ENDED); /* its last events are yet to come */
	assert_string_equal(w->changes, HEX " pending, " HEX " ended, ");
}

static pid_t sleeper(void)
{
	pid_t pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* runc's file, of a container whose first process is `pid`. */
static void runc_writes(struct world *w, const char *id, pid_t pid)
{
	char path[512], text[1024], stat[512];
	unsigned long long start = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	stat[fread(stat, 1, sizeof(stat) - 1, f)] = '\0';
	fclose(f);
	assert_int_equal(sscanf(strrchr(stat, ')') + 2,
				"%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
				&start),
			 1);
	snprintf(path, sizeof(path), "%s/proc/%d", w->tree->root, pid);
	char *at = strchr(path + strlen(w->tree->root) + 1, '/');
	*at = '\0';
	mkdir(path, 0755);
	*at = '/';
	mkdir(path, 0755);
	strcat(path, "/stat");
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(stat, f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/proc/%d/cgroup", w->tree->root, pid);
	f = fopen(path, "we");
	fprintf(f, "0::/%s\n", id);
	fclose(f);
	snprintf(text, sizeof(text),
		 "{\"id\":\"%s\",\"init_process_pid\":%d,\"init_process_start\":%llu,"
		 "\"cgroup_paths\":{\"\":\"/sys/fs/cgroup/%s\"}}",
		 id, pid, start, id);
	static const char *const folders[] = {"/run", "/run/runc", "/run/runc/"};
	for (size_t i = 0; i < COUNT(folders); i++) {
		snprintf(path, sizeof(path), "%s%s%s", w->tree->root, folders[i], i == 2 ? id : "");
		mkdir(path, 0755);
	}
	strcat(path, "/state.json");
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void look(struct world *w)
{
	struct pollfd ready = {.fd = containers_fd(w->containers), .events = POLLIN};
	assert_int_equal(poll(&ready, 1, 10000), 1);
	while (poll(&ready, 1, 0) > 0)
		containers_changed(w->containers);
}

/* The state is read before the cgroup's record is delivered; the other way round; and with the cgroup gone by then. */
static void kernel_and_runtime(void **state)
{
	struct world *w = *state;
	assert_int_equal(containers_scan(w->containers), 0);
	watch(w);
	pid_t pid = sleeper();

	uint64_t first = cgroup(w, "/first");
	runc_writes(w, "first", pid);
	look(w);
	check(w, first, "first", CONTAINER_RUNNING);
	containers_made(w->containers, first, HOST_CGROUP, "/first", 7 * SECOND);
	assert_int_equal(of(w, first, 0, 0)->started, 7 * SECOND);
	assert_false(of(w, first, 0, 0)->found);

	uint64_t second = cgroup(w, "/second");
	containers_made(w->containers, second, HOST_CGROUP, "/second", 8 * SECOND);
	containers_made(w->containers, 1u << 30, second, "/second/inside", 8 * SECOND);
	runc_writes(w, "second", pid);
	look(w);
	check(w, second, "second", CONTAINER_RUNNING);
	check(w, 1u << 30, "second", CONTAINER_RUNNING); /* made before it was known whose it is */

	runc_writes(w, "third", pid);
	look(w);
	containers_made(w->containers, 1u << 31, HOST_CGROUP, "/third", 9 * SECOND);
	check(w, 1u << 31, "third", CONTAINER_RUNNING);

	/* so short-lived that its first process is dead when its state is read */
	containers_made(w->containers, 1u << 29, HOST_CGROUP, "/fourth", 9 * SECOND);
	runc_writes(w, "fourth", pid);
	char path[256];
	snprintf(path, sizeof(path), "%s/proc/%d/stat", w->tree->root, pid);
	assert_int_equal(unlink(path), 0);
	look(w);
	check(w, 1u << 29, "fourth", CONTAINER_RUNNING);
	containers_removed(w->containers, 1u << 29);
	check(w, 1u << 29, "fourth", CONTAINER_ENDED);

	end(pid);
	look(w);
	check(w, first, "first", CONTAINER_ENDED);
	check(w, 1u << 31, "third", CONTAINER_ENDED);
}

static void there_before(void **state)
{
	struct world *w = *state;
	pid_t pid = sleeper(), dead = sleeper();
	uint64_t outer = cgroup(w, "/old"), inner = cgroup(w, "/old/inner"), stale = cgroup(w, "/stale");
	cgroup(w, "/docker");
	uint64_t named = cgroup(w, "/docker/" HEX);
	runc_writes(w, "old", pid);
	runc_writes(w, "stale", dead);
	end(dead);
	assert_int_equal(containers_scan(w->containers), 0);
	check(w, outer, "old", CONTAINER_RUNNING);
	check(w, inner, "old", CONTAINER_RUNNING);
	check(w, named, HEX, CONTAINER_PENDING);
	assert_true(of(w, outer, 0, 0)->found);
	assert_null(of(w, stale, 0, 1000 * SECOND));
	end(pid);
}

static void ask(struct world *w, int set, const char *text)
{
	assert_int_equal(container_sets_add(w->sets, set, text), 0);
}

static void name_waits(void *context, const char *text)
{
	snprintf(context, 64, "%s", text);
}

static void resolve(struct world *w, int result, const char *said)
{
	char why[512] = "", waits[64] = "";
	assert_int_equal(container_sets_resolve(w->sets, w->containers, name_waits, waits, why, sizeof(why)), result);
	assert_string_equal(result ? why : waits, said);
}

static void names_and_beginnings(void **state)
{
	struct world *w = *state;
	learn(w, 30, HEX, "web", CONTAINER_RUNNING);
	learn(w, 31, OTHER, "db", CONTAINER_RUNNING);
	learn(w, 32, "0123", "short", CONTAINER_RUNNING);
	ask(w, 0, "web");
	ask(w, 1, "fedc");
	ask(w, 2, "0123"); /* a whole id, though it begins another too */
	ask(w, 3, HEX);
	ask(w, 3, "db");
	ask(w, 4, "later");
	resolve(w, 0, "later");
	watch(w);
	assert_int_equal(containers_sets(w->containers, 30), 1u << 0 | 1u << 3);
	assert_int_equal(containers_sets(w->containers, 31), 1u << 1 | 1u << 3);
	assert_int_equal(containers_sets(w->containers, 32), 1u << 2);
	assert_int_equal(placed(w, 31), 1u << 1 | 1u << 3);
	assert_int_equal(container_sets_all(w->sets), 0x1f);
	/* one that comes later, by its path; a beginning that has its container means no other */
	containers_made(w->containers, 33, HOST_CGROUP,
			"/docker/fedc000000000000fedc000000000000fedc000000000000fedc000000000000", SECOND);
	assert_int_equal(containers_sets(w->containers, 33), 0);
}

static void not_unique(void **state)
{
	struct world *w = *state;
	learn(w, 40, HEX, "web", CONTAINER_RUNNING);
	learn(w, 41, OTHER, "web", CONTAINER_RUNNING);
	ask(w, 0, "web");
	resolve(w, -ENOTUNIQ,
		"container 'web' is not unique, there are 2: web (0123456789abcdef0123, runc), "
		"web (fedcba98fedcba98fedc, runc); give a full id");
}

static void beginning_not_unique(void **state)
{
	struct world *w = *state;
	learn(w, 40, "aa1", "one", CONTAINER_RUNNING);
	learn(w, 41, "aa2", NULL, CONTAINER_RUNNING);
	ask(w, 0, "aa");
	resolve(w, -ENOTUNIQ,
		"container 'aa' is not unique, there are 2: one (aa1, runc), ? (aa2, runc); give a full id");
}

/* A cgroup is in the sets of all containers around it, and in no other once it is known whose it is. */
static void nested_sets(void **state)
{
	struct world *w = *state;
	ask(w, 0, HEX);
	ask(w, 1, "fedc");
	resolve(w, 0, "fedc");
	watch(w);
	containers_made(w->containers, 50, HOST_CGROUP, "/docker/" HEX, SECOND);
	containers_made(w->containers, 51, 50, "/docker/" HEX "/docker", SECOND);
	containers_made(w->containers, 52, 51, "/docker/" HEX "/docker/" OTHER, SECOND);
	assert_int_equal(placed(w, 50), 1);
	assert_int_equal(placed(w, 51), 1);
	assert_int_equal(placed(w, 52), 3);
	check(w, 52, OTHER, CONTAINER_PENDING);
	containers_removed(w->containers, 51);
	assert_int_equal(placed(w, 51), 0);
	assert_int_equal(containers_sets(w->containers, 51), 0);
}

static void doubt_ends(void **state)
{
	struct world *w = *state;
	ask(w, 0, "later");
	watch(w);
	containers_made(w->containers, 60, HOST_CGROUP, "/system.slice", SECOND);
	on_cgroup(w, 60, 1); /* the kernel did so, as it might become `later` */
	containers_tick(w->containers, 2 * SECOND);
	assert_int_equal(placed(w, 60), 1);
	containers_tick(w->containers, 100 * SECOND);
	assert_int_equal(placed(w, 60), 0);
}

static void gone(void **state)
{
	struct world *w = *state;
	ask(w, 0, "a");
	ask(w, 0, "b");
	ask(w, 1, "never");
	watch(w);
	assert_false(container_sets_gone(w->sets, 0, w->containers));
	learn(w, 70, "a", "a", CONTAINER_RUNNING);
	learn(w, 71, "b", "b", CONTAINER_RUNNING);
	watch(w);
	containers_removed(w->containers, 70);
	assert_false(container_sets_gone(w->sets, 0, w->containers));
	containers_removed(w->containers, 71);
	assert_true(container_sets_gone(w->sets, 0, w->containers));
	assert_false(container_sets_gone(w->sets, 1, w->containers));
	assert_false(container_sets_gone(w->sets, 2, w->containers));
}

/* However many come and go, however many folders one makes. */
static void bounded(void **state)
{
	struct world *w = *state;
	char path[128];
	enum { MANY = 3000, CGROUPS = 70000 };
	for (uint64_t i = 1; i <= MANY; i++) {
		snprintf(path, sizeof(path), "/docker/%064llx", (unsigned long long)i);
		containers_made(w->containers, 1000 + i, HOST_CGROUP, path, SECOND);
		containers_removed(w->containers, 1000 + i);
	}
	assert_non_null(of(w, 1000 + MANY, 0, 0));
	assert_null(of(w, 1001, 0, 0));
	containers_made(w->containers, 900, HOST_CGROUP, "/docker/" HEX, SECOND);
	for (uint64_t i = 0; i < CGROUPS; i++)
		containers_made(w->containers, 100000 + i, 900, "/docker/" HEX "/x", SECOND);
	assert_non_null(of(w, 100000, 0, 0));
	assert_null(of(w, 100000 + CGROUPS - 1, 0, 0));
	check(w, 900, HEX, CONTAINER_PENDING);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, destroy)
	const struct CMUnitTest tests[] = {
		TEST(unknown_is_not_the_host),
		TEST(named_by_its_path),
		TEST(kernel_and_runtime),
		TEST(there_before),
		TEST(names_and_beginnings),
		TEST(not_unique),
		TEST(beginning_not_unique),
		TEST(nested_sets),
		TEST(doubt_ends),
		TEST(gone),
		TEST(bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
