#include "StandardLibrary.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char bilevel_text[] = {
#embed "../../stdlib/bilevel.mos"
};

static const unsigned char constraints_text[] = {
#embed "../../stdlib/constraints.mos"
};

static const unsigned char distributions_text[] = {
#embed "../../stdlib/distributions.mos"
};

static const unsigned char es_text[] = {
#embed "../../stdlib/es.mos"
};

static const unsigned char nn_text[] = {
#embed "../../stdlib/nn.mos"
};

const mos_module mos_modules[] = {
  {"bilevel", bilevel_text, sizeof bilevel_text},
  {"constraints", constraints_text, sizeof constraints_text},
  {"distributions", distributions_text, sizeof distributions_text},
  {"es", es_text, sizeof es_text},
  {"nn", nn_text, sizeof nn_text},
};
const size_t mos_module_count = sizeof mos_modules / sizeof mos_modules[0];
