/* The WebM container (RFC 9559, EBML of RFC 8794), written by hand. A cluster begins at every key
   picture and is listed in the cues at the end, so that players can seek; sizes and the duration
   are filled in when they are known. */
#include "media/matroska.h"

#include "core/memory.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    HEADER_ROOM = 512, /* bytes; the header needs about 300 */
    CUE_SIZE = 27,
    BT601 = 6, /* ITU-T H.273 codes of the colours declared */
    BT709 = 1,
    SRGB = 13
};

/* Matroska's element numbers (RFC 8794, RFC 9559), their length marker included */
enum {
    EBML = 0x1A45DFA3,
    EBML_VERSION = 0x4286,
    EBML_READ_VERSION = 0x42F7,
    EBML_MAX_ID = 0x42F2,
    EBML_MAX_SIZE = 0x42F3,
    DOC_TYPE = 0x4282,
    DOC_TYPE_VERSION = 0x4287,
    DOC_TYPE_READ_VERSION = 0x4285,
    SEGMENT = 0x18538067,
    SEEK_HEAD = 0x114D9B74,
    SEEK = 0x4DBB,
    SEEK_ID = 0x53AB,
    SEEK_POSITION = 0x53AC,
    INFO = 0x1549A966,
    TIMESTAMP_SCALE = 0x2AD7B1,
    DURATION = 0x4489,
    MUXING_APP = 0x4D80,
    WRITING_APP = 0x5741,
    TRACKS = 0x1654AE6B,
    TRACK_ENTRY = 0xAE,
    TRACK_NUMBER = 0xD7,
    TRACK_UID = 0x73C5,
    TRACK_TYPE = 0x83,
    FLAG_LACING = 0x9C,
    DEFAULT_DURATION = 0x23E383,
    CODEC_ID = 0x86,
    VIDEO = 0xE0,
    PIXEL_WIDTH = 0xB0,
    PIXEL_HEIGHT = 0xBA,
    COLOUR = 0x55B0,
    MATRIX = 0x55B1,
    BITS = 0x55B2,
    SITING_X = 0x55B7,
    SITING_Y = 0x55B8,
    RANGE = 0x55B9,
    TRANSFER = 0x55BA,
    PRIMARIES = 0x55BB,
    CLUSTER = 0x1F43B675,
    TIMESTAMP = 0xE7,
    SIMPLE_BLOCK = 0xA3,
    CUES = 0x1C53BB6B,
    CUE_POINT = 0xBB,
    CUE_TIME = 0xB3,
    CUE_TRACK_POSITIONS = 0xB7,
    CUE_TRACK = 0xF7,
    CUE_CLUSTER_POSITION = 0xF1
};

/* --- EBML: elements in a small buffer --- */

typedef struct ebml {
    uint8_t bytes[HEADER_ROOM];
    size_t size;
} ebml;

static void put_bytes(ebml *e, uint64_t value, int n)
{
    for (int i = n - 1; i >= 0; i--) {
        e->bytes[e->size++] = (uint8_t)(value >> (8 * i));
    }
}

static void put_id(ebml *e, uint32_t id)
{
    put_bytes(e, id, id > 0xFFFFFFu ? 4 : id > 0xFFFFu ? 3 : id > 0xFFu ? 2 : 1);
}

/* An unsigned number of n bytes. */
static void put_uint(ebml *e, uint32_t id, uint64_t value, int n)
{
    put_id(e, id);
    put_bytes(e, 0x80u | (uint32_t)n, 1);
    put_bytes(e, value, n);
}

static uint64_t double_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void put_text(ebml *e, uint32_t id, const char *text)
{
    const size_t n = strlen(text);
    put_id(e, id);
    put_bytes(e, 0x80u | n, 1);
    memcpy(e->bytes + e->size, text, n);
    e->size += n;
}

/* A size field of eight bytes, the top one its marker. */
static void put_size(ebml *e, uint64_t size)
{
    put_bytes(e, 0x01u, 1);
    put_bytes(e, size, 7);
}

/* Begins an element that holds others; returns what ebml_end needs to fill in its size. */
static size_t ebml_begin(ebml *e, uint32_t id)
{
    put_id(e, id);
    put_size(e, 0);
    return e->size;
}

static void ebml_end(ebml *e, size_t begin)
{
    const size_t end = e->size;
    e->size = begin - 8u;
    put_size(e, end - begin);
    e->size = end;
}

/* --- header --- */

static void put_seek(ebml *e, uint32_t id, uint64_t position)
{
    const size_t seek = ebml_begin(e, SEEK);
    put_uint(e, SEEK_ID, id, 4);
    put_uint(e, SEEK_POSITION, position, 8);
    ebml_end(e, seek);
}

static void put_colour(ebml *e)
{
    const size_t colour = ebml_begin(e, COLOUR);
    put_uint(e, MATRIX, BT601, 1);
    put_uint(e, BITS, 8, 1);
    put_uint(e, SITING_X, 2, 1); /* chroma in the middle of four pixels */
    put_uint(e, SITING_Y, 2, 1);
    put_uint(e, RANGE, 1, 1); /* 16..235 */
    put_uint(e, TRANSFER, SRGB, 1);
    put_uint(e, PRIMARIES, BT709, 1);
    ebml_end(e, colour);
}

static void put_track(ebml *e, int width, int height, double fps)
{
    const size_t tracks = ebml_begin(e, TRACKS);
    const size_t entry = ebml_begin(e, TRACK_ENTRY);
    put_uint(e, TRACK_NUMBER, 1, 1);
    put_uint(e, TRACK_UID, 1, 1);
    put_uint(e, TRACK_TYPE, 1, 1); /* video */
    put_uint(e, FLAG_LACING, 0, 1);
    put_uint(e, DEFAULT_DURATION, (uint64_t)llround(1e9 / fps), 8);
    put_text(e, CODEC_ID, "V_VP9");
    const size_t video = ebml_begin(e, VIDEO);
    put_uint(e, PIXEL_WIDTH, (uint64_t)width, 4);
    put_uint(e, PIXEL_HEIGHT, (uint64_t)height, 4);
    put_colour(e);
    ebml_end(e, video);
    ebml_end(e, entry);
    ebml_end(e, tracks);
}

/* Returns where the duration is. */
static size_t put_info(ebml *e)
{
    const size_t info = ebml_begin(e, INFO);
    put_uint(e, TIMESTAMP_SCALE, 1000000, 4); /* all times are milliseconds */
    put_uint(e, DURATION, double_bits(0.0), 8);
    const size_t duration_at = e->size - 8u;
    put_text(e, MUXING_APP, "pavlov");
    put_text(e, WRITING_APP, "pavlov");
    ebml_end(e, info);
    return duration_at;
}

static void put_ebml_head(ebml *e)
{
    const size_t head = ebml_begin(e, EBML);
    put_uint(e, EBML_VERSION, 1, 1);
    put_uint(e, EBML_READ_VERSION, 1, 1);
    put_uint(e, EBML_MAX_ID, 4, 1);
    put_uint(e, EBML_MAX_SIZE, 8, 1);
    put_text(e, DOC_TYPE, "webm");
    put_uint(e, DOC_TYPE_VERSION, 4, 1);
    put_uint(e, DOC_TYPE_READ_VERSION, 2, 1);
    ebml_end(e, head);
}

/* The index of the parts comes before them, all its fields of fixed width: it is written twice,
   the second time knowing where they are. */
pv_status pv_matroska_begin(pv_matroska *m, pv_output *output, int width, int height, double fps)
{
    m->output = output;
    ebml e = {.size = 0};
    uint64_t info_at = 0;
    uint64_t tracks_at = 0;
    for (int pass = 0; pass < 2; pass++) {
        e.size = 0;
        put_ebml_head(&e);
        ebml_begin(&e, SEGMENT);
        m->segment = e.size;
        const size_t seek_head = ebml_begin(&e, SEEK_HEAD);
        put_seek(&e, INFO, info_at);
        put_seek(&e, TRACKS, tracks_at);
        put_seek(&e, CUES, 0);
        m->cues_at = e.size - 8u;
        ebml_end(&e, seek_head);
        info_at = e.size - m->segment;
        m->duration_at = put_info(&e);
        tracks_at = e.size - m->segment;
        put_track(&e, width, height, fps);
    }
    return pv_output_write(m->output, e.bytes, e.size);
}

/* --- clusters --- */

static pv_status end_cluster(pv_matroska *m)
{
    if (m->cluster == 0) {
        return PV_OK;
    }
    ebml e = {.size = 0};
    put_size(&e, m->output->size - m->cluster - 12u);
    const uint64_t size_at = m->cluster + 4u;
    m->cluster = 0;
    return pv_output_patch(m->output, size_at, e.bytes, e.size);
}

static pv_status begin_cluster(pv_matroska *m, uint64_t time)
{
    if (end_cluster(m) != PV_OK) {
        return m->output->failure;
    }
    if (m->n_cues == m->cue_room) {
        const size_t room = 2u * m->cue_room + 64u;
        pv_cue *grown = pv_realloc(m->cues, room * sizeof *grown);
        if (!grown) {
            return PV_ERROR_MEMORY;
        }
        m->cues = grown;
        m->cue_room = room;
    }
    m->cluster = m->output->size;
    m->cluster_time = time;
    m->cues[m->n_cues++] = (pv_cue){time, m->cluster - m->segment};
    ebml e = {.size = 0};
    ebml_begin(&e, CLUSTER);
    put_uint(&e, TIMESTAMP, time, 8);
    return pv_output_write(m->output, e.bytes, e.size);
}

pv_status pv_matroska_add(pv_matroska *m, const void *data, size_t size, uint64_t time, int key)
{
    const pv_status status = key ? begin_cluster(m, time) : PV_OK;
    if (status != PV_OK) {
        return status;
    }
    assert(m->cluster != 0 && time - m->cluster_time <= INT16_MAX);
    ebml e = {.size = 0};
    put_id(&e, SIMPLE_BLOCK);
    put_size(&e, size + 4u);
    put_bytes(&e, 0x81, 1); /* track 1 */
    put_bytes(&e, time - m->cluster_time, 2);
    put_bytes(&e, key ? 0x80 : 0, 1);
    pv_output_write(m->output, e.bytes, e.size);
    return pv_output_write(m->output, data, size);
}

/* --- the end --- */

static pv_status write_cues(pv_matroska *m)
{
    ebml e = {.size = 0};
    put_id(&e, CUES);
    put_size(&e, m->n_cues * CUE_SIZE);
    pv_status status = pv_output_write(m->output, e.bytes, e.size);
    for (size_t i = 0; i < m->n_cues && status == PV_OK; i++) {
        e.size = 0;
        put_id(&e, CUE_POINT);
        put_bytes(&e, 0x80u | (CUE_SIZE - 2u), 1);
        put_uint(&e, CUE_TIME, m->cues[i].time, 8);
        put_id(&e, CUE_TRACK_POSITIONS);
        put_bytes(&e, 0x80u | 13u, 1);
        put_uint(&e, CUE_TRACK, 1, 1);
        put_uint(&e, CUE_CLUSTER_POSITION, m->cues[i].position, 8);
        status = pv_output_write(m->output, e.bytes, e.size);
    }
    return status;
}

pv_status pv_matroska_end(pv_matroska *m, uint64_t duration)
{
    pv_output *output = m->output;
    if (end_cluster(m) != PV_OK) {
        return output->failure;
    }
    const uint64_t cues_position = output->size - m->segment;
    if (write_cues(m) != PV_OK) {
        return output->failure;
    }
    ebml e = {.size = 0};
    put_bytes(&e, cues_position, 8);
    put_bytes(&e, double_bits((double)duration), 8);
    put_size(&e, output->size - m->segment);
    pv_output_patch(output, m->cues_at, e.bytes, 8);
    pv_output_patch(output, m->duration_at, e.bytes + 8, 8);
    return pv_output_patch(output, m->segment - 8u, e.bytes + 16, 8);
}

void pv_matroska_free(pv_matroska *m)
{
    pv_free(m->cues);
}
