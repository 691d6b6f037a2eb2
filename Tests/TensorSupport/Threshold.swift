// The numbers at which the way of computing changes. Tests sweep each, one below, at and one above,
// against the plain loop.

/// A number at which the way of computing changes.
package enum Threshold: CaseIterable, Sendable {
  case vectorBytes, narrowLanes, widerLanes, lanes, leaf, task, look, longRows, rowPieces,
    prefetchedRow
  case run, strip, columnsReducedTogether
  case pass, block, periodicRow, shortRow, tile, transposedStrip
  case smallCount, fewRows, repeatedRow
  case tileRows, narrowTileRows, piece, narrowPiece
  case blockRows, singleBlockRows, blockColumns, singleBlockColumns
  case packedStrips, directBytes, square, doubleSquare, narrowSquare, narrowDoubleSquare
  case packedRows, packedColumns, packedWork
  case gram, vectorBlock, productBlock, blockTile, panel, cholesky
  case innerRows, narrowInnerRows, innerColumns, narrowInnerColumns, shiftedPanel
  case standardPiece, shortStandardRow
  case adamPiece, randomGroup, threads, geluTurn
  case planSteps, planNumbers, chainPiece, chainScratch, leastChain, chainLinks
  case insertion, inlineBytes, mappedBytes, hugeBytes

  /// Its value, and how its source says it.
  package var row: (value: Int, file: String, declaration: String) {
    switch self {
    case .vectorBytes: (16, "Kernels/level.h", "VECTOR_BYTES 16")
    case .narrowLanes: (8, "Kernels/reductions.h", "if (n <= 8)")
    case .widerLanes: (16, "Kernels/reductions.h", "if (n <= 16)")
    case .lanes: (32, "Kernels/reductions.h", "LANES = 32")
    case .leaf: (512, "Kernels/pieces.h", "LEAF = 512")
    case .task: (1 << 16, "Kernels/pieces.h", "TASK = 1 << 16")
    case .look: (1 << 20, "Kernels/pieces.h", "LOOK = 1 << 20")
    case .longRows: (8, "Kernels/reduce.c", "rows >= 8")
    case .rowPieces: (1 << 6, "Kernels/pieces.h", "HALVINGS = 6")
    case .prefetchedRow: (1 << 13, "Kernels/reductions.h", "PREFETCHED_ROW = 1 << 13")
    case .run: (16, "Kernels/reduce.c", "RUN = 16")
    case .strip: (256, "Kernels/reduce.c", "COLUMNS = 256")
    case .columnsReducedTogether: (8, "Tensors/Operations/Reductions.swift", "columns >= 8")
    case .pass: (256, "Kernels/elementwise.h", "PASS = 256")
    case .block: (512, "Kernels/loop.c", "BLOCK = 512")
    case .periodicRow: (256, "Kernels/loop.c", "2 * row <= BLOCK")
    case .shortRow: (24, "Kernels/loop.c", "SHORT_ROW = 24")
    case .tile: (16, "Kernels/loop.c", "TILE = 16")
    case .transposedStrip: (64, "Kernels/loop.c", "STRIP = 64")
    case .smallCount:
      (1 << 16, "Tensors/Operations/Elementwise.swift", "smallCount: Int { 1 << 16 }")
    case .fewRows: (64, "Tensors/Operations/Elementwise.swift", "a.count / n <= 64")
    case .repeatedRow: (16, "Tensors/Operations/Elementwise.swift", "n >= 16")
    case .tileRows: (12, "Kernels/product.h", "TILE_ROWS = 12")
    case .narrowTileRows: (6, "Kernels/product.h", "TILE_ROWS = 6")
    case .piece: (192, "Kernels/product.h", "PIECE = VECTOR_BYTES == 64 ? 192")
    case .narrowPiece: (256, "Kernels/product.h", "192 : 256")
    case .blockRows: (144, "Kernels/product.h", "BLOCK_ROWS_f64 = 144")
    case .singleBlockRows: (288, "Kernels/product.h", "BLOCK_ROWS_f32 = 288")
    case .blockColumns: (256, "Kernels/product.h", "BLOCK_COLUMNS_f64 = 256")
    case .singleBlockColumns: (512, "Kernels/product.h", "BLOCK_COLUMNS_f32 = 512")
    case .packedStrips: (4, "Kernels/product.h", "PACKED_STRIPS = 4")
    case .directBytes: (48 << 10, "Kernels/product.h", "DIRECT_BYTES = 48 << 10")
    case .square: (8, "Kernels/packing.h", "SQUARE_f32 = 8")
    case .doubleSquare: (4, "Kernels/packing.h", "SQUARE_f64 = 4")
    case .narrowSquare: (4, "Kernels/packing.h", "SQUARE_f32 = 4")
    case .narrowDoubleSquare: (2, "Kernels/packing.h", "SQUARE_f64 = 2")
    case .packedRows: (37, "Tensors/LinearAlgebra/ProductKernel.swift", "y.rows >= 37")
    case .packedColumns: (64, "Tensors/LinearAlgebra/ProductKernel.swift", "== 1 ? 64 : 16")
    case .packedWork: (1 << 20, "Tensors/LinearAlgebra/ProductKernel.swift", "> 1 << 20")
    case .gram: (32, "Tensors/LinearAlgebra/MatrixProduct.swift", "leastGram = 32")
    case .vectorBlock: (1 << 18, "Tensors/LinearAlgebra/MatrixProduct.swift", "leastRead = 1 << 18")
    case .productBlock: (1 << 21, "Tensors/LinearAlgebra/Blocks.swift", "leastProducts = 1 << 21")
    case .blockTile: (96, "Tensors/LinearAlgebra/Blocks.swift", "tile = 96")
    case .panel: (128, "Tensors/LinearAlgebra/Panels.swift", "panel = 128")
    case .cholesky: (32, "Tensors/LinearAlgebra/Solves.swift", "leastCholesky = 32")
    case .innerRows: (4, "Kernels/convolution.h", "INNER_ROWS = VECTOR_BYTES == 64 ? 4 : 3")
    case .narrowInnerRows: (3, "Kernels/convolution.h", "INNER_ROWS = VECTOR_BYTES == 64 ? 4 : 3")
    case .innerColumns:
      (6, "Kernels/convolution.h", "INNER_COLUMNS = VECTOR_BYTES == 64 ? 6 : 4")
    case .narrowInnerColumns:
      (4, "Kernels/convolution.h", "INNER_COLUMNS = VECTOR_BYTES == 64 ? 6 : 4")
    case .shiftedPanel: (32, "Kernels/include/Kernels.h", "MOS_SHIFTED_PANEL = 32")
    case .standardPiece: (4096, "Kernels/standardize.h", "STANDARD_PIECE = 4096")
    case .shortStandardRow:
      (8, "Tensors/Operations/Standardizing.swift", "leastLength = 8")
    case .geluTurn: (48, "Kernels/gelu.h", "WIDTH = 16, TURN = 3")
    case .planSteps: (64, "Kernels/plan.c", "STEPS = 64")
    case .planNumbers: (1 << 16, "Kernels/plan.c", "NUMBERS = 1 << 16")
    case .chainPiece: (1024, "Kernels/include/Plan.h", "MOS_CHAIN_PIECE = 1024")
    case .chainScratch: (65536, "Kernels/include/Plan.h", "MOS_CHAIN_SCRATCH = 65536")
    case .chainLinks:
      (64, "Tensors/Plans/PlanProgram+Chains.swift", "mostLinks = 64")
    case .leastChain:
      (4096, "Tensors/Plans/PlanProgram+Chains.swift", "leastChain = 4096")
    case .adamPiece: (1 << 15, "Kernels/adam.c", "PIECE = 1 << 15")
    case .randomGroup: (16, "Kernels/include/Random.h", "KERNELS_RANDOM_GROUP 16")
    case .threads: (64, "Kernels/parallel.c", "MAXIMUM_THREADS = 64")
    case .insertion: (256, "Tensors/Operations/Sorting.swift", "insertionLimit = 256")
    case .inlineBytes: (1024, "Tensors/Core/Tensor.swift", "inlineLimit = 1024")
    case .mappedBytes: (1 << 20, "Tensors/Memory/Allocator.swift", "mappedSize = 1 << 20")
    case .hugeBytes: (2 << 20, "Tensors/Memory/Allocator.swift", "hugePage = 2 << 20")
    }
  }

  package var value: Int { row.value }

  /// One below, at and one above the number and its multiples.
  package func around(_ multiples: Int...) -> [Int] {
    (multiples.isEmpty ? [1] : multiples).flatMap {
      [value * $0 - 1, value * $0, value * $0 + 1]
    }
  }
}
