-- Code that is no text.
on("test.every", function()
	local dumped = string.dump and string.dump(function() end)
	if load or loadstring or dofile or loadfile or dumped then alert{message = "ESCAPED"} end
	load("\27Lua")
end)
