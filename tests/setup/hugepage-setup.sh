#!/usr/bin/env bash
# Runs hugepage-setup over a made-up host: a sysfs tree with two NUMA nodes and two NICs, and stand-ins for ip, modprobe,
# mount, umount and, as the kernel behind each write, tee. Nothing of the real host is read or changed.
set -euo pipefail

tool=$(cd "$(dirname "$0")/../.." && pwd)/hugepage-setup
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
host=$scratch/host
bin=$scratch/bin
state=$host/var/lib/tidegate/hugepage-setup.state
passed=0
failed=0

# --- the made-up host -------------------------------------------------------------------------------------------------

pci=$host/sys/bus/pci
idle_nic=0000:03:00.0
used_nic=0000:81:00.0
disk=0000:05:00.0

make_device() { # make_device PCI CLASS DRIVER INTERFACE NODE
	local dir=$pci/devices/$1
	mkdir -p "$dir"
	printf '%s\n' "$2" >"$dir/class"
	echo 0x8086 >"$dir/vendor"
	echo 0x1572 >"$dir/device"
	printf '%s\n' "$5" >"$dir/numa_node"
	printf '%s\n' "$3" >"$dir/native"
	echo '(null)' >"$dir/driver_override"
	mkdir -p "$pci/drivers/$3"
	: >"$pci/drivers/$3/unbind"
	ln -s "../../drivers/$3" "$dir/driver"
	mkdir -p "$host/sys/kernel/iommu_groups/${1:5:2}/devices"
	ln -s "$host/sys/kernel/iommu_groups/${1:5:2}" "$dir/iommu_group"
	ln -s "$dir" "$host/sys/kernel/iommu_groups/${1:5:2}/devices/$1"
	if [[ -n $4 ]]; then mkdir -p "$dir/net/$4" "$host/sys/class/net/$4"; fi
}

make_host() {
	rm -rf "$host"
	local dir
	for dir in "$host"/sys/kernel/mm/hugepages "$host"/sys/devices/system/node/node{0,1}/hugepages; do
		mkdir -p "$dir"/hugepages-{2048,1048576}kB
		printf '0\n' | tee "$dir"/hugepages-{2048,1048576}kB/{nr,free}_hugepages >/dev/null
	done
	mkdir -p "$host"/{proc,dev} "$host/sys/devices/system/cpu/cpu0/topology"
	echo 0-7 >"$host/sys/devices/system/cpu/online"
	echo 0,4 >"$host/sys/devices/system/cpu/cpu0/topology/thread_siblings_list"
	echo 'root=/dev/sda1' >"$host/proc/cmdline"
	: >"$host/proc/mounts"
	mkdir -p "$pci/drivers"
	: >"$pci/drivers_probe"
	make_device "$idle_nic" 0x020000 i40e ens1 0
	make_device "$used_nic" 0x020000 ixgbe ens2 1
	make_device "$disk" 0x010802 nvme '' 0
}

mkdir -p "$bin"
cat >"$bin/tee" <<'END'
#!/usr/bin/env bash
# The kernel's side of a write to sysfs. A file `limit` beside nr_hugepages is how many pages can be had, `refuse` in a
# device says that vfio-pci fails to take it.
set -euo pipefail
value=$(cat)
file=$1
pci=$TIDEGATE_SYSROOT/sys/bus/pci
printf '%s\n' "$file = $value" >>"$WRITES"
case $file in
	*/nr_hugepages)
		limit=$(cat "${file%/*}/limit" 2>/dev/null || echo "$value")
		printf '%s\n' "$((value < limit ? value : limit))" >"$file"
		;;
	*/driver/unbind)
		[[ -e $file ]] || { echo "tee: $file: No such device" >&2; exit 1; }
		rm "$pci/devices/$value/driver"
		;;
	*/drivers_probe)
		device=$pci/devices/$value
		driver=$(cat "$device/driver_override")
		[[ -n $driver && $driver != '(null)' ]] || driver=$(cat "$device/native")
		[[ ! -e $device/driver && -d $pci/drivers/$driver ]] || exit 0
		[[ $driver != vfio-pci || ! -e $device/refuse ]] || { echo "tee: $file: Invalid argument" >&2; exit 1; }
		ln -s "../../drivers/$driver" "$device/driver"
		;;
	*) printf '%s\n' "$value" >"$file" ;;
esac
END
cat >"$bin/ip" <<'END'
#!/usr/bin/env bash
case "$*" in
	*'addr show dev ens2'*) echo '2: ens2    inet 192.0.2.7/24 brd 192.0.2.255 scope global ens2' ;;
	*'-6 route show default'*) ;;
	*'route show default'*) cat "$TIDEGATE_SYSROOT/default-route" 2>/dev/null || true ;;
esac
END
cat >"$bin/modprobe" <<'END'
#!/usr/bin/env bash
set -e
[[ $1 == vfio-pci && ! -e $TIDEGATE_SYSROOT/no-vfio ]]
mkdir -p "$TIDEGATE_SYSROOT"/sys/bus/pci/drivers/vfio-pci "$TIDEGATE_SYSROOT"/sys/module/vfio/parameters
: >"$TIDEGATE_SYSROOT/sys/bus/pci/drivers/vfio-pci/unbind"
echo N >"$TIDEGATE_SYSROOT/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
END
cat >"$bin/mount" <<'END'
#!/usr/bin/env bash
# mount -t hugetlbfs -o pagesize=SIZE hugetlbfs DIR
echo "hugetlbfs $6 hugetlbfs rw,relatime,${4/1G/1024M} 0 0" >>"$TIDEGATE_SYSROOT/proc/mounts"
END
cat >"$bin/umount" <<'END'
#!/usr/bin/env bash
sed -i "\\|^hugetlbfs $1 |d" "$TIDEGATE_SYSROOT/proc/mounts"
END
chmod +x "$bin"/*

# --- checks -----------------------------------------------------------------------------------------------------------

# try ARGUMENTS: runs the tool; its output, stdout and stderr, goes to `output`, its exit code to `code`.
try() {
	: >"$scratch/writes"
	code=0
	output=$(PATH=$bin:$PATH TIDEGATE_SYSROOT=$host WRITES=$scratch/writes "$tool" "$@" 2>&1) || code=$?
}

# check NAME CONDITION...: a command that must succeed.
check() {
	local name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED: %s\n  condition: %s\n  exit code %s, output:\n%s\n' "$name" "$*" "$code" "$output"
	fi
}

says() { [[ $output == *"$1"* ]]; }
ends_with() { [[ $code == "$1" ]]; }
is() { [[ $(cat "$1") == "$2" ]]; }
wrote_nothing() { [[ ! -s $scratch/writes && ! -e $state ]]; }
has_driver() { [[ $(basename "$(readlink "$pci/devices/$1/driver")") == "$2" ]]; }
one_line() { [[ $(wc -l <<<"$output") == 1 ]]; }
pages() { printf '%s/hugepages/hugepages-%skB/nr_hugepages' "$host/sys/devices/system/node/node$1" "$2"; }
total_pages() { printf '%s/sys/kernel/mm/hugepages/hugepages-%skB/nr_hugepages' "$host" "$1"; }

# misused MESSAGE ARGUMENTS: exit code 2, one line with this message, nothing written.
misused() {
	local message=$1
	shift
	try "$@"
	check "misuse ($*): exit code" ends_with 2
	check "misuse ($*): message" says "$message"
	check "misuse ($*): one line" one_line
	check "misuse ($*): writes nothing" wrote_nothing
}

make_host
try --help
check 'help: exit code' ends_with 0
check 'help: names every command' says 'isolate [--cpus LIST]'

misused 'no command given'
misused "unknown command 'reserv'" reserv
misused '--size and --count are needed' reserve --size 2M
misused 'a value is missing at the end' reserve --count 2 --size
misused "--size '4K': expected 2M or 1G" reserve --size 4K --count 1
misused "--count '0': expected a number" reserve --size 2M --count 0
misused "--count '1;x': expected a number" reserve --size 2M --count '1;x'
misused "--node '2': this host has node 0, 1" reserve --size 2M --count 1 --node 2
misused 'exclude each other' reserve --size 2M --count 1 --node 0 --per-node
misused 'no PCI address given' bind
misused "'ens1' is no PCI address" bind ens1
misused "unknown option '--forse'" bind --forse "$idle_nic"
misused "expected an absolute path" mount --dir huge
misused "unknown argument 'all'" undo all
misused 'this host has CPUs 0-7, not 8' isolate --cpus 6-8
misused 'that is all of them' isolate --cpus 0-7

try reserve --size 2M --count 64 --node 1 --dry-run
check 'reserve dry-run: exit code' ends_with 0
check 'reserve dry-run: says the write' says \
	"would write '64' to /sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages (now '0')"
check 'reserve dry-run: says the record' says "would record 'pages 1 2048 0'"
check 'reserve dry-run: writes nothing' wrote_nothing

try reserve --size 2M --count 64 --node 1
check 'reserve node: exit code' ends_with 0
check 'reserve node: the pages' is "$(pages 1 2048)" 64
check 'reserve node: the other node is left alone' is "$(pages 0 2048)" 0
try reserve --size 2M --count 128 --per-node
check 'reserve per node: node 0' is "$(pages 0 2048)" 128
check 'reserve per node: node 1' is "$(pages 1 2048)" 128
try reserve --size 2M --count 100 --node 0
check 'reserve less than there is: says so' says '128 2M pages already reserved on node 0; nothing to do'
check 'reserve less than there is: takes nothing away' is "$(pages 0 2048)" 128
try reserve --size 1G --count 2
check 'reserve in all: the total' is "$(total_pages 1048576)" 2
try undo
check 'undo of pages: exit code' ends_with 0
check 'undo of pages: node 0' is "$(pages 0 2048)" 0
check 'undo of pages: node 1, the value before the first of two changes' is "$(pages 1 2048)" 0
check 'undo of pages: total' is "$(total_pages 1048576)" 0
check 'undo of pages: state file gone' test ! -e "$state"
try undo
check 'second undo: nothing' says 'nothing to undo'

make_host
echo 37 >"$(dirname "$(pages 1 2048)")/limit"
echo 5 >"$(pages 0 2048)"
try reserve --size 2M --count 512 --per-node
check 'too few pages: exit code' ends_with 1
check 'too few pages: says how many' says 'only 37 of 512 2M pages could be had on node 1; all returned'
check 'too few pages: node 0 has what it had' is "$(pages 0 2048)" 5
check 'too few pages: node 1 has what it had' is "$(pages 1 2048)" 0
check 'too few pages: nothing left to undo' test ! -e "$state"
try reserve --size 2M --count 512 --node 1 --keep-partial
check 'too few pages, kept: exit code' ends_with 1
check 'too few pages, kept: says so' says 'only 37 of 512 2M pages could be had on node 1; they are kept'
check 'too few pages, kept: they are there' is "$(pages 1 2048)" 37
try undo
check 'too few pages, kept: undo returns them' is "$(pages 1 2048)" 0
rmdir_pages() { rm -r "$host/sys/kernel/mm/hugepages/hugepages-1048576kB"; }
rmdir_pages
try reserve --size 1G --count 1
check 'no 1G pages: exit code' ends_with 1
check 'no 1G pages: says so' says 'this host has no 1G hugepages'

make_host
try mount --dry-run
check 'mount dry-run: says the mount' says 'would run: mount -t hugetlbfs -o pagesize=2M'
check 'mount dry-run: mounts nothing' is "$host/proc/mounts" ''
try mount
try mount --size 1G
check 'mount: both sizes' is <(wc -l <"$host/proc/mounts") 2
try mount --size 1G
check 'mount again: nothing to do' says "1G hugetlbfs already mounted on $host/dev/hugepages1G"
try undo
check 'undo of mounts' is "$host/proc/mounts" ''

make_host
try bind "$idle_nic" --dry-run
check 'bind dry-run: exit code' ends_with 0
check 'bind dry-run: module' says 'would run: modprobe vfio-pci'
check 'bind dry-run: off the old driver' says "would write '$idle_nic' to /sys/bus/pci/devices/$idle_nic/driver/unbind"
check 'bind dry-run: override' says \
	"would write 'vfio-pci' to /sys/bus/pci/devices/$idle_nic/driver_override (now '(null)')"
check 'bind dry-run: probe' says "would write '$idle_nic' to /sys/bus/pci/drivers_probe"
check 'bind dry-run: writes nothing' wrote_nothing
check 'bind dry-run: driver stays' has_driver "$idle_nic" i40e

try bind "$used_nic"
check 'bind in use: exit code' ends_with 1
check 'bind in use: says why' says 'ens2 has the address 192.0.2.7/24; --force'
check 'bind in use: one line' one_line
try bind "$idle_nic" "$used_nic"
check 'bind of two, one in use: none is touched' wrote_nothing
echo 'default via 192.0.2.1 dev ens1 proto dhcp' >"$host/default-route"
try bind "$idle_nic"
check 'bind of the default route: refused' says 'ens1 carries the default route'
rm "$host/default-route"
mkdir -p "$host/sys/class/net/br0"
ln -s ../br0 "$host/sys/class/net/ens1/master"
try bind "$idle_nic"
check 'bind of a bridge port: refused' says 'ens1 is part of br0'
rm "$host/sys/class/net/ens1/master"
try bind "$disk"
check 'bind of a disk: refused' says 'is no network device'
check 'bind of a disk: writes nothing' wrote_nothing
try bind 0000:99:00.0
check 'bind of what is not there: exit code' ends_with 1
check 'bind of what is not there: says so' says 'no PCI device 0000:99:00.0'

try bind "${idle_nic#0000:}"
check 'bind, short address: exit code' ends_with 0
check 'bind: says what it did' says "$idle_nic: i40e -> vfio-pci"
check 'bind: driver' has_driver "$idle_nic" vfio-pci
try bind "$used_nic" --force
check 'bind --force: driver' has_driver "$used_nic" vfio-pci
try status
check 'status: lists the NIC with its driver' says "$idle_nic  8086:1572  0     vfio-pci"
check 'status: says what undo would restore' says "device $idle_nic i40e"
check 'status: IOMMU' says 'IOMMU: on, 3 groups'
try unbind "$idle_nic"
check 'unbind: the driver from before' has_driver "$idle_nic" i40e
check 'unbind: override cleared' is "$pci/devices/$idle_nic/driver_override" ''
try unbind "$idle_nic"
check 'unbind again: nothing to do' says 'has i40e, not vfio-pci; nothing to do'
try undo --dry-run
check 'undo dry-run: says the writes' says "would write '$used_nic' to /sys/bus/pci/drivers_probe"
check 'undo dry-run: changes nothing' has_driver "$used_nic" vfio-pci
check 'undo dry-run: keeps the state' test -s "$state"
try undo
check 'undo of bind: exit code' ends_with 0
check 'undo of bind: the driver from before' has_driver "$used_nic" ixgbe
check 'undo of bind: state file gone' test ! -e "$state"

try bind "$idle_nic"
rm -r "$pci/drivers/i40e"
try undo
check 'undo without the old driver: exit code' ends_with 1
check 'undo without the old driver: says so' says 'and not i40e as before'
check 'undo without the old driver: keeps the record' is "$state" "device $idle_nic i40e"

make_host
: >"$pci/devices/$idle_nic/refuse"
try bind "$idle_nic"
check 'vfio-pci refuses: exit code' ends_with 1
check 'vfio-pci refuses: says so' says 'vfio-pci did not take it (dmesg has the reason); it is back on i40e'
check 'vfio-pci refuses: the old driver is back' has_driver "$idle_nic" i40e
check 'vfio-pci refuses: nothing left to undo' test ! -e "$state"
make_host
: >"$host/no-vfio"
try bind "$idle_nic"
check 'no vfio-pci: says so' says 'the kernel module vfio-pci is not to be had'
check 'no vfio-pci: the driver stays' has_driver "$idle_nic" i40e

make_host
rm -r "$host/sys/kernel/iommu_groups" "$pci/devices/$idle_nic/iommu_group"
try bind "$idle_nic"
check 'no IOMMU: exit code' ends_with 1
check 'no IOMMU: says what to do' says '--noiommu uses vfio without its protection'
check 'no IOMMU: writes nothing' wrote_nothing
try bind --noiommu "$idle_nic"
check 'no-IOMMU mode: warns' says 'the device can write to all of the memory'
check 'no-IOMMU mode: driver' has_driver "$idle_nic" vfio-pci
check 'no-IOMMU mode: on' is "$host/sys/module/vfio/parameters/enable_unsafe_noiommu_mode" Y
try undo
check 'no-IOMMU mode: undone' is "$host/sys/module/vfio/parameters/enable_unsafe_noiommu_mode" N

make_host
ln -s "$pci/devices/$used_nic" "$host/sys/kernel/iommu_groups/03/devices/$used_nic"
try bind "$idle_nic"
check 'shared IOMMU group: warns' says "shares its IOMMU group with $used_nic (driver ixgbe)"

make_host
try isolate
check 'isolate: all but the first core' says 'isolcpus=managed_irq,domain,1,2,3,5,6,7 nohz_full=1,2,3,5,6,7'
check 'isolate: the rest takes the interrupts' says 'irqaffinity=0,4'
check 'isolate: changes nothing' wrote_nothing
try isolate --cpus 2-3
check 'isolate --cpus' says 'rcu_nocbs=2-3 irqaffinity=0,1,4,5,6,7'

printf '%s passed, %s failed\n' "$passed" "$failed"
((failed == 0))
