// The table: every primitive there is. The tests walk over it; a row that is declared and not
// listed here fails them, and so does one that is listed and has no cases.

extension Primitive {
  /// Every primitive; no two have one name.
  package static let all: [Primitive] = [
    // Arithmetic
    .add, .subtract, .multiply, .scale, .pair, .divide, .over, .floorDivide, .remainder, .power,
    .atan2, .maximum, .minimum, .lift, .stopped,
    // Squares
    .squaredNorm, .squaredRoot,
    // MissingDerivatives
    .withoutZeros, .infiniteAtZero, .cornerAtZero,
    // Comparisons
    .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual, .and, .or, .not, .isnan, .isinf,
    .isfinite, .select,
    // Bounds
    .bounded,
    // Elementwise
    .negate, .abs, .sign, .floor, .ceil, .round, .trunc, .roundDigits, .exp, .expm1, .log, .log1p,
    .log2, .log10, .sqrt, .rsqrt, .square, .reciprocal, .sin, .cos, .tan, .asin, .acos, .atan,
    .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .erf, .erfc, .erfinv, .lgamma, .digamma,
    .polygamma, .relu, .reluGradient, .sigmoid, .sigmoidSlope, .tanhSlope, .softplus, .logSigmoid,
    .silu, .gelu,
    // Conversion
    .converted,
    // Movement
    .reshape, .permute, .broadcast, .sum, .pad, .concat, .tril, .triu,
    // Indexing
    .index, .indexAdd, .replace, .take, .pick, .unpick, .scatter, .put, .places, .argsort,
    // Searching
    .searchsorted, .runningPlaces,
    // Reductions
    .prod, .max, .min, .logsumexp, .norm, .meanSquaredDifference, .anyTrue, .allTrue, .cumsum,
    .cumprod, .softmax, .logSoftmax, .argmax, .argmin,
    // MatrixProduct
    .matmul,
    // Convolutions
    .convolution, .transposedConvolution, .weightsOfConvolution,
    // Pooling
    .greatestPlaces,
    // Standardizing
    .standardize, .inverseDeviation, .standardizeDerivative,
    // LinearAlgebra
    .solve, .triangularSolve, .inverse, .pseudoInverse, .cholesky, .logAbsDet, .determinantSign,
    .determinant,
    // Decompositions
    .qr, .lu, .eigh, .svd, .matrixRank, .symmetric,
    // MatrixFunctions
    .expm, .sqrtm, .logm,
    // Eigenvalues
    .eig,
    // Random
    .random, .randomLike, .randomWith,
    // Gamma
    .gammaSlope,
    // Adam
    .adam, .adamGradient,
  ]
}
