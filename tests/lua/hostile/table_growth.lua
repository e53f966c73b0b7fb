-- Memory without end, kept over the calls.
kept = {}
on("test.every", function()
	while true do
		pcall(function() while true do kept[#kept + 1] = {{}, {}, tostring(#kept)} end end)
	end
end)
