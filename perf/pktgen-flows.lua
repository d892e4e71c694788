-- 64-byte packets over 1,000,000 UDP flows (1,000 addresses by 1,000 ports): `established` of perf/run on a wire.
-- UDP, because pktgen shakes no hands; a flow costs the table the same. See pktgen.md.

package.path = package.path .. ";?.lua;perf/?.lua"
local common = require("pktgen-common")

pktgen.range.dst_mac(common.port, "start", common.mac)
-- 1,000 and 999 have no common factor: so all pairs come, not only 1,000 of them.
common.sweep("src_ip", "10.0.0.0", "10.0.3.231", "0.0.0.1")
common.sweep("src_port", 1024, 2022, 1)
common.fixed("dst_ip", "192.168.0.1", "0.0.0.0")
common.fixed("dst_port", 53000, 0)
common.fixed("pkt_size", 64, 0)
pktgen.range.ip_proto(common.port, "udp")
pktgen.set_range(common.port, "on")
common.search("a million flows, 64 bytes")
