// The numbers at which the way of computing changes. Tests sweep each, one below, at and one above,
// against the plain loop, on one thread and on several.

import TestSupport
import Testing

@testable import Tensors

/// A number at which the way of computing changes.
enum Threshold: CaseIterable, Sendable {
  case narrowLanes, widerLanes, lanes, leaf, task, longRows, prefetchedRow
  case run, strip, columnsReducedTogether
  case pass, block, shortRow, tile, transposedStrip, smallCount, fewRows, repeatedRow
  case tileRows, piece, blockRows, blockColumns, packedRows, packedColumns, packedWork
  case gram, vectorBlock, productBlock, blockTile, panel, cholesky
  case adamPiece, randomTask, insertion, inlineBytes, mappedBytes, hugeBytes

  /// Its value, and how its source says it.
  var row: (value: Int, file: String, declaration: String) {
    switch self {
    case .narrowLanes: (8, "Kernels/reductions.h", "if (n <= 8)")
    case .widerLanes: (16, "Kernels/reductions.h", "if (n <= 16)")
    case .lanes: (32, "Kernels/reductions.h", "LANES = 32")
    case .leaf: (512, "Kernels/pieces.h", "LEAF = 512")
    case .task: (1 << 16, "Kernels/pieces.h", "TASK = 1 << 16")
    case .longRows: (8, "Kernels/reduce.c", "rows >= 8")
    case .prefetchedRow: (1 << 13, "Kernels/reductions.h", "PREFETCHED_ROW = 1 << 13")
    case .run: (16, "Kernels/reduce.c", "RUN = 16")
    case .strip: (256, "Kernels/reduce.c", "COLUMNS = 256")
    case .columnsReducedTogether: (8, "Tensors/Operations/Reductions.swift", "columns >= 8")
    case .pass: (256, "Kernels/elementwise.h", "PASS = 256")
    case .block: (512, "Kernels/loop.c", "BLOCK = 512")
    case .shortRow: (24, "Kernels/loop.c", "SHORT_ROW = 24")
    case .tile: (16, "Kernels/loop.c", "TILE = 16")
    case .transposedStrip: (64, "Kernels/loop.c", "STRIP = 64")
    case .smallCount:
      (1 << 16, "Tensors/Operations/Elementwise.swift", "smallCount: Int { 1 << 16 }")
    case .fewRows: (64, "Tensors/Operations/Elementwise.swift", "a.count / n <= 64")
    case .repeatedRow: (16, "Tensors/Operations/Elementwise.swift", "n >= 16")
    case .tileRows: (12, "Kernels/product.h", "TILE_ROWS = 12")
    case .piece: (192, "Kernels/product.h", "PIECE = VECTOR_BYTES == 64 ? 192 : 256")
    case .blockRows: (144, "Kernels/product.h", "BLOCK_ROWS_f64 = 144")
    case .blockColumns: (256, "Kernels/product.h", "BLOCK_COLUMNS_f64 = 256")
    case .packedRows: (24, "Tensors/LinearAlgebra/ProductKernel.swift", "y.rows >= 24")
    case .packedColumns: (64, "Tensors/LinearAlgebra/ProductKernel.swift", "== 1 ? 64 : 16")
    case .packedWork: (1 << 20, "Tensors/LinearAlgebra/ProductKernel.swift", "> 1 << 20")
    case .gram: (32, "Tensors/LinearAlgebra/MatrixProduct.swift", "leastGram = 32")
    case .vectorBlock: (1 << 18, "Tensors/LinearAlgebra/MatrixProduct.swift", "leastRead = 1 << 18")
    case .productBlock: (1 << 21, "Tensors/LinearAlgebra/Blocks.swift", "leastProducts = 1 << 21")
    case .blockTile: (96, "Tensors/LinearAlgebra/Blocks.swift", "tile = 96")
    case .panel: (128, "Tensors/LinearAlgebra/Panels.swift", "panel = 128")
    case .cholesky: (32, "Tensors/LinearAlgebra/Solves.swift", "leastCholesky = 32")
    case .adamPiece: (1 << 15, "Kernels/adam.c", "PIECE = 1 << 15")
    case .randomTask: (1 << 16, "Kernels/random.c", "task_size = 1 << 16")
    case .insertion: (256, "Tensors/Operations/Sorting.swift", "insertionLimit = 256")
    case .inlineBytes: (1024, "Tensors/Core/Tensor.swift", "inlineLimit = 1024")
    case .mappedBytes: (1 << 20, "Tensors/Core/Allocator.swift", "mappedSize = 1 << 20")
    case .hugeBytes: (2 << 20, "Tensors/Core/Allocator.swift", "hugePage = 2 << 20")
    }
  }

  var value: Int { row.value }

  /// One below, at and one above the number and its multiples.
  func around(_ multiples: Int...) -> [Int] {
    (multiples.isEmpty ? [1] : multiples).flatMap {
      [value * $0 - 1, value * $0, value * $0 + 1]
    }
  }
}

@Suite struct ThresholdTests {
  @Test(arguments: Threshold.allCases)
  func `a threshold is the one in the sources`(_ threshold: Threshold) throws {
    let row = threshold.row
    let source = try #require(Files.read(Files.root + "/Sources/" + row.file))
    #expect(source.contains(row.declaration))
  }
}

/// Runs the body on one thread, and on several where there are as many elements as these share.
func onOneAndSeveralThreads(for elements: Int = .max, _ body: () throws -> Void) rethrows {
  let before = Threads.count
  defer { Threads.count = before }
  for count in elements <= Threshold.task.value ? [1] : [1, 3] {
    Threads.count = count
    try body()
  }
}

/// Whole numbers from `-spread` to `spread`, thrown by a hash of their place: their sums are exact in
/// every order, and no piece has its neighbour's.
func scattered(_ count: Int, spread: Int = 1, seed: Int = 0) -> [Double] {
  (0..<count).map { Double(thrown($0, seed) % (2 * spread + 1) - spread) }
}

/// A number that looks like chance, of a place.
func thrown(_ place: Int, _ seed: Int) -> Int {
  var bits = UInt64(truncatingIfNeeded: place &+ seed &* 1_000_003) &* 0x9E37_79B9_7F4A_7C15
  bits = (bits ^ (bits >> 29)) &* 0xBF58_476D_1CE4_E5B9
  return Int(bits >> 33)
}

extension Tensor {
  /// Views with the same elements: contiguous, of every second element, of turned axes.
  var layouts: [Tensor] {
    get throws {
      guard rank > 0 else { return [self] }
      let starts = [Int](repeating: 0, count: rank)
      var (stops, steps) = ((0..<rank).map { shape[$0] }, starts.map { _ in 1 })
      stops[rank - 1] *= 2
      steps[rank - 1] = 2
      let spread = try repeated(2, axis: rank - 1).sliced(
        starts: starts, stops: stops, steps: steps)
      return [self, spread, try swappedAxes(0, -1).contiguous().swappedAxes(0, -1)]
    }
  }
}

/// Compared out of the macro, which would print every number of large arrays.
func expectSame(
  _ y: Tensor, _ expected: [Double], within tolerance: Double = 0, _ place: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let values = try y.doubles
  #expect(values.count == expected.count, "\(place)", sourceLocation: sourceLocation)
  let wrong = zip(values, expected).enumerated().first { _, pair in
    pair.0 != pair.1 && !agrees(pair.0, pair.1, tolerance)
  }
  guard let (index, (found, wanted)) = wrong else { return }
  Issue.record("\(found) at \(index), not \(wanted) \(place)", sourceLocation: sourceLocation)
}
