// Reading. Everything lies in the reader and not in local variables, whose values a jump loses.

#include "PNGCodec.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mos_png_reader {
  png_structp png;
  png_infop info;
  const uint8_t *bytes;
  size_t count, place;
  char message[120];
};

static void take(png_structp png, png_bytep target, size_t count) {
  mos_png_reader *reader = png_get_io_ptr(png);
  if (count > reader->count - reader->place) png_error(png, "it ends too early");
  memcpy(target, reader->bytes + reader->place, count);
  reader->place += count;
}

static void fail(png_structp png, png_const_charp message) {
  mos_png_reader *reader = png_get_error_ptr(png);
  snprintf(reader->message, sizeof reader->message, "%s", message);
  png_longjmp(png, 1);
}

// What is odd, and no hindrance.
static void pass_over(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

mos_png_reader *mos_png_read(const uint8_t *bytes, size_t count) {
  mos_png_reader *reader = calloc(1, sizeof *reader);
  if (!reader) return NULL;
  reader->bytes = bytes;
  reader->count = count;
  reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, fail, pass_over);
  if (reader->png) reader->info = png_create_info_struct(reader->png);
  if (!reader->info) {
    mos_png_read_free(reader);
    return NULL;
  }
  png_set_read_fn(reader->png, reader, take);
  return reader;
}

int32_t mos_png_read_form(mos_png_reader *reader, mos_png_form *form) {
  png_structp png = reader->png;
  png_infop info = reader->info;
  if (setjmp(png_jmpbuf(png))) return 0;
  // Who calls holds the size against memory; libpng's own limit is a million pixels a side.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  // Texts and profiles are not looked at, and may not take memory.
  png_set_chunk_malloc_max(png, 1 << 20);
  png_set_chunk_cache_max(png, 64);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
  // The checksum of a chunk that may be left out is held as dear as the others.
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_read_info(png, info);
  int color = png_get_color_type(png, info);
  form->file_bits = png_get_bit_depth(png, info) * png_get_channels(png, info);
  int has_alpha = (color & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, info, PNG_INFO_tRNS);
  png_set_scale_16(png);
  // Palettes become colours, fewer bits than eight become eight, transparent colours a channel.
  png_set_expand(png);
  form->passes = png_set_interlace_handling(png);
  form->width = png_get_image_width(png, info);
  form->height = png_get_image_height(png, info);
  form->channels = (color & PNG_COLOR_MASK_COLOR ? 3 : 1) + (has_alpha ? 1 : 0);
  return 1;
}

int32_t mos_png_read_start(mos_png_reader *reader) {
  if (setjmp(png_jmpbuf(reader->png))) return 0;
  png_read_update_info(reader->png, reader->info);
  return 1;
}

int32_t mos_png_read_row(mos_png_reader *reader, uint8_t *row) {
  if (setjmp(png_jmpbuf(reader->png))) return 0;
  png_read_row(reader->png, row, NULL);
  return 1;
}

int32_t mos_png_read_end(mos_png_reader *reader) {
  if (setjmp(png_jmpbuf(reader->png))) return 0;
  png_read_end(reader->png, NULL);
  return 1;
}

const char *mos_png_read_message(const mos_png_reader *reader) { return reader->message; }

size_t mos_png_read_place(const mos_png_reader *reader) { return reader->place; }

void mos_png_read_free(mos_png_reader *reader) {
  if (reader->png) png_destroy_read_struct(&reader->png, &reader->info, NULL);
  free(reader);
}
