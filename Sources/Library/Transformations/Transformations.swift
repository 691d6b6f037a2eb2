// Differentiation as the language offers it, on the structures that programs use. What each part
// does is declared in `Builtins/Differentiation.swift`.

import Language

/// The transformations behind the built-ins of the page "Differentiation".
enum Differentiation {}
