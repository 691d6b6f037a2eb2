// What NumPy gives for indices into `0, 1, …` of a shape. Made by a script that ran each index there.

import TensorSupport

@testable import Tensors

private func ids(_ values: [Int], _ shape: [Int]) throws -> IndexItem {
  .ids(try whole(values, shape))
}
private func mask(_ values: [Double], _ shape: [Int]) throws -> IndexItem {
  .mask(try tensor(values, shape, .bool))
}

/// A source shape, the items of an index, and the shape and elements that come of them.
typealias IndexCase = (shape: [Int], items: [IndexItem], result: [Int], elements: [Double])

func indexCases() throws -> [IndexCase] {
  var cases: [IndexCase] = []
  cases.append(([5], [.at(2)], [], [2]))
  cases.append(([5], [.at(-1)], [], [4]))
  cases.append(([5], [.slice(start: 1, stop: 3, step: 1)], [2], [1, 2]))
  cases.append(([5], [.slice(start: nil, stop: nil, step: 2)], [3], [0, 2, 4]))
  cases.append(([5], [.slice(start: nil, stop: nil, step: -1)], [5], [4, 3, 2, 1, 0]))
  cases.append(([5], [.slice(start: 10, stop: nil, step: 1)], [0], []))
  cases.append(([5], [.slice(start: -100, stop: 100, step: 1)], [5], [0, 1, 2, 3, 4]))
  cases.append(([5], [.slice(start: 3, stop: 1, step: 1)], [0], []))
  cases.append(([5], [.slice(start: 4, stop: nil, step: -2)], [3], [4, 2, 0]))
  cases.append(([5], [.slice(start: -2, stop: -100, step: -1)], [4], [3, 2, 1, 0]))
  cases.append(([5], [.slice(start: nil, stop: nil, step: 1000)], [1], [0]))
  cases.append(([0], [.slice(start: nil, stop: nil, step: -1)], [0], []))
  cases.append(([3, 4], [.at(1)], [4], [4, 5, 6, 7]))
  cases.append(([3, 4], [.slice(start: nil, stop: nil, step: 1), .at(0)], [3], [0, 4, 8]))
  cases.append(([3, 4], [.ellipsis, .at(-1)], [3], [3, 7, 11]))
  cases.append(([3, 4], [.newAxis], [1, 3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]))
  cases.append(([3, 4], [.at(1), .newAxis], [1, 4], [4, 5, 6, 7]))
  cases.append(
    ([3, 4], [.ellipsis, .newAxis], [3, 4, 1], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]))
  cases.append(([3, 4], [.newAxis, .ellipsis, .newAxis, .at(2)], [1, 3, 1], [2, 6, 10]))
  cases.append(([3, 4], [.ellipsis], [3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]))
  cases.append(([], [.ellipsis], [], [0]))
  cases.append(([], [.newAxis], [1], [0]))
  cases.append(
    (
      [3, 4], [.slice(start: nil, stop: nil, step: -1), .slice(start: 3, stop: nil, step: -2)],
      [3, 2], [11, 9, 7, 5, 3, 1]
    ))
  cases.append(([5], [try ids([0, 3, -1], [3])], [3], [0, 3, 4]))
  cases.append(([5], [try ids([0, 1, 2, 3], [2, 2])], [2, 2], [0, 1, 2, 3]))
  cases.append(([5], [try ids([], [0])], [0], []))
  cases.append(([3, 4], [try ids([2, 0], [2])], [2, 4], [8, 9, 10, 11, 0, 1, 2, 3]))
  cases.append(
    (
      [3, 4], [.slice(start: nil, stop: nil, step: 1), try ids([2, 0, 0], [3])], [3, 3],
      [2, 0, 0, 6, 4, 4, 10, 8, 8]
    ))
  cases.append(([3, 4], [try ids([0, 1], [2]), try ids([2, 3], [2])], [2], [2, 7]))
  cases.append(
    ([3, 4], [try ids([0, 1], [2, 1]), try ids([2, 3], [2])], [2, 2], [2, 3, 6, 7]))
  cases.append(([3, 4], [try ids([0, 1], [2]), .at(1)], [2], [1, 5]))
  cases.append(([3, 4], [.at(1), try ids([0, 1], [2])], [2], [4, 5]))
  cases.append(
    (
      [2, 3, 4], [.at(0), .slice(start: nil, stop: nil, step: 1), try ids([0, 1], [2])], [2, 3],
      [0, 4, 8, 1, 5, 9]
    ))
  cases.append(
    (
      [2, 3, 4],
      [try ids([0, 1], [2]), .slice(start: nil, stop: nil, step: 1), try ids([0, 3], [2])], [2, 3],
      [0, 4, 8, 15, 19, 23]
    ))
  cases.append(
    (
      [2, 3, 4],
      [.slice(start: nil, stop: nil, step: 1), try ids([0, 1], [2]), try ids([0, 3], [2])], [2, 2],
      [0, 7, 12, 19]
    ))
  cases.append(
    (
      [2, 3, 4],
      [
        .slice(start: nil, stop: nil, step: 1), try ids([0, 1], [2]),
        .slice(start: 1, stop: 3, step: 1),
      ], [2, 2, 2], [1, 2, 5, 6, 13, 14, 17, 18]
    ))
  cases.append(
    ([2, 3, 4], [try ids([0], [1]), .newAxis, try ids([1], [1])], [1, 1, 4], [4, 5, 6, 7]))
  cases.append(
    (
      [2, 3, 4], [.ellipsis, try ids([3, 1], [2])], [2, 3, 2],
      [3, 1, 7, 5, 11, 9, 15, 13, 19, 17, 23, 21]
    ))
  cases.append(
    (
      [2, 3, 4],
      [.slice(start: nil, stop: nil, step: 1), try ids([0, 1, 2, 0], [2, 2]), .newAxis],
      [2, 2, 2, 1, 4],
      [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 12, 13, 14, 15,
      ]
    ))
  cases.append(([3, 4], [try mask([1, 0, 1], [3])], [2, 4], [0, 1, 2, 3, 8, 9, 10, 11]))
  cases.append(
    ([3, 4], [try mask([1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0], [3, 4])], [4], [0, 3, 6, 9]))
  cases.append(
    (
      [3, 4], [.slice(start: nil, stop: nil, step: 1), try mask([1, 0, 0, 1], [4])], [3, 2],
      [0, 3, 4, 7, 8, 11]
    ))
  cases.append(
    (
      [2, 3, 4], [try mask([1, 0, 1, 0, 1, 0], [2, 3]), .slice(start: 1, stop: 3, step: 1)],
      [3, 2], [1, 2, 9, 10, 17, 18]
    ))
  cases.append(([3, 4], [try mask([1, 0, 1], [3]), try ids([1, 2], [2])], [2], [1, 10]))
  cases.append(([3, 4], [try mask([0, 0, 0], [3])], [0, 4], []))
  cases.append(([3], [try mask([1], [])], [1, 3], [0, 1, 2]))
  cases.append(([3], [try mask([0], [])], [0, 3], []))
  cases.append(
    (
      [2, 3, 4],
      [
        .slice(start: nil, stop: nil, step: 1),
        try mask([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [3, 4]),
      ], [2, 12],
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]
    ))
  cases.append(
    (
      [2, 3, 4],
      [
        .slice(start: nil, stop: nil, step: -1), try ids([2, 0], [2]),
        .slice(start: nil, stop: nil, step: -2),
      ], [2, 2, 2], [23, 21, 15, 13, 11, 9, 3, 1]
    ))
  cases.append(
    (
      [4, 3, 2], [.at(1), try ids([0, 2], [2]), .slice(start: nil, stop: nil, step: -1)], [2, 2],
      [7, 6, 11, 10]
    ))
  return cases
}
