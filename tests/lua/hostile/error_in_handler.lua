-- Errors in the handlers of errors.
local function handler(e) error(e) end
local value = setmetatable({}, {__tostring = function() error("again") end})
on("test.every", function()
	for i = 1, 1e9 do
		xpcall(error, handler, "x")
		xpcall(function() xpcall(error, handler, value) error(value) end, function(e) return tostring(e) end)
		xpcall(function() local function deep() return 1 + deep() end deep() end, handler)
	end
	error(value)
end)
