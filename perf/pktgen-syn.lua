-- 64-byte TCP packets, each from another address: `syn` of perf/run on a wire. See pktgen.md.
-- Flags are pktgen's default, SYN or not by version; each packet is a new flow all the same.

package.path = package.path .. ";?.lua;perf/?.lua"
local common = require("pktgen-common")

pktgen.range.dst_mac(common.port, "start", common.mac)
common.sweep("src_ip", "16.0.0.0", "31.255.255.255", "0.0.0.1")
common.fixed("dst_ip", "192.168.0.1", "0.0.0.0")
common.fixed("dst_port", 443, 0)
common.sweep("src_port", 1024, 65535, 1)
common.fixed("pkt_size", 64, 0)
pktgen.range.ip_proto(common.port, "tcp")
pktgen.set_range(common.port, "on")
common.search("syn, 64 bytes")
