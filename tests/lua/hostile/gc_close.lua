-- Code that runs when nobody watches: finalizers, closed variables, in coroutines too.
local loops = {__close = function() while true do pcall(function() while true do end end) end end}
local function closing(n)
	local c <close> = setmetatable({}, loops)
	if n > 0 then closing(n - 1) end
	error("out")
end
on("test.every", function()
	pcall(setmetatable, {}, {__gc = function() while true do end end})
	local late = setmetatable({}, {})
	getmetatable(late).__gc = function() while true do end end
	late = nil
	coroutine.wrap(function() pcall(closing, 50) end)()
	while true do pcall(closing, 100) end
end)
