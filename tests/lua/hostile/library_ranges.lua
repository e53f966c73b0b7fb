-- Loops of the library over what is not there, and instructions that take long.
local n = 0
local liar = setmetatable({}, {__len = function() return 1 << 40 end, __index = rawlen, __newindex = rawequal})
local calls = {
	function() table.move({}, 1, math.maxinteger - 1, 2) end,
	function() table.concat({}, "", 1, math.maxinteger) end,
	function() table.unpack({}, 1, 1 << 30) end,
	function() table.insert(liar, 1, 1) end,
	function() table.sort(liar) end,
	function() table.concat(liar) end,
	function() while true do select(-1, table.unpack({}, 1, 200000)) end end,
	function()
		local function nothing() end
		local function copies(...) while true do nothing(...) end end
		copies(table.unpack({}, 1, 200000))
	end,
	function()
		local meta = {}
		local first = setmetatable({}, meta)
		local function call() while true do first() end end
		meta.__call = first
		pcall(call)
		pcall(setmetatable, first, {__call = first})
		for i = 1, 3000 do first = setmetatable({}, {__call = first}) end
		call()
	end,
	function()
		local number = (" "):rep(1000000) .. "1"
		while true do local _ = number + number end
	end,
}
on("test.every", function()
	n = n % #calls + 1
	pcall(calls[n])
	error("next")
end)
