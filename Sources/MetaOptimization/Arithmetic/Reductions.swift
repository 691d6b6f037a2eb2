// Reductions over one axis, counted from the end where it is negative, and over all of them.

extension Variable {
  /// The sum along an axis.
  ///
  /// - Throws: an index error for an axis that the variable does not have.
  public func sum(axis: Int, keepAxes: Bool = false) throws -> Variable {
    try sum(axes: AxisSet(CollectionOfOne(axis), of: shape), keepAxes: keepAxes)
  }

  /// The mean along an axis; nan of no elements.
  ///
  /// - Throws: an index error for an axis that the variable does not have.
  public func mean(axis: Int, keepAxes: Bool = false) throws -> Variable {
    try mean(axes: AxisSet(CollectionOfOne(axis), of: shape), keepAxes: keepAxes)
  }

  /// The greatest elements along an axis.
  ///
  /// - Throws: an index error for an axis that the variable does not have; a value error for one
  ///   without elements.
  public func max(axis: Int, keepAxes: Bool = false) throws -> Variable {
    try max(axes: AxisSet(CollectionOfOne(axis), of: shape), keepAxes: keepAxes)
  }

  /// The least elements along an axis.
  ///
  /// - Throws: an index error for an axis that the variable does not have; a value error for one
  ///   without elements.
  public func min(axis: Int, keepAxes: Bool = false) throws -> Variable {
    try min(axes: AxisSet(CollectionOfOne(axis), of: shape), keepAxes: keepAxes)
  }
}

extension Tensor {
  /// The sum of all elements, without axes.
  public func sum() throws -> Tensor { try sum(.all(rank: rank)) }

  /// The product of all elements, without axes.
  public func prod() throws -> Tensor { try prod(.all(rank: rank)) }

  /// The mean of all elements, without axes; nan of none.
  public func mean() throws -> Tensor { try sum() / Double(count) }

  /// The greatest element, without axes.
  ///
  /// - Throws: a value error where there is none.
  public func max() throws -> Tensor { try max(.all(rank: rank)) }

  /// The least element, without axes.
  ///
  /// - Throws: a value error where there is none.
  public func min() throws -> Tensor { try min(.all(rank: rank)) }
}
