#include "StandardLibrary.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char nn_text[] = {
#embed "../../stdlib/nn.mos"
};

const mos_module mos_modules[] = {
  {"nn", nn_text, sizeof nn_text},
};
const size_t mos_module_count = sizeof mos_modules / sizeof mos_modules[0];
