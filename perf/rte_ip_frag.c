/* DPDK's reassembly on the sets that perf/defrag.rs writes; perf/defrag builds and runs it.
 *
 * usage: rte_ip_frag FILE...
 *
 * Prints one JSON object for each set. A set is gone through again and again, each time with IP identifications not
 * used before, on mbufs that are filled before the clock runs. Timed are rte_ipv4_frag_reassemble_packet, the death row
 * and rte_pktmbuf_free; and the same with each packet's payload copied into one buffer, which is what a reader of the
 * whole packet needs and what tidegate gives.
 */
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ether.h>
#include <rte_ip_frag.h>
#include <rte_mbuf.h>

#define ROUNDS 2001
#define MAX_FRAGMENTS 4096
#define ETHER 14

static struct rte_ip_frag_death_row row;
static struct rte_mbuf *mbufs[MAX_FRAGMENTS];
static const uint8_t *frames[MAX_FRAGMENTS];
static uint32_t lengths[MAX_FRAGMENTS];
static double ns[2][ROUNDS];
static uint8_t contiguous[1 << 16];

static int by_value(const void *a, const void *b)
{
	double difference = *(const double *)a - *(const double *)b;
	return difference < 0 ? -1 : difference > 0;
}

static void fail(const char *what, const char *name)
{
	fprintf(stderr, "rte_ip_frag: %s: %s\n", name, what);
	exit(1);
}

static unsigned int load(const char *name)
{
	FILE *file = fopen(name, "rb");
	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		fail("cannot be read", name);
	long size = ftell(file);
	uint8_t *bytes = malloc((size_t)size);
	rewind(file);
	if (bytes == NULL || fread(bytes, 1, (size_t)size, file) != (size_t)size)
		fail("cannot be read", name);
	fclose(file);
	unsigned int count = 0;
	for (long at = 24; at < size && count < MAX_FRAGMENTS; count++) {
		memcpy(&lengths[count], bytes + at + 8, 4);
		frames[count] = bytes + at + 16;
		at += 16 + lengths[count];
	}
	return count;
}

/* One turn; returns the packets that became whole. */
static unsigned int turn(struct rte_ip_frag_tbl *table, unsigned int count, int copy, double *result)
{
	unsigned int whole = 0;
	uint64_t begin = rte_rdtsc_precise();
	for (unsigned int i = 0; i < count; i++) {
		struct rte_ipv4_hdr *header = rte_pktmbuf_mtod_offset(mbufs[i], struct rte_ipv4_hdr *, ETHER);
		struct rte_mbuf *out = rte_ipv4_frag_reassemble_packet(table, &row, mbufs[i], begin, header);
		if (out != NULL) {
			whole++;
			if (copy) {
				uint8_t *to = contiguous;
				for (struct rte_mbuf *part = out; part != NULL; part = part->next) {
					memcpy(to, rte_pktmbuf_mtod(part, void *), part->data_len);
					to += part->data_len;
				}
				__asm__ volatile("" : : "r"(contiguous) : "memory");
			}
			rte_pktmbuf_free(out);
		}
		if (row.cnt != 0)
			rte_ip_frag_free_death_row(&row, 3);
	}
	*result = (double)(rte_rdtsc_precise() - begin) * 1e9 / (double)rte_get_tsc_hz() / count;
	return whole;
}

static void measure(struct rte_ip_frag_tbl *table, struct rte_mempool *pool, char *name)
{
	static uint16_t id;
	unsigned int count = load(name), packets = 0;
	for (unsigned int i = 0; i < count; i++)
		packets += (frames[i][20] & 0x20) == 0;
	for (int round = 0; round < 2 * ROUNDS; round++) {
		for (unsigned int i = 0; i < count; i++) {
			mbufs[i] = rte_pktmbuf_alloc(pool);
			if (mbufs[i] == NULL)
				fail("no mbuf is free", name);
			memcpy(rte_pktmbuf_append(mbufs[i], (uint16_t)lengths[i]), frames[i], lengths[i]);
			mbufs[i]->l2_len = ETHER;
			mbufs[i]->l3_len = sizeof(struct rte_ipv4_hdr);
			struct rte_ipv4_hdr *header = rte_pktmbuf_mtod_offset(mbufs[i], struct rte_ipv4_hdr *, ETHER);
			header->packet_id = rte_cpu_to_be_16((uint16_t)(rte_be_to_cpu_16(header->packet_id) + id));
		}
		id = (uint16_t)(id + packets);
		if (turn(table, count, round % 2, &ns[round % 2][round / 2]) != packets)
			fail("not every packet became whole", name);
	}
	for (int copy = 0; copy < 2; copy++)
		qsort(ns[copy], ROUNDS, sizeof(ns[copy][0]), by_value);
	char *stem = basename(name);
	stem[strcspn(stem, ".")] = '\0';
	printf("{\"program\":\"rte_ip_frag\",\"set\":\"%s\",\"fragments\":%u,\"packets\":%u,"
	       "\"ns_per_fragment\":%.2f,\"ns_per_fragment_contiguous\":%.2f}\n",
	       stem, count, packets, ns[0][ROUNDS / 2], ns[1][ROUNDS / 2]);
}

int main(int count, char **files)
{
	char *eal[] = {files[0], "--no-huge", "--no-pci", "--no-shconf", "--no-telemetry", "--log-level=1", "-m", "128"};
	if (count < 2) {
		fprintf(stderr, "usage: rte_ip_frag FILE...\n");
		return 2;
	}
	if (rte_eal_init((int)RTE_DIM(eal), eal) < 0)
		fail("the EAL does not start", files[0]);
	struct rte_mempool *pool = rte_pktmbuf_pool_create("fragments", 4095, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	struct rte_ip_frag_tbl *table =
		rte_ip_frag_table_create(4096, 8, 4096 * 8, rte_get_tsc_hz() * 30, SOCKET_ID_ANY);
	if (pool == NULL || table == NULL)
		fail("memory is short", files[0]);
	for (int i = 1; i < count; i++)
		measure(table, pool, files[i]);
	return 0;
}
