-- Hides in coroutines, in their errors, and in each other.
local function loop() while true do end end
local function nested(n)
	return function()
		while true do
			coroutine.resume(coroutine.create(n > 0 and nested(n - 1) or loop))
			pcall(coroutine.wrap(loop))
		end
	end
end
-- Each does little, and all together do not end.
local function tree(depth)
	return function()
		for _ = 1, depth > 0 and 60 or 0 do coroutine.wrap(tree(depth - 1))() end
	end
end
local n = 0
on("test.every", function()
	n = n + 1
	if n == 1 then coroutine.wrap(function() xpcall(loop, loop) end)() end
	if n == 2 then coroutine.resume(coroutine.create(function() pcall(coroutine.yield) loop() end)) end
	if n == 3 then coroutine.wrap(tree(12))() end
	coroutine.wrap(nested(20))()
end)
