# tidegate in a container: docker build -t tidegate .
#
# Captures on disk need nothing but the files:
#
#   docker run --rm -v "$PWD:/data" --user "$(id -u):$(id -g)" tidegate replay capture.pcap --out out
#
# Live ports need what the driver needs. The host is prepared once with `hugepage-setup` (reserve, mount, bind).
#
#   A NIC on vfio-pci, with an IOMMU, as the non-root user of the image. N is the NIC's IOMMU group; its device and the
#   hugetlbfs must belong to that user (chown 10001 /dev/vfio/N; mount -o uid=10001).
#
#     docker run --rm --device /dev/vfio/vfio --device /dev/vfio/N --ulimit memlock=-1 \
#         -v /dev/hugepages:/dev/hugepages -v /etc/tidegate:/etc/tidegate:ro -v tidegate-data:/data \
#         tidegate run --config /etc/tidegate/tidegate.toml --out /data
#
#   Without an IOMMU (vfio's no-IOMMU mode) DPDK needs physical addresses, and so root:
#     --user root --cap-drop ALL --cap-add SYS_ADMIN --cap-add SYS_RAWIO --cap-add IPC_LOCK, and the rest as above.
#
#   net_af_packet and net_tap on the host's interfaces. Docker gives added capabilities to root alone:
#     --user root --cap-drop ALL --cap-add NET_RAW --cap-add NET_ADMIN --cap-add IPC_LOCK --network host, for net_tap
#     also --device /dev/net/tun.
#
#   As root the extractor's processes become nobody: --cap-add SETUID --cap-add SETGID --cap-add KILL besides, or
#   `extractor.enabled = false` in the configuration.
#
# There is no HEALTHCHECK: `replay` and `scan` end by themselves, and a running sensor that stops polling exits.

FROM debian:bookworm AS builder
ENV CARGO_HOME=/opt/cargo RUSTUP_HOME=/opt/rustup
ENV PATH=/opt/cargo/bin:$PATH
WORKDIR /src
# What a build needs changes rarely: a layer of its own.
COPY scripts/setup scripts/setup
COPY scripts/lib scripts/lib
COPY Cargo.toml Cargo.toml
RUN scripts/setup --build-only && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cargo build --release --locked --bin tidegate

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="tidegate" \
      org.opencontainers.image.description="DPDK network sensor: finds what leaks, and cuts the connection"
# The drivers are DPDK plugins, loaded at run time, so nothing links to them: they are named here. The libraries that the
# program links to come with them or are named too; the RUN after the program fails when one is missing.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
      librte-eal23 librte-ethdev23 librte-mbuf23 librte-mempool23 librte-ring23 librte-hash23 librte-net23 \
      librte-telemetry23 librte-bus-pci23 librte-bus-vdev23 librte-mempool-ring23 librte-mempool-stack23 \
      librte-net-af-packet23 librte-net-memif23 librte-net-null23 librte-net-pcap23 librte-net-ring23 \
      librte-net-tap23 librte-net-vhost23 \
      librte-net-bnxt23 librte-net-e1000-23 librte-net-ena23 librte-net-i40e23 librte-net-iavf23 librte-net-ice23 \
      librte-net-igc23 librte-net-ixgbe23 librte-net-mlx5-23 librte-net-virtio23 librte-net-vmxnet3-23 \
 && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 tidegate \
 && useradd --uid 10001 --gid tidegate --home-dir /data --no-create-home --shell /usr/sbin/nologin tidegate \
 && install -d -o tidegate -g tidegate /data
COPY --from=builder /src/target/release/tidegate /usr/local/bin/tidegate
RUN ! ldd /usr/local/bin/tidegate /usr/lib/*/dpdk/pmds-*/*.so.* | grep 'not found'
WORKDIR /data
USER tidegate
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/tidegate"]
CMD ["--help"]
