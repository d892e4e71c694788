#define _GNU_SOURCE /* CPU sets */

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_pause.h>
#include <rte_telemetry.h>
#include <rte_thash.h>
#include <rte_version.h>

#include "shim.h"

int tg_errno(void) { return rte_errno; }
unsigned int tg_lcore_id(void) { return rte_lcore_id(); }
unsigned int tg_socket_id(void) { return rte_socket_id(); }
int tg_lcore_cpu(unsigned int lcore)
{
	rte_cpuset_t cpus = rte_lcore_cpuset(lcore);

	if (CPU_COUNT(&cpus) != 1)
		return -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &cpus))
			return cpu;
	return -1;
}
uint64_t tg_rdtsc(void) { return rte_rdtsc(); }
void tg_pause(void) { rte_pause(); }

uint16_t tg_eth_rx_burst(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return rte_eth_rx_burst(port, queue, pkts, n);
}

uint16_t tg_eth_tx_burst(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return rte_eth_tx_burst(port, queue, pkts, n);
}

const uint64_t tg_rx_rss_hash = RTE_MBUF_F_RX_RSS_HASH;
const uint64_t tg_rx_l4_checksum_mask = RTE_MBUF_F_RX_L4_CKSUM_MASK;
const uint64_t tg_rx_l4_checksum_good = RTE_MBUF_F_RX_L4_CKSUM_GOOD;
const uint64_t tg_rx_l4_checksum_bad = RTE_MBUF_F_RX_L4_CKSUM_BAD;
const uint64_t tg_rx_ip_cksum_bad = RTE_MBUF_F_RX_IP_CKSUM_BAD;
const uint64_t tg_rx_l4_cksum_bad = RTE_MBUF_F_RX_L4_CKSUM_BAD;
const uint64_t tg_offload_rx_rss_hash = RTE_ETH_RX_OFFLOAD_RSS_HASH;
const uint64_t tg_offload_rx_checksum = RTE_ETH_RX_OFFLOAD_CHECKSUM;
const uint64_t tg_offload_rx_scatter = RTE_ETH_RX_OFFLOAD_SCATTER;
const uint64_t tg_offload_tx_mbuf_fast_free = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
const uint64_t tg_offload_tx_multi_segs = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
const uint64_t tg_rss_ipv4 = RTE_ETH_RSS_IPV4;
const uint64_t tg_rss_ipv4_tcp = RTE_ETH_RSS_NONFRAG_IPV4_TCP;
const uint64_t tg_rss_ipv4_udp = RTE_ETH_RSS_NONFRAG_IPV4_UDP;
const uint64_t tg_rss_ipv4_other = RTE_ETH_RSS_NONFRAG_IPV4_OTHER;
const uint64_t tg_rss_frag_ipv4 = RTE_ETH_RSS_FRAG_IPV4;
const uint64_t tg_rss_ipv6 = RTE_ETH_RSS_IPV6;
const uint64_t tg_rss_ipv6_tcp = RTE_ETH_RSS_NONFRAG_IPV6_TCP;
const uint64_t tg_rss_ipv6_udp = RTE_ETH_RSS_NONFRAG_IPV6_UDP;
const uint64_t tg_rss_ipv6_other = RTE_ETH_RSS_NONFRAG_IPV6_OTHER;
const uint64_t tg_rss_frag_ipv6 = RTE_ETH_RSS_FRAG_IPV6;

void tg_mbuf_views(struct rte_mbuf *const *pkts, unsigned int n, struct tg_view *out)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct rte_mbuf *m = pkts[i];

		out[i].data = rte_pktmbuf_mtod(m, uint8_t *);
		rte_prefetch0(out[i].data);
		out[i].len = m->data_len;
		out[i].pkt_len = m->pkt_len;
		out[i].ol_flags = m->ol_flags;
		out[i].rss = m->hash.rss;
		out[i].port = m->port;
		out[i].segments = m->nb_segs;
	}
}

void tg_mbuf_set_rss(struct rte_mbuf *m, uint32_t hash)
{
	m->hash.rss = hash;
	m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
}

void tg_mbuf_set_port(struct rte_mbuf *m, uint16_t port) { m->port = port; }

uint8_t *tg_mbuf_data(struct rte_mbuf *m) { return rte_pktmbuf_mtod(m, uint8_t *); }

uint32_t tg_mbuf_len(const struct rte_mbuf *m) { return m->data_len; }

uint32_t tg_mbuf_tailroom(const struct rte_mbuf *m) { return rte_pktmbuf_tailroom(m); }

void tg_mbuf_reset_full(struct rte_mbuf *m)
{
	rte_pktmbuf_reset(m);
	m->data_off = 0;
}

struct rte_mbuf *tg_pktmbuf_alloc(struct rte_mempool *pool) { return rte_pktmbuf_alloc(pool); }

int tg_pktmbuf_alloc_bulk(struct rte_mempool *pool, struct rte_mbuf **pkts, unsigned int n)
{
	return rte_pktmbuf_alloc_bulk(pool, pkts, n);
}

void tg_pktmbuf_free(struct rte_mbuf *m) { rte_pktmbuf_free(m); }

char *tg_pktmbuf_append(struct rte_mbuf *m, uint16_t len) { return rte_pktmbuf_append(m, len); }

int tg_pktmbuf_linearize(struct rte_mbuf *m) { return rte_pktmbuf_linearize(m); }

unsigned int tg_ring_enqueue_burst(struct rte_ring *r, void *const *objs, unsigned int n)
{
	return rte_ring_enqueue_burst(r, objs, n, NULL);
}

unsigned int tg_ring_dequeue_burst(struct rte_ring *r, void **objs, unsigned int n)
{
	return rte_ring_dequeue_burst(r, objs, n, NULL);
}

unsigned int tg_ring_count(const struct rte_ring *r) { return rte_ring_count(r); }

uint32_t tg_softrss(uint32_t *tuple, uint32_t words, const uint8_t *key)
{
	return rte_softrss(tuple, words, key);
}

int tg_tel_dict_uint(struct rte_tel_data *d, const char *name, uint64_t value)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
	return rte_tel_data_add_dict_uint(d, name, value);
#else
	return rte_tel_data_add_dict_u64(d, name, value);
#endif
}

int tg_tel_array_uint(struct rte_tel_data *d, uint64_t value)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
	return rte_tel_data_add_array_uint(d, value);
#else
	return rte_tel_data_add_array_u64(d, value);
#endif
}
