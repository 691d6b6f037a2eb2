// What many numbers say together: averages with weights, how rows vary together, counts, and reductions
// that leave nan out.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let statistics = BuiltinPage("Statistics", averages + counts + skippingNaN)

  private static let averages: [Builtin] = [
    Builtin(
      "average(x, axis=nil, weights=nil, keepdims=false)",
      """
      The mean over all elements or over axes, with weights `Σ w x / Σ w`. Weights have the shape of x, or
      the extents of the axes that are named; they may be negative and must not add up to 0.

          print(average([1.0, 2.0, 6.0], weights=[2.0, 1.0, 1.0]))                    # 2.5
          print(average([[1.0, 2.0], [3.0, 4.0]], axis=1, weights=[1.0, 3.0]))    # [1.75, 3.75]
      """
    ) { arguments in
      let x = try arguments.stacked(0)
      let (axes, keep) = (try arguments.axes(1), try arguments.bool(3))
      guard arguments.has(2) else {
        return arguments.plain(try x.mean(axes: arguments.axisSet(1, of: x), keepAxes: keep))
      }
      return .tensor(try x.average(axes: axes, weights: arguments.stacked(2), keepAxes: keep))
    },
    Builtin(
      "cov(x, y=nil, rowvar=true, correction=1, fweights=nil, aweights=nil)",
      """
      The covariances of variables: each row of x is one, with an observation in each column; with
      `rowvar=false` each column is. `y` holds more variables. Sums are divided by n - correction.

      `fweights` says how often each observation occurred, `aweights` how much it weighs. It is not
      differentiated by `correction`.

          print(cov([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
          # [[ 1.0, -1.0],
          #  [-1.0,  1.0]]
      """
    ) { arguments in
      let x = try arguments.variables(2)
      let covariance = try x.covariance(
        correction: arguments.double(3),
        counts: arguments.has(4) ? arguments.wholeNumbers(4) : nil,
        weights: arguments.has(5) ? arguments.stacked(5) : nil)
      return .tensor(try covariance.squeezed())
    },
    Builtin(
      "corrcoef(x, y=nil, rowvar=true)",
      """
      The correlations of variables, from -1 to 1: covariances divided by both standard deviations. Variables
      are given as in `cov`.

          print(corrcoef([1.0, 2.0, 4.0], [2.0, 4.0, 8.0])[0, 1])    # 1.0
      """
    ) { arguments in
      .tensor(try arguments.variables(2).covariance().correlation().squeezed())
    },
  ]

  private static let counts: [Builtin] = [
    Builtin(
      "count_nonzero(x, axis=nil, keepdims=false)",
      """
      How many elements are not zero, of all or over axes.

          print(count_nonzero([0.0, 2.0, nan]), count_nonzero([[1, 0], [2, 3]], axis=0))    # 2 [2, 1]
      """
    ) { arguments in
      try arguments.reducedArray {
        try $0.converted(to: .bool).converted(to: .i64).sum(axes: $1, keepAxes: $2)
      }
    },
    Builtin(
      "bincount(x, weights=nil, minlength=0)",
      """
      How often each whole number from 0 up occurs, or the sum of its weights.

          print(bincount([0, 2, 2]), bincount([0, 2, 2], weights=[1.0, 0.5, 0.25]))    # [1, 0, 2] [1.0, 0.0, 0.75]
      """
    ) { arguments in
      let x = try arguments.wholeNumbers(0)
      let numbers = try arguments.numbers(of: x, 0)
      guard x.rank == 1 else {
        throw RuntimeError(
          .shape, "bincount counts the numbers of one axis, not of \(x.typeDescription)",
          hint: "flatten(x) puts all in one")
      }
      let weights =
        try arguments.has(1)
        ? floating(arguments.stacked(1)) : .tensor(Tensor.full(x.shape, 1, .i64))
      guard weights.shape == x.shape else {
        throw RuntimeError(
          .shape,
          "bincount needs a weight for each number of \(x.typeDescription), not \(weights.typeDescription)"
        )
      }
      let length = try arguments.lengthOfCounts(numbers, atLeast: arguments.int(2, atLeast: 0))
      return .tensor(try weights.segmentSum(x, count: length))
    },
    Builtin(
      "histogram(x, bins=10, range=nil, density=false, weights=nil)",
      """
      How many elements lie in each bin, or the sum of their weights, and the edges of the bins.

      `bins` is a number of bins of one width over `range`, a pair, or from the least to the greatest element;
      or the edges themselves, in order. A bin has its left edge, the last one both; what lies outside of all
      is not counted. With `density=true` the counts are divided by their sum and the widths. The counts are
      differentiated by the weights alone.

          print(histogram([1.0, 2.0, 1.5, 4.0], bins=3))          # ([2, 1, 1], [1.0, 2.0, 3.0, 4.0])
          print(histogram([1, 2, 1], bins=[0, 1, 2, 3])[0])       # [0, 2, 1]
      """
    ) { arguments in
      let x = try arguments.stacked(0)
      let edges = try arguments.edges(of: x)
      let weights = try arguments.has(4) ? arguments.stacked(4) : nil
      if let weights, weights.shape != x.shape {
        throw RuntimeError(
          .shape,
          "histogram needs a weight for each element of \(x.typeDescription), not \(weights.typeDescription)"
        )
      }
      var counts = try x.histogram(edges: edges, weights: weights)
      if try arguments.bool(3) {
        counts = try counts.divided(by: edges.differences()).divided(by: counts.sum())
      }
      return .list([.tensor(counts), .tensor(edges)])
    },
  ]

  private static let skippingNaN: [Builtin] = [
    Builtin(
      "nansum(x, axis=nil, keepdims=false)",
      """
      The sum of the elements that are not nan; of none 0.

          print(nansum([1.0, nan, 2.0]))    # 3.0
      """
    ) { arguments in try arguments.reducedArray { try $0.nanSum(axes: $1, keepAxes: $2) } },
    Builtin(
      "nanmean(x, axis=nil, keepdims=false)",
      """
      The mean of the elements that are not nan; of none nan.

          print(nanmean([[1.0, nan], [2.0, 4.0]], axis=1))    # [1.0, 3.0]
      """
    ) { arguments in try arguments.reducedArray { try $0.nanMean(axes: $1, keepAxes: $2) } },
    Builtin(
      "nanvar(x, axis=nil, correction=0, keepdims=false)",
      """
      `var` of the elements that are not nan. It is not differentiated by `correction`.

          print(nanvar([1.0, nan, 3.0]))    # 1.0
      """
    ) { arguments in
      let correction = try arguments.double(2)
      return try arguments.reducedArray(keep: 3) {
        try $0.nanVariance(axes: $1, correction: correction, keepAxes: $2)
      }
    },
    Builtin(
      "nanstd(x, axis=nil, correction=0, keepdims=false)",
      """
      The square root of `nanvar`.

          print(nanstd([1.0, nan, 5.0]))    # 2.0
      """
    ) { arguments in
      let correction = try arguments.double(2)
      return try arguments.reducedArray(keep: 3) {
        try $0.nanStandardDeviation(axes: $1, correction: correction, keepAxes: $2)
      }
    },
    Builtin(
      "nanmax(x, axis=nil, keepdims=false)",
      """
      The greatest of the elements that are not nan; of none nan.

          print(nanmax([1.0, nan, 3.0]))    # 3.0
      """
    ) { arguments in try arguments.reducedArray { try $0.nanMax(axes: $1, keepAxes: $2) } },
    Builtin(
      "nanmin(x, axis=nil, keepdims=false)",
      """
      The least of the elements that are not nan; of none nan.

          print(nanmin([1.0, nan, 3.0]))    # 1.0
      """
    ) { arguments in try arguments.reducedArray { try $0.nanMin(axes: $1, keepAxes: $2) } },
    Builtin(
      "nanmedian(x, axis=nil, keepdims=false)",
      """
      The median of the elements that are not nan; of none nan.

          print(nanmedian([5.0, nan, 1.0, 2.0]))    # 2.0
      """
    ) { arguments in try arguments.reducedArray { try $0.nanMedian(axes: $1, keepAxes: $2) } },
  ]
}

extension Arguments {
  /// A reduction of a tensor, or of lists as one; a plain number's is plain.
  fileprivate func reducedArray(
    axis: Int = 1, keep: Int = 2, _ reduce: (Variable, AxisSet, Bool) throws -> Variable
  ) throws -> Value {
    let x = try stacked(0)
    return plain(try reduce(x, axisSet(axis, of: x), bool(keep)))
  }

  /// A parameter's whole numbers, lists stacked.
  fileprivate func wholeNumbers(_ index: Int) throws -> Variable {
    let x = try stacked(index)
    guard !x.dtype.isFloat || x.count == 0 else {
      throw mismatch(index, "whole numbers", hint: "convert them with .to(i64)")
    }
    return try x.converted(to: .i64)
  }

  /// The rows of parameter 0, and of parameter 1 where it was given, as one matrix.
  fileprivate func variables(_ rowvar: Int) throws -> Variable {
    let areRows = try bool(rowvar)
    func rows(_ index: Int) throws -> Variable {
      let x = try stacked(index)
      guard x.rank <= 2 else {
        throw RuntimeError(
          .shape, "\(callee.name) takes one axis or two, and got \(x.typeDescription)")
      }
      guard x.rank == 2 else { return try x.reshape(to: Shape(1, x.count)) }
      return areRows ? x : try x.transposed()
    }
    let x = try rows(0)
    guard has(1) else { return x }
    let y = try rows(1)
    guard x.shape[1] == y.shape[1] else {
      throw RuntimeError(
        .shape, "\(callee.name) of \(x.shape[1]) and \(y.shape[1]) observations is not defined")
    }
    return try Variable.concat(Arguments.alike([x, y]), axis: 0)
  }

  /// How many counts there are of numbers from 0 up.
  fileprivate func lengthOfCounts(_ numbers: Tensor, atLeast minimum: Int) throws -> Int {
    guard numbers.count > 0 else { return minimum }
    let all = AxisSet.all(rank: numbers.rank)
    let (least, greatest) = (try numbers.min(all).firstInt, try numbers.max(all).firstInt)
    guard least >= 0 else {
      throw RuntimeError(.value, "bincount counts numbers from 0 up, and got \(least)")
    }
    guard greatest < Int.max else {
      throw RuntimeError(.limit, "\(greatest) counts are too many")
    }
    return max(greatest + 1, minimum)
  }

  /// The edges of a histogram's bins, in the dtype of floats that the elements have.
  fileprivate func edges(of x: Variable) throws -> Variable {
    let dtype = x.dtype.isFloat ? x.dtype : Context.current.defaultFloat
    if let places = self[1].variable, places.rank > 0 { return try orderedEdges(places) }
    if case .list = self[1] { return try orderedEdges(stacked(1)) }
    let bins = try int(1, atLeast: 1)
    _ = try Shape([bins])
    var (low, high) = (0.0, 1.0)
    if has(2) {
      let pair = try numbers(of: stacked(2), 2).allDoubles()
      guard pair.count == 2 else { throw mismatch(2, "a pair (low, high)") }
      (low, high) = (pair[0], pair[1])
    } else if x.count > 0 {
      let numbers = try numbers(of: x, 0)
      let all = AxisSet.all(rank: numbers.rank)
      (low, high) = (try numbers.min(all).firstDouble, try numbers.max(all).firstDouble)
    }
    guard (high - low).isFinite else {
      throw RuntimeError(
        .value, "a histogram from \(low) to \(high) has no bins of finite width",
        hint: "range=(low, high) says which elements count")
    }
    guard low <= high else {
      throw RuntimeError(.value, "`range` of histogram goes from \(low) down to \(high)")
    }
    if low == high { (low, high) = (low - 0.5, high + 0.5) }
    return .tensor(try Tensor.linspace(low, high, bins + 1, dtype))
  }

  private func orderedEdges(_ edges: Variable) throws -> Variable {
    let numbers = try undifferentiated(edges, 1)
    guard edges.rank == 1, edges.count > 0 else {
      throw mismatch(1, "a number of bins, or their edges in one axis")
    }
    let places = try numbers.allDoubles()
    for (low, high) in zip(places, places.dropFirst()) where !(low <= high) {
      throw RuntimeError(
        .value, "the edges of a histogram come in order, and \(high) comes after \(low)")
    }
    return edges
  }
}
