/*
 * Out-of-line names for the static inlines of DPDK that bindgen cannot call.
 *
 * One wrapper a function, same arguments, no logic. Burst functions cost one
 * call a burst, so the wrapper does not show; nothing here is called once a
 * packet.
 */
#ifndef TIDEGATE_SHIM_H
#define TIDEGATE_SHIM_H

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

int tg_errno(void);
unsigned int tg_lcore_id(void);
unsigned int tg_socket_id(void);
/* The CPU an lcore is bound to; -1 when it floats over several. */
int tg_lcore_cpu(unsigned int lcore);
uint64_t tg_rdtsc(void);
void tg_pause(void);

uint16_t tg_eth_rx_burst(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t tg_eth_tx_burst(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);

/* What a worker reads of an mbuf, in one place whatever the mbuf layout of this DPDK. */
struct tg_view {
	uint8_t *data;     /* first byte of the first segment */
	uint32_t len;      /* bytes in the first segment */
	uint32_t pkt_len;  /* bytes in all segments */
	uint64_t ol_flags; /* RTE_MBUF_F_RX_* */
	uint32_t rss;      /* hash.rss */
	uint16_t port;
	uint16_t segments;
};

/* Receive flags and RSS types that are macros DPDK computes, as values bindgen can see. */
extern const uint64_t tg_rx_rss_hash;
/* RTE_MBUF_F_RX_L4_CKSUM_*: both bits of the state, and the two that say what was found. */
extern const uint64_t tg_rx_l4_checksum_mask;
extern const uint64_t tg_rx_l4_checksum_good;
extern const uint64_t tg_rx_l4_checksum_bad;
extern const uint64_t tg_rx_ip_cksum_bad;
extern const uint64_t tg_rx_l4_cksum_bad;
extern const uint64_t tg_offload_rx_rss_hash;
extern const uint64_t tg_offload_rx_checksum;
extern const uint64_t tg_offload_rx_scatter;
extern const uint64_t tg_offload_tx_mbuf_fast_free;
extern const uint64_t tg_offload_tx_multi_segs;
extern const uint64_t tg_rss_ipv4;
extern const uint64_t tg_rss_ipv4_tcp;
extern const uint64_t tg_rss_ipv4_udp;
extern const uint64_t tg_rss_ipv4_other;
extern const uint64_t tg_rss_frag_ipv4;
extern const uint64_t tg_rss_ipv6;
extern const uint64_t tg_rss_ipv6_tcp;
extern const uint64_t tg_rss_ipv6_udp;
extern const uint64_t tg_rss_ipv6_other;
extern const uint64_t tg_rss_frag_ipv6;

void tg_mbuf_views(struct rte_mbuf *const *pkts, unsigned int n, struct tg_view *out);
void tg_mbuf_set_rss(struct rte_mbuf *m, uint32_t hash);
void tg_mbuf_set_port(struct rte_mbuf *m, uint16_t port);
uint8_t *tg_mbuf_data(struct rte_mbuf *m);
uint32_t tg_mbuf_len(const struct rte_mbuf *m);
uint32_t tg_mbuf_tailroom(const struct rte_mbuf *m);
/* Drops the headroom too, so that a frame as large as the buffer fits. */
void tg_mbuf_reset_full(struct rte_mbuf *m);

struct rte_mbuf *tg_pktmbuf_alloc(struct rte_mempool *pool);
int tg_pktmbuf_alloc_bulk(struct rte_mempool *pool, struct rte_mbuf **pkts, unsigned int n);
void tg_pktmbuf_free(struct rte_mbuf *m);
char *tg_pktmbuf_append(struct rte_mbuf *m, uint16_t len);
int tg_pktmbuf_linearize(struct rte_mbuf *m);

unsigned int tg_ring_enqueue_burst(struct rte_ring *r, void *const *objs, unsigned int n);
unsigned int tg_ring_dequeue_burst(struct rte_ring *r, void **objs, unsigned int n);
unsigned int tg_ring_count(const struct rte_ring *r);

/* Renamed from _u64 to _uint in DPDK 23.03. */
struct rte_tel_data;
int tg_tel_dict_uint(struct rte_tel_data *d, const char *name, uint64_t value);
int tg_tel_array_uint(struct rte_tel_data *d, uint64_t value);

uint32_t tg_softrss(uint32_t *tuple, uint32_t words, const uint8_t *key);

#endif
