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
on("test.every", function()
	coroutine.wrap(nested(20))()
end)
