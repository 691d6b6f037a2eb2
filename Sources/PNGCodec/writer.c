// Writing: what libpng gives gathers in memory until it is taken, some rows at most.

#include "PNGCodec.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

struct mos_png_writer {
  png_structp png;
  png_infop info;
  uint8_t *bytes;
  size_t count, capacity;
};

static void gather(png_structp png, png_bytep source, size_t count) {
  mos_png_writer *writer = png_get_io_ptr(png);
  if (count > writer->capacity - writer->count) {
    size_t capacity = 2 * (writer->count + count);
    uint8_t *bytes = realloc(writer->bytes, capacity);
    if (!bytes) png_error(png, "no memory");
    writer->bytes = bytes;
    writer->capacity = capacity;
  }
  memcpy(writer->bytes + writer->count, source, count);
  writer->count += count;
}

static void keep(png_structp png) { (void)png; }

static void fail(png_structp png, png_const_charp message) {
  (void)message;
  png_longjmp(png, 1);
}

static void pass_over(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static int32_t begin(mos_png_writer *writer, int64_t width, int64_t height, int32_t channels) {
  static const int colors[] = {
      PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
  if (setjmp(png_jmpbuf(writer->png))) return 0;
  png_set_write_fn(writer->png, writer, gather, keep);
  png_set_user_limits(writer->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(writer->png, writer->info, (png_uint_32)width, (png_uint_32)height, 8,
      colors[channels - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
      PNG_FILTER_TYPE_DEFAULT);
  png_write_info(writer->png, writer->info);
  return 1;
}

mos_png_writer *mos_png_write(int64_t width, int64_t height, int32_t channels) {
  mos_png_writer *writer = calloc(1, sizeof *writer);
  if (!writer) return NULL;
  writer->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, fail, pass_over);
  if (writer->png) writer->info = png_create_info_struct(writer->png);
  if (!writer->info || !begin(writer, width, height, channels)) {
    mos_png_write_free(writer);
    return NULL;
  }
  return writer;
}

int32_t mos_png_write_row(mos_png_writer *writer, const uint8_t *row) {
  if (setjmp(png_jmpbuf(writer->png))) return 0;
  png_write_row(writer->png, row);
  return 1;
}

int32_t mos_png_write_end(mos_png_writer *writer) {
  if (setjmp(png_jmpbuf(writer->png))) return 0;
  png_write_end(writer->png, writer->info);
  return 1;
}

const uint8_t *mos_png_write_take(mos_png_writer *writer, size_t *count) {
  *count = writer->count;
  writer->count = 0;
  return writer->bytes;
}

void mos_png_write_free(mos_png_writer *writer) {
  if (writer->png) png_destroy_write_struct(&writer->png, &writer->info);
  free(writer->bytes);
  free(writer);
}
