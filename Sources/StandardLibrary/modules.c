#include "StandardLibrary.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char digits_text[] = {
#embed "../../stdlib/_digits.mos"
};

static const unsigned char bilevel_text[] = {
#embed "../../stdlib/bilevel.mos"
};

static const unsigned char constraints_text[] = {
#embed "../../stdlib/constraints.mos"
};

static const unsigned char data_text[] = {
#embed "../../stdlib/data.mos"
};

static const unsigned char distributions_text[] = {
#embed "../../stdlib/distributions.mos"
};

static const unsigned char es_text[] = {
#embed "../../stdlib/es.mos"
};

static const unsigned char meta_text[] = {
#embed "../../stdlib/meta.mos"
};

static const unsigned char nn_text[] = {
#embed "../../stdlib/nn.mos"
};

static const unsigned char parallel_text[] = {
#embed "../../stdlib/parallel.mos"
};

static const unsigned char rl_text[] = {
#embed "../../stdlib/rl.mos"
};

static const unsigned char testing_text[] = {
#embed "../../stdlib/testing.mos"
};

const mos_module mos_modules[] = {
  {"_digits", digits_text, sizeof digits_text},
  {"bilevel", bilevel_text, sizeof bilevel_text},
  {"constraints", constraints_text, sizeof constraints_text},
  {"data", data_text, sizeof data_text},
  {"distributions", distributions_text, sizeof distributions_text},
  {"es", es_text, sizeof es_text},
  {"meta", meta_text, sizeof meta_text},
  {"nn", nn_text, sizeof nn_text},
  {"parallel", parallel_text, sizeof parallel_text},
  {"rl", rl_text, sizeof rl_text},
  {"testing", testing_text, sizeof testing_text},
};
const size_t mos_module_count = sizeof mos_modules / sizeof mos_modules[0];
