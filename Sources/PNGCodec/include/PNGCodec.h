// Pictures of PNG files, row by row, by libpng. Its errors are jumps, which must not leave C: every
// function here says by its result whether it went well, and none calls back.

#ifndef MOS_PNG_CODEC_H
#define MOS_PNG_CODEC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A file in memory that is being read, and one that is being written.
typedef struct mos_png_reader mos_png_reader;
typedef struct mos_png_writer mos_png_writer;

// What a picture is once its samples are bytes: palettes are colours, transparency is a channel, 16
// bits are rounded to 8.
typedef struct {
  int64_t width, height;
  // 1 grey, 2 grey and alpha, 3 colours, 4 colours and alpha.
  int32_t channels;
  // The bits that a pixel takes in the file.
  int32_t file_bits;
  // How often all rows are gone through: 7 where the file is interlaced, else 1.
  int32_t passes;
} mos_png_form;

// A reader of bytes that stay where they are until it is freed; NULL where there is no memory.
mos_png_reader *mos_png_read(const uint8_t *bytes, size_t count);
// 1 where the file is read up to its pixels; nothing of the picture's size has been asked for then.
int32_t mos_png_read_form(mos_png_reader *reader, mos_png_form *form);
// 1 where the memory for rows is there.
int32_t mos_png_read_start(mos_png_reader *reader);
// 1 where the next row was read over what an earlier pass left of it: width times channels bytes.
int32_t mos_png_read_row(mos_png_reader *reader, uint8_t *row);
// 1 where the file goes on to its end as it should.
int32_t mos_png_read_end(mos_png_reader *reader);
// What went wrong, and the byte that was next.
const char *mos_png_read_message(const mos_png_reader *reader);
size_t mos_png_read_place(const mos_png_reader *reader);
void mos_png_read_free(mos_png_reader *reader);

// A writer of a picture of bytes; NULL where there is no memory.
mos_png_writer *mos_png_write(int64_t width, int64_t height, int32_t channels);
// 1 where the row was written, and where the end was.
int32_t mos_png_write_row(mos_png_writer *writer, const uint8_t *row);
int32_t mos_png_write_end(mos_png_writer *writer);
// The bytes that came since the last call, valid until the next call.
const uint8_t *mos_png_write_take(mos_png_writer *writer, size_t *count);
void mos_png_write_free(mos_png_writer *writer);

#ifdef __cplusplus
}
#endif

#endif
