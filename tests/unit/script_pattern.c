/* SPDX-License-Identifier: MIT */
/* The matcher against Lua's own: the same results and the same errors for random patterns and texts. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "script_fixture.h"

#define BATCHES 40
#define CASES 100

/* Says everything that the functions make of a text, a pattern and a replacement. */
static const char prelude[] =
	"local said = {}\n"
	"local function say(...)\n"
	"  local t = table.pack(...)\n"
	"  for i = 1, t.n do t[i] = tostring(t[i]) end\n"
	"  said[#said + 1] = table.concat(t, ',')\n"
	"end\n"
	"local function all(s, p, r, at)\n"
	"  say(pcall(string.find, s, p)) say(pcall(string.find, s, p, at)) say(pcall(string.find, s, p, at, true))\n"
	"  say(pcall(string.match, s, p)) say(pcall(string.match, s, p, at))\n"
	"  say(pcall(string.gsub, s, p, r)) say(pcall(string.gsub, s, p, r, 2)) say(pcall(string.gsub, s, p, '<%0>'))\n"
	"  say(pcall(string.gsub, s, p, {a = 'table', b = false, [1] = 5}))\n"
	"  say(pcall(string.gsub, s, p, function(...) if select('#', ...) > 1 then return ... end end))\n"
	"  say(pcall(function() for a, b, c in s:gmatch(p) do say(a, b, c) end end))\n"
	"  say(pcall(function() for a, b in string.gmatch(s, p, at) do say(a, b) end end))\n"
	"end\n";

static void random_text(struct buf *out, const char *const *parts, size_t n, unsigned most)
{
	buf_char(out, '"');
	for (unsigned i = (unsigned)rand() % (most + 1); i; i--)
		buf_str(out, parts[(size_t)rand() % n]);
	buf_char(out, '"');
}

#define PARTS(array) array, sizeof(array) / sizeof(array[0])

static void add_case(struct buf *out)
{
	static const char *const texts[] = {"a", "a", "b", "c", "(", ")", "1", " ", "\\0", "\\xff", "]", "-", "ab"};
	static const char *const patterns[] = {
		"a",  "b",  "[ab]", "[^a]", ".",     "*",    "+",  "-",     "?",     "(",     ")",
		"()", "%1", "%w",   "%D",   "%f[a]", "%b()", "$",  "^",     "[a-c]", "[%w-]", "[]]",
		"%",  "[",  "\\0",  "%s",   "(a*)",  "(.-)", "%2", "[^%s]", "[a-]",  "%%",    "%f[^%w]"};
	static const char *const replacements[] = {"x", "%0", "%1", "%2", "%%", "", "%", "%a"};
	buf_str(out, "all(");
	random_text(out, PARTS(texts), 12);
	buf_char(out, ',');
	random_text(out, PARTS(patterns), 6);
	buf_char(out, ',');
	random_text(out, PARTS(replacements), 3);
	buf_printf(out, ",%d)\n", rand() % 16 - 6);
}

static void test_random(void **state)
{
	struct world *w = *state;
	w->limits.instructions = SCRIPT_UNLIMITED;
	char name[128];
	srand(54);
	for (int batch = 0; batch < BATCHES; batch++) {
		struct buf code = {0};
		buf_str(&code, prelude);
		for (int i = 0; i < CASES; i++)
			add_case(&code);
		buf_str(&code, "local whole = table.concat(said, '\\n') if log then log(whole) end return whole");
		lua_State *plain = luaL_newstate();
		luaL_openlibs(plain);
		snprintf(name, sizeof(name), "@%s/test.lua", w->dir);
		if (luaL_loadbuffer(plain, text_of(&code), code.len, name) || lua_pcall(plain, 0, 1, 0))
			fail_msg("%s", lua_tostring(plain, -1));
		w->told.logs.len = 0;
		script_close(open_text(w, code.data));
		w->told.logs.data[w->told.logs.len - 1] = '\0';
		const char *want = lua_tostring(plain, -1);
		size_t len = lua_rawlen(plain, -1), same = 0;
		while (same < len && want[same] == w->told.logs.data[same])
			same++;
		if (same < len || w->told.logs.len - 1 != len)
			fail_msg("batch %d\nLua: ...%.200s\nwe:  ...%.200s", batch, want + (same > 60 ? same - 60 : 0),
				 w->told.logs.data + (same > 60 ? same - 60 : 0));
		lua_close(plain);
		buf_free(&code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {WORLD(test_random)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
