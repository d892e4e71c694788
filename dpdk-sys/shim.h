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
uint64_t tg_rdtsc(void);
void tg_pause(void);

uint16_t tg_eth_rx_burst(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t tg_eth_tx_burst(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);

struct rte_mbuf *tg_pktmbuf_alloc(struct rte_mempool *pool);
int tg_pktmbuf_alloc_bulk(struct rte_mempool *pool, struct rte_mbuf **pkts, unsigned int n);
void tg_pktmbuf_free(struct rte_mbuf *m);
char *tg_pktmbuf_append(struct rte_mbuf *m, uint16_t len);
int tg_pktmbuf_linearize(struct rte_mbuf *m);

unsigned int tg_ring_enqueue_burst(struct rte_ring *r, void *const *objs, unsigned int n);
unsigned int tg_ring_dequeue_burst(struct rte_ring *r, void **objs, unsigned int n);
unsigned int tg_ring_count(const struct rte_ring *r);

uint32_t tg_softrss(uint32_t *tuple, uint32_t words, const uint8_t *key);

#endif
