// Steps and gradients through steps, against numbers of TorchOpt and PyTorch in double precision.

import Autodiff
import Optimizers
import Tensors
import Testing

private func variable(_ numbers: [Double]) throws -> Variable {
  try Variable.stack(numbers.map { Variable($0) })
}

private func numbers(_ tree: Tree) -> [Double] { tree.leaves[0].concrete?.doubles ?? [] }

/// The greatest difference, over the size where that is above 1.
private func distance(_ found: [Double], _ wanted: [Double]) -> Double {
  guard found.count == wanted.count else { return .infinity }
  return zip(found, wanted).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
}

@Test(arguments: TorchOptReference.trajectories.keys.sorted())
func `steps are those of TorchOpt`(_ name: String) throws {
  let optimizer = try torchOptCase(name)
  var parameters = Tree.leaf(try variable(TorchOptReference.start))
  var state = try optimizer.initialize(parameters)
  let rows = try #require(TorchOptReference.trajectories[name])
  for (gradient, row) in zip(TorchOptReference.gradients, rows) {
    let result = try optimizer.update(.leaf(variable(gradient)), state, parameters)
    state = result.state
    parameters = try applyUpdates(parameters, result.updates)
    #expect(distance(numbers(parameters), row) < 1e-13)
  }
}

@Test(arguments: TorchOptReference.metaGradients.indices)
func `gradients through steps are those of TorchOpt`(_ index: Int) throws {
  let reference = TorchOptReference.metaGradients[index]
  let optimizer = try torchOptCase(reference.name)
  let start = try Parameter(leafOf: variable(TorchOptReference.start))
  let x = try Parameter(leafOf: variable(TorchOptReference.x))
  let y = try variable(TorchOptReference.y)
  var parameter = start.value
  var state = try optimizer.initialize(.leaf(parameter))
  for _ in 0..<reference.steps {
    let data = try (parameter * x.value - y).square().sum() * 0.5
    let loss = try data + parameter.power(4).sum() * 0.05
    let gradient = try #require(try gradients(of: loss, to: [parameter])[0])
    let result = try optimizer.update(.leaf(gradient), state, .leaf(parameter))
    state = result.state
    parameter = try applyUpdates(.leaf(parameter), result.updates).leaves[0]
  }
  let outer = try (parameter - variable(TorchOptReference.c)).square().sum() * 0.5
  let found = try gradients(of: outer, to: [start.value, x.value])
  #expect(distance(outer.concrete?.doubles ?? [], [reference.outer]) < 1e-12)
  #expect(distance(found[0]?.concrete?.doubles ?? [], reference.start) < 1e-9)
  #expect(distance(found[1]?.concrete?.doubles ?? [], reference.x) < 1e-9)
}

@Test(arguments: TorchOracle.trajectories.keys.sorted())
func `a hundred steps are those of PyTorch`(_ name: String) throws {
  let optimizer = try torchCase(name)
  var parameters = Tree.leaf(try variable(TorchOracle.start))
  var state = try optimizer.initialize(parameters)
  var kept = try #require(TorchOracle.trajectories[name])[...]
  for t in 1...100 {
    let push = try variable((0..<4).map { 2 * cosine(0.37 * Double(t) + Double($0)) })
    let gradient = try parameters.map { try $0 + push }
    let result = try optimizer.update(gradient, state, parameters)
    state = result.state
    parameters = try applyUpdates(parameters, result.updates)
    if TorchOracle.kept.contains(t), let row = kept.popFirst() {
      #expect(distance(numbers(parameters), row) < 1e-12)
    }
  }
  #expect(kept.isEmpty)
}

/// The cosine, without Foundation.
private func cosine(_ x: Double) -> Double {
  (try? Variable(x).cos().concrete?.firstDouble) ?? .nan
}
