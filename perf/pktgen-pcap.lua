-- A capture, given to pktgen with -s PORT:FILE, again and again. See pktgen.md.

package.path = package.path .. ";?.lua;perf/?.lua"
local common = require("pktgen-common")

pktgen.pcap(common.port, "on")
common.search("capture")
