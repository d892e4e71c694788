//! Finds libdpdk with pkg-config, generates the bindings and compiles the shim.

use std::env;
use std::path::PathBuf;

/// Oldest DPDK this crate is written against; 23.11 and 24.11 keep the same names for all that is used here.
const OLDEST_DPDK: &str = "22.11";

/// What is taken from the headers; everything else stays out of the bindings.
const FUNCTIONS: &[&str] = &[
    "tg_.*",
    "rte_eal_(init|cleanup|remote_launch|wait_lcore|has_hugepages|get_runtime_dir)",
    "rte_strerror",
    "rte_version",
    "rte_get_tsc_hz",
    "rte_lcore_(count|to_socket_id|is_enabled)",
    "rte_get_next_lcore",
    "rte_get_main_lcore",
    "rte_socket_(count|id_by_idx)",
    "rte_pktmbuf_pool_create",
    "rte_pktmbuf_free_bulk",
    "rte_mempool_(free|avail_count|in_use_count)",
    "rte_mbuf_dynfield_register",
    "rte_ring_(create|free)",
    "rte_eth_dev_(count_avail|info_get|configure|start|stop|close|socket_id|adjust_nb_rx_tx_desc|get_port_by_name|get_name_by_port|rss_hash_update|rss_hash_conf_get|rss_reta_update|rss_reta_query|set_mtu|get_mtu|get_module_info|is_valid_port|get_supported_ptypes|set_ptypes)",
    "rte_eth_(rx_queue_setup|tx_queue_setup|promiscuous_enable|promiscuous_get|link_get_nowait|stats_get|stats_reset|xstats_get|xstats_get_names|xstats_reset|macaddr_get|link_speed_to_str|find_next_owned_by|dev_flow_ctrl_get)",
    "rte_eal_get_lcore_state",
    "rte_tel_data_.*",
    "rte_telemetry_register_cmd",
    "rte_cpu_get_flag_enabled",
];

const TYPES: &[&str] = &[
    "tg_view",
    "rte_mbuf",
    "rte_mbuf_dynfield",
    "rte_mempool",
    "rte_ring",
    "rte_tel_data",
    "rte_eth_(conf|dev_info|link|stats|xstat|xstat_name|rss_conf|rss_reta_entry64|rxconf|txconf)",
    "rte_ether_addr",
    "rte_lcore_state_t",
    "rte_softrss_.*",
];

const CONSTANTS: &[&str] = &[
    "tg_.*",
    "RTE_MAX_LCORE",
    "RTE_MAX_ETHPORTS",
    "RTE_PKTMBUF_HEADROOM",
    "RTE_ETH_DEV_NO_OWNER",
    "RTE_ETH_NAME_MAX_LEN",
    "RTE_ETH_LINK_.*",
    "RTE_ETH_MQ_.*",
    "RTE_ETHER_.*",
    "RTE_VER_.*",
    "SOCKET_ID_ANY",
    "RING_F_.*",
];

fn main() {
    for file in ["build.rs", "wrapper.h", "shim.h", "shim.c"] {
        println!("cargo:rerun-if-changed={file}");
    }
    let dpdk = match pkg_config::Config::new().atleast_version(OLDEST_DPDK).probe("libdpdk") {
        Ok(found) => found,
        Err(error) => {
            println!(
                "cargo::error=libdpdk {OLDEST_DPDK} or later was not found by pkg-config; run scripts/setup, or install libdpdk-dev ({error})"
            );
            std::process::exit(1);
        }
    };

    let mut shim = cc::Build::new();
    shim.file("shim.c").includes(&dpdk.include_paths).opt_level(3);
    // The same flags pkg-config gives: struct layouts and inlines must agree with the library's build.
    let cflags = cflags();
    for flag in &cflags {
        shim.flag(flag);
    }
    shim.flag("-Wno-deprecated-declarations").compile("tidegate_shim");

    let mut bindings = bindgen::Builder::default()
        .header("wrapper.h")
        .use_core()
        .layout_tests(false)
        .generate_comments(false)
        .prepend_enum_name(false)
        .default_enum_style(bindgen::EnumVariation::Consts)
        .derive_default(true)
        // rte_ether_addr is packed(2) and aligned: bindgen cannot say both inside other structs.
        .opaque_type("rte_arp_.*|rte_ether_hdr|rte_l2tpv2_.*|rte_gtp_.*")
        .clang_args(dpdk.include_paths.iter().map(|path| format!("-I{}", path.display())))
        .clang_args(&cflags);
    for function in FUNCTIONS {
        bindings = bindings.allowlist_function(function);
    }
    for name in TYPES {
        bindings = bindings.allowlist_type(name);
    }
    for constant in CONSTANTS {
        bindings = bindings.allowlist_var(constant);
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("bindings.rs");
    bindings.generate().expect("bindgen reads the DPDK headers").write_to_file(out).expect("OUT_DIR can be written");
}

/// Compiler flags of libdpdk besides include paths, such as `-march` and `-include rte_config.h`.
fn cflags() -> Vec<String> {
    let output = std::process::Command::new("pkg-config").args(["--cflags-only-other", "libdpdk"]).output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}
