/* What the video formats share: the file being written, whose first failure sticks and names the
   file, and the rectangle in which two pictures differ. */
#include "media/encoder.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static pv_status output_failed(pv_output *output)
{
    if (output->failure == PV_OK) {
        output->failure =
            pv_fail(PV_ERROR_FILE, "cannot write %s: %s", output->path, strerror(errno));
    }
    return output->failure;
}

pv_status pv_output_write(pv_output *output, const void *data, size_t size)
{
    if (output->failure != PV_OK) {
        return output->failure;
    }
    if (size > 0 && fwrite(data, 1, size, output->file) != size) {
        return output_failed(output);
    }
    output->size += size;
    return PV_OK;
}

pv_status pv_output_patch(pv_output *output, uint64_t at, const void *data, size_t size)
{
    if (output->failure != PV_OK) {
        return output->failure;
    }
    if (fseeko(output->file, (off_t)at, SEEK_SET) != 0 ||
        fwrite(data, 1, size, output->file) != size ||
        fseeko(output->file, (off_t)output->size, SEEK_SET) != 0) {
        return output_failed(output);
    }
    return PV_OK;
}

pv_status pv_output_close(pv_output *output)
{
    if (fflush(output->file) != 0 || fsync(fileno(output->file)) != 0) {
        output_failed(output);
    }
    if (fclose(output->file) != 0) {
        output_failed(output);
    }
    output->file = NULL;
    return output->failure;
}

pv_rect pv_changed_rect(const uint8_t *before, const uint8_t *after, int width, int height)
{
    const size_t line = (size_t)width * 3u;
    int top = 0;
    while (top < height &&
           memcmp(before + (size_t)top * line, after + (size_t)top * line, line) == 0) {
        top++;
    }
    if (top == height) {
        return (pv_rect){0, 0, 1, 1};
    }
    int bottom = height - 1;
    while (memcmp(before + (size_t)bottom * line, after + (size_t)bottom * line, line) == 0) {
        bottom--;
    }
    int left = width - 1;
    int right = 0;
    for (int y = top; y <= bottom; y++) {
        const uint8_t *a = before + (size_t)y * line;
        const uint8_t *b = after + (size_t)y * line;
        int x = 0;
        while (x < left && memcmp(a + x * 3, b + x * 3, 3) == 0) {
            x++;
        }
        left = x;
        x = width - 1;
        while (x > right && memcmp(a + x * 3, b + x * 3, 3) == 0) {
            x--;
        }
        right = x;
    }
    return (pv_rect){left, top, right - left + 1, bottom - top + 1};
}
