-- What the pktgen scripts of this folder share: settings from the environment, a trial, and the search.
-- See pktgen.md.

package.path = package.path .. ";?.lua;perf/?.lua"

local common = {}

local function setting(name, default)
	local text = os.getenv(name)
	if text == nil or text == "" then
		if default == nil then error(name .. " is not set; see perf/pktgen.md", 0) end
		return default
	end
	return text
end

common.port = setting("PKTGEN_PORT", "0")
common.seconds = tonumber(setting("PKTGEN_SECONDS", "10"))
common.mac = setting("PKTGEN_SENSOR_MAC", "02:00:00:00:00:01")
-- A command that prints how many packets the sensor has lost so far.
local loss_command = setting("PKTGEN_LOSS")

local function sensor_loss()
	local pipe = assert(io.popen(loss_command))
	local text = pipe:read("a")
	pipe:close()
	return tonumber(text) or error("PKTGEN_LOSS printed no number: " .. tostring(text), 0)
end

-- One trial at `rate` percent of the link: returns packets sent and packets lost by the sensor.
function common.trial(rate, seconds)
	local before = sensor_loss()
	pktgen.clr()
	pktgen.set(common.port, "rate", rate)
	pktgen.start(common.port)
	pktgen.delay(seconds * 1000)
	pktgen.stop(common.port)
	pktgen.delay(1000)
	local sent = pktgen.portStats(common.port, "port")[tonumber(common.port)].opackets
	local lost = sensor_loss() - before
	printf("rate %7.3f %%  sent %14d  %10.0f packets/s  lost %d\n", rate, sent, sent / seconds, lost)
	return sent, lost
end

-- The highest rate without loss, in percent, by bisection (RFC 2544, 26.1) to 0.1 % of the link; then a run six times
-- as long at what was found, lowered by 1 % as long as that loses.
function common.search(name)
	pktgen.screen("off")
	pktgen.set(common.port, "count", 0)
	local low, high = 0, 100
	local _, lost = common.trial(high, common.seconds)
	if lost == 0 then low = high end
	while high - low > 0.1 do
		local middle = (low + high) / 2
		_, lost = common.trial(middle, common.seconds)
		if lost == 0 then low = middle else high = middle end
	end
	while low > 0 do
		local sent
		sent, lost = common.trial(low, common.seconds * 6)
		if lost == 0 then
			printf("%s: %.0f packets/s without loss (%.2f %% of the link)\n", name, sent / (common.seconds * 6), low)
			break
		end
		low = low - 1
	end
	if low <= 0 then printf("%s: no rate without loss was found\n", name) end
	pktgen.screen("on")
end

-- A fixed value for a field of the range page.
function common.fixed(field, value, none)
	pktgen.range[field](common.port, "start", value)
	pktgen.range[field](common.port, "inc", none)
	pktgen.range[field](common.port, "min", value)
	pktgen.range[field](common.port, "max", value)
end

function common.sweep(field, from, to, step)
	pktgen.range[field](common.port, "start", from)
	pktgen.range[field](common.port, "inc", step)
	pktgen.range[field](common.port, "min", from)
	pktgen.range[field](common.port, "max", to)
end

return common
