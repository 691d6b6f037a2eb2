// Tensors from nothing and from numbers.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let creation = BuiltinPage(
    "Making tensors",
    constants: [
      BuiltinConstant(
        "f64",
        "The dtype of 64-bit floats, the default.\n\n    print(zeros(2, dtype=f64).dtype)    # f64"
      ) {
        .host(DTypeObject(.f64))
      },
      BuiltinConstant(
        "f32", "The dtype of 32-bit floats.\n\n    print([1.0].to(f32).dtype)    # f32"
      ) {
        .host(DTypeObject(.f32))
      },
      BuiltinConstant(
        "i64", "The dtype of 64-bit whole numbers.\n\n    print([1, 2].dtype == i64)    # true"
      ) {
        .host(DTypeObject(.i64))
      },
    ],
    objects: [DTypeObject.self],
    [
      Builtin(
        "tensor(value, dtype=nil, device=nil)",
        """
        A tensor of a number, a tensor, or lists of them nested to one shape, on a device where one is named, as
        `to` names them.

            print(tensor((1, 2, 3)), tensor(((1, 2), (3, 4))).shape)    # [1, 2, 3] (2, 2)
        """
      ) { arguments in
        let variable = try arguments.stacked(0)
        let converted = try variable.converted(to: arguments.dtype(1) ?? variable.dtype)
        return .tensor(try arguments.place(2).map { try converted.moved(to: $0) } ?? converted)
      },
      Builtin(
        "zeros(*shape, dtype=nil)",
        """
        Zeros of a shape, given as ints or as a list.

            print(zeros(3), zeros((2, 2), dtype=i64).shape)    # [0.0, 0.0, 0.0] (2, 2)
        """
      ) { arguments in
        .tensor(try Tensor.zeros(arguments.shapeFromRest(0), arguments.dtypeOrDefault(1)))
      },
      Builtin(
        "ones(*shape, dtype=nil)",
        """
        Ones of a shape, given as ints or as a list.

            print(ones(3))    # [1.0, 1.0, 1.0]
        """
      ) { arguments in
        .tensor(try Tensor.ones(arguments.shapeFromRest(0), arguments.dtypeOrDefault(1)))
      },
      Builtin(
        "full(shape, value, dtype=nil)",
        """
        A shape filled with one number, whose kind gives the dtype.

            print(full((2,), 7), full(2, 0.5))    # [7, 7] [0.5, 0.5]
        """
      ) { arguments in
        let value = try arguments.variable(1)
        return .tensor(
          try value.converted(to: arguments.dtype(2) ?? value.dtype)
            .broadcast(to: arguments.shape(0)))
      },
      Builtin(
        "zeros_like(x, dtype=nil)",
        """
        Zeros of the shape and dtype of a tensor.

            print(zeros_like([1, 2]))    # [0, 0]
        """
      ) { arguments in
        let like = try arguments.variable(0)
        return .tensor(try Tensor.zeros(like.shape, arguments.dtype(1) ?? like.dtype))
      },
      Builtin(
        "ones_like(x, dtype=nil)",
        """
        Ones of the shape and dtype of a tensor.

            print(ones_like([1, 2]))    # [1, 1]
        """
      ) { arguments in
        let like = try arguments.variable(0)
        return .tensor(try Tensor.ones(like.shape, arguments.dtype(1) ?? like.dtype))
      },
      Builtin(
        "full_like(x, value, dtype=nil)",
        """
        One number in the shape and dtype of a tensor.

            print(full_like([1.0, 2.0], 7))    # [7.0, 7.0]
        """
      ) { arguments in
        let like = try arguments.variable(0)
        return .tensor(
          try arguments.variable(1).converted(to: arguments.dtype(2) ?? like.dtype)
            .broadcast(to: like.shape))
      },
      Builtin(
        "eye(n, m=nil, dtype=nil)",
        """
        Ones on the diagonal of an n by m matrix, zeros elsewhere.

            print(eye(2))
            # [[1.0, 0.0],
            #  [0.0, 1.0]]
        """
      ) { arguments in
        let n = try arguments.int(0, atLeast: 0)
        let m = try arguments.has(1) ? arguments.int(1, atLeast: 0) : n
        return .tensor(try Tensor.eye(n, m, arguments.dtypeOrDefault(2)))
      },
      Builtin(
        "arange(start, stop=nil, step=1, dtype=nil)",
        """
        The numbers from start up to, and without, stop; `arange(n)` counts from 0.

        Ints give `i64`, Floats the default float type. `start` and `step` are differentiated; how many
        numbers there are is not.

            print(arange(4), arange(0.0, 1.0, 0.25))    # [0, 1, 2, 3] [0.0, 0.25, 0.5, 0.75]
        """
      ) { arguments in .tensor(try arguments.progression()) },
      Builtin(
        "linspace(start, stop, num=50, dtype=nil)",
        """
        Numbers at equal distances from start to stop, both included.

            print(linspace(0.0, 1.0, 5))    # [0.0, 0.25, 0.5, 0.75, 1.0]
        """
      ) { arguments in
        .tensor(
          try .linspace(
            arguments.scalar(0), arguments.scalar(1), arguments.int(2, atLeast: 0),
            arguments.dtypeOrDefault(3)))
      },
      Builtin(
        "logspace(start, stop, num=50, base=10.0, dtype=nil)",
        """
        Powers of the base with exponents at equal distances from start to stop.

            print(logspace(0, 2, 3))    # [1.0, 10.0, 100.0]
        """
      ) { arguments in
        .tensor(
          try .logspace(
            arguments.scalar(0), arguments.scalar(1), arguments.int(2, atLeast: 0),
            base: arguments.scalar(3), arguments.dtypeOrDefault(4)))
      },
      Builtin(
        "one_hot(ids, classes, dtype=nil)",
        """
        For each class number a row of zeros with a one at its place. A number that is no class is an
        error, and inside `vmap`, where it is not looked at, a row of zeros.

            print(one_hot([2, 0], 3))
            # [[0.0, 0.0, 1.0],
            #  [1.0, 0.0, 0.0]]
        """
      ) { arguments in
        let ids = try arguments.stacked(0)
        let classes = try arguments.int(1, atLeast: 0)
        let dtype = try arguments.dtypeOrDefault(2)
        if let numbers = ids.concrete {
          return .tensor(try Tensor.oneHot(numbers, classes: classes, dtype))
        }
        // For the error where they are no whole numbers.
        if ids.dtype.isFloat { _ = try arguments.tensor(0) }
        let isThere = try ids.expanded(at: ids.rank).isEqual(to: .tensor(.arange(0, classes)))
        return .tensor(try isThere.converted(to: dtype))
      },
      Builtin(
        "meshgrid(*axes, indexing=\"xy\")",
        """
        The coordinates of the points of a grid, one tensor an axis.

        With `indexing="ij"` the first axis of the results belongs to the first argument, with
        `"xy"` the second.

            let (x, y) = meshgrid([1, 2, 3], [4, 5])
            print(x)
            # [[1, 2, 3],
            #  [1, 2, 3]]
            print(y)
            # [[4, 4, 4],
            #  [5, 5, 5]]
        """
      ) { arguments in .list(try arguments.grid()) },
      Builtin(
        "set_default_dtype(dtype)",
        """
        Makes f32 or f64 the type of float literals, of new tensors and of conversions to floats.

            set_default_dtype(f32)
            print([1.0].dtype)    # f32
        """, effects: .writes
      ) { arguments in
        Context.current.defaultFloat = try arguments.floatDType(0)
        return .nil
      },
    ])
}

extension Arguments {
  /// The dtype of a parameter, or the default float type.
  func dtypeOrDefault(_ index: Int) throws -> DType {
    try dtype(index) ?? Context.current.defaultFloat
  }

  /// f32 or f64.
  func floatDType(_ index: Int) throws -> DType {
    guard let dtype = try dtype(index), dtype.isFloat else { throw mismatch(index, "f32 or f64") }
    return dtype
  }

  /// A progression of whole numbers where all that was given is whole, else of floats.
  fileprivate func progression() throws -> Variable {
    let dtype = try dtype(3)
    let isWhole = try (0..<3).allSatisfy { index in
      if !has(index) { return true }
      _ = try scalar(index)
      return !self[index].isFloating
    }
    guard isWhole else {
      return try .arange(
        has(1) ? scalar(0) : 0, double(has(1) ? 1 : 0), scalar(2),
        dtype ?? Context.current.defaultFloat)
    }
    let first = try int(0)
    let (start, stop) = has(1) ? (first, try int(1)) : (0, first)
    return .tensor(
      try Tensor.arange(start, stop, int(2)).converted(to: dtype ?? .i64))
  }

  fileprivate func grid() throws -> [Value] {
    var axes = try rest(0).map { value in
      let axis = try stacked(value, 0)
      guard axis.rank <= 1 else { throw mismatch(value, 0, "tensors of one axis") }
      return axis
    }
    let swaps = try choice(1, ["xy", "ij"]) == "xy" && axes.count > 1
    if swaps { axes.swapAt(0, 1) }
    let shape = try Shape(axes.map(\.count))
    var grids = try axes.enumerated().map { place, axis in
      var column = Shape(trusted: Array(repeating: 1, count: shape.rank))
      column[place] = axis.count
      return Value.tensor(try axis.reshape(to: column).broadcast(to: shape))
    }
    if swaps { grids.swapAt(0, 1) }
    return grids
  }
}
