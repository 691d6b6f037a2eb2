// Elements picked by place, by condition and by order.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let indexing = BuiltinPage(
    "Picking and sorting",
    [
      Builtin(
        "take(x, indices, axis=nil)",
        """
        The elements at the places given, along an axis or of all elements in one row.

            print(take([10, 20, 30], [2, 0]), take([[1, 2], [3, 4]], [1], axis=0))    # [30, 10] [[3, 4]]
        """
      ) { arguments in
        let x = try arguments.stacked(0)
        let indices = try arguments.stacked(1)
        if arguments.has(2) { return .tensor(try x.take(indices, axis: arguments.int(2))) }
        return .tensor(try x.reshape(to: Shape(x.count)).take(indices, axis: 0))
      },
      Builtin(
        "gather(x, indices, axis=-1)",
        """
        For each place of `indices` the element whose place along the axis stands there.

            print(gather([[1, 2], [3, 4]], [[1], [0]]))
            # [[2],
            #  [3]]
        """
      ) { arguments in
        .tensor(
          try arguments.variable(0).gather(
            arguments.stacked(1), axis: arguments.int(2)))
      },
      Builtin(
        "scatter_add(x, indices, values, axis=-1)",
        """
        The tensor with each of the values added at its place along the axis; places may repeat.

            print(scatter_add(zeros(3), [0, 2, 2], [1.0, 2.0, 3.0]))    # [1.0, 0.0, 5.0]
        """
      ) { arguments in
        .tensor(
          try arguments.variable(0).scatterAdd(
            arguments.stacked(1), arguments.stacked(2), axis: arguments.int(3)))
      },
      Builtin(
        "take_along_axis(x, indices, axis=-1)",
        """
        For each place of `indices` the element whose place along the axis stands there, as `gather`; the other
        axes of both are stretched to one shape. What `argsort` gives sorts.

            let x = [[3, 1, 2], [6, 5, 4]]
            print(take_along_axis(x, argsort(x), -1)[0], take_along_axis(x, [[0]], 1))
            # [1, 2, 3] [[3],
            #  [6]]
        """
      ) { arguments in
        .tensor(
          try arguments.stacked(0).takingAlongAxis(arguments.stacked(1), axis: arguments.int(2)))
      },
      Builtin(
        "put_along_axis(x, indices, values, axis=-1)",
        """
        The tensor with other values in the places that `take_along_axis` reads; the last one counts where a
        place is named twice. Axes of 1 of the indices and the values are stretched.

            print(put_along_axis([[1, 2], [3, 4]], [[1], [0]], 9, axis=1))
            # [[1, 9],
            #  [9, 4]]
        """
      ) { arguments in
        .tensor(
          try arguments.stacked(0).puttingAlongAxis(
            arguments.stacked(1), arguments.stacked(2), axis: arguments.int(3)))
      },
      Builtin(
        "index_add(x, axis, index, source, alpha=1)",
        """
        The tensor with the slices of `source` along an axis, times alpha, added at the places of `index`, which
        may repeat.

            print(index_add(zeros(3), 0, [0, 2, 2], [1.0, 2.0, 3.0]))    # [1.0, 0.0, 5.0]
        """
      ) { arguments in
        .tensor(
          try arguments.stacked(0).indexAdd(
            axis: arguments.int(1), arguments.stacked(2), arguments.stacked(3),
            factor: arguments.scalar(4)))
      },
      Builtin(
        "segment_sum(data, segment_ids, num_segments=nil)",
        """
        The sums of the slices along the first axis that have the same number; numbers below 0 and from
        `num_segments` on are left out. Unless given, there are as many segments as the greatest number needs.

            print(segment_sum([1.0, 2.0, 3.0], [0, 2, 0]), segment_sum([1, 2], [0, 5], 2))    # [4.0, 0.0, 2.0] [1, 0]
        """
      ) { arguments in
        let ids = try arguments.stacked(1)
        return .tensor(
          try arguments.stacked(0).segmentSum(
            ids,
            count: arguments.has(2) ? arguments.int(2, atLeast: 0) : arguments.segments(of: ids)))
      },
      Builtin(
        "where(condition, a=nil, b=nil)",
        """
        The elements of a where the condition holds, else those of b; of a condition alone the
        places where it holds, as `nonzero`.

            print(where([true, false], 1.0, 2.0), where([false, true]))    # [1.0, 2.0] ([1],)
        """
      ) { arguments in
        guard arguments.isGiven(1) || arguments.isGiven(2) else { return try arguments.places() }
        let condition = try arguments.variable(0)
        let (a, b) = try arguments.pair(1, 2)
        let alike = try Arguments.alike([a, b])
        let isPlain = arguments[0].isBool && arguments[1].variable?.isTracked == false
        if isPlain, arguments[1].number != nil, arguments[2].number != nil {
          return try arguments.bool(0) ? arguments[1] : arguments[2]
        }
        return .tensor(try condition.converted(to: .bool).select(alike[0], alike[1]))
      },
      Builtin(
        "nonzero(x)",
        """
        The places of the elements that are not zero: a list with one tensor for each axis.

            print(nonzero([0, 5, 6]))    # ([1, 2],)
        """
      ) { arguments in try arguments.places() },
      Builtin(
        "sort(x, axis=-1, descending=false)",
        """
        The elements in order along an axis; nan comes last.

            print(sort([3, 1, 2]), sort([3, 1, 2], descending=true))    # [1, 2, 3] [3, 2, 1]
        """
      ) { arguments in
        .tensor(
          try arguments.stacked(0).sort(
            axis: arguments.int(1), descending: arguments.bool(2)))
      },
      Builtin(
        "argsort(x, axis=-1, descending=false)",
        """
        The places of the elements in order along an axis; equal ones stay in the order they had.

            print(argsort([3, 1, 2]))    # [1, 2, 0]
        """
      ) { arguments in
        .tensor(
          try arguments.stacked(0).argsort(
            axis: arguments.int(1), descending: arguments.bool(2)))
      },
      Builtin(
        "topk(x, k, axis=-1, largest=true)",
        """
        The k greatest (or least) elements along an axis in order, and their places.

            print(topk([1, 5, 3], 2))    # ([5, 3], [1, 2])
        """
      ) { arguments in
        let (values, places) = try arguments.stacked(0).topk(
          arguments.int(1, atLeast: 0), axis: arguments.int(2),
          largest: arguments.bool(3))
        return .list([.tensor(values), .tensor(places)])
      },
      Builtin(
        "unique(x, return_inverse=false, return_counts=false)",
        """
        The distinct elements in order; on request also where in them each element is found, and
        how often each occurs.

            print(unique([3, 1, 3]), unique([3, 1, 3], return_counts=true))    # [1, 3] ([1, 3], [1, 2])
        """
      ) { arguments in
        let x = try arguments.stacked(0)
        guard let tensor = x.concrete else { throw arguments.mismatch(0, "plain numbers") }
        let (values, inverse, counts) = try tensor.unique()
        var results = [Value.tensor(values)]
        if try arguments.bool(1) { results.append(.tensor(inverse)) }
        if try arguments.bool(2) { results.append(.tensor(counts)) }
        return results.count == 1 ? results[0] : .list(results)
      },
      Builtin(
        "searchsorted(sorted, values, side=\"left\")",
        """
        For each value the place in a sorted tensor before which it belongs, or with
        `side="right"` after its equals. A sorted tensor of several axes has a row for the values in the same
        place: their other axes are the same.

            print(searchsorted([1, 3, 5], [3, 4]))                                # [1, 2]
            print(searchsorted([[1, 3, 5], [2, 4, 6]], [[3], [3]])[:, 0])    # [1, 1]
        """
      ) { arguments in
        let side = try arguments.choice(2, ["left", "right"])
        return .tensor(
          try arguments.stacked(0).searchsorted(arguments.stacked(1), right: side == "right"))
      },
    ])
}

extension Arguments {
  /// As many segments as the greatest of their numbers needs.
  fileprivate func segments(of ids: Variable) throws -> Int {
    let numbers = try numbers(of: ids, 1)
    guard numbers.count > 0, !numbers.dtype.isFloat else { return 0 }
    let greatest = try numbers.max(.all(rank: numbers.rank)).converted(to: .i64).firstInt
    guard greatest < Int.max else {
      throw RuntimeError(.limit, "\(greatest) segments are too many")
    }
    return max(greatest + 1, 0)
  }

  fileprivate func places() throws -> Value {
    guard let x = try stacked(0).concrete else { throw mismatch(0, "plain numbers") }
    return .list(try x.nonzero().map { .tensor($0) })
  }
}
