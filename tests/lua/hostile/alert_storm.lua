-- Says the same without end.
on("test.every", function()
	while true do
		alert{message = "storm", fields = {a = 1, b = "two"}}
		log("storm")
		emit("app.storm", {a = 1})
	end
end)
