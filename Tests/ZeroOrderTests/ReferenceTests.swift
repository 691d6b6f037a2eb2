// Gradients, products and steps against numbers of torchzero, with counted evaluations.

import Autodiff
import Optimizers
import Tensors
import Testing
import ZeroOrder

/// A test function, with the number of its evaluations.
private final class Counted {
  private let name: String
  private(set) var evaluations = 0

  init(_ name: String) { self.name = name }

  var start: [Double] {
    switch name {
    case "rosen": [-1.1, 2.5]
    case "booth": [0, -8]
    case "ill": [-9, 2.5]
    default: [-0.9, 0]
    }
  }

  func callAsFunction(_ tree: Tree) throws -> Variable {
    evaluations += 1
    let (x, y) = (try tree.leaves[0].indexed(at: 0), try tree.leaves[0].indexed(at: 1))
    switch name {
    case "rosen": return try (1 - x).square() + (y - x.square()).square() * 100
    case "booth": return try (x + y * 2 - 7).square() + (x * 2 + y - 5).square()
    case "ill": return try x.square() + y.square() + x * y * 1.99999
    default: return try (x * 2 + y * 3 - 5).square() + (x * 5 - y * 2 - 3).square()
    }
  }
}

private func point(_ numbers: [Double]) throws -> Tree {
  .leaf(try Variable.stack(numbers.map { Variable($0) }))
}

private func distance(_ found: Tree, _ wanted: [Double]) -> Double {
  guard let numbers = found.leaves.first?.concrete?.doubles, numbers.count == wanted.count else {
    return .infinity
  }
  return zip(numbers, wanted).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
}

/// Evaluates one by one, so that evaluations can be counted.
private func oneByOne(_ body: () throws -> [Variable]) -> [Variable]? { nil }

/// The gradient that a chain begins with, and the evaluations that it takes.
private func gradient(
  _ approximator: GradientApproximator, _ function: Counted
) throws -> Tree {
  let transformation = approximator.transformation
  let parameters = try point(function.start)
  let step = StepObjective(Objective { try function($0) }, at: parameters)
  return try transformation.update(nil, transformation.initialize(parameters), step).updates
}

@Test(arguments: TorchzeroReference.coordinates.indices)
func `differences along coordinates are those of torchzero`(_ index: Int) throws {
  let reference = TorchzeroReference.coordinates[index]
  let function = Counted(reference.function)
  let stencil = try #require(Stencil(named: reference.formula))
  let found = try gradient(
    .finiteDifferences(stencil, h: .number(reference.h), rehearse: oneByOne), function)
  #expect(distance(found, reference.gradient) < 1e-9)
  #expect(function.evaluations == reference.evaluations)
}

@Test(arguments: TorchzeroReference.randomized.indices)
func `differences along given directions are those of torchzero`(_ index: Int) throws {
  let reference = TorchzeroReference.randomized[index]
  let function = Counted(reference.function)
  var next = 0
  let rule = try RandomizedDifferences(
    h: .number(reference.h), samples: reference.directions.count,
    stencil: try #require(Stencil(named: reference.formula)),
    source: .function { _, _ in
      defer { next += 1 }
      return try Variable.stack(reference.directions[next].map { Variable($0) })
    })
  let found = try gradient(
    .randomizedDifferences("RandomizedFDM", rule, rehearse: oneByOne), function)
  #expect(distance(found, reference.gradient) < 1e-9)
  #expect(function.evaluations == reference.evaluations)
}

/// The transformation of a trajectory by torchzero's names, and whether evaluations are comparable:
/// a product by automatic differentiation evaluates the function, too.
private func transformation(
  _ name: String
) throws -> (transformation: GradientTransformation, counts: Bool) {
  let central = try #require(Stencil(named: "central"))
  let differences = try GradientApproximator.finiteDifferences(
    central, h: 1e-3, rehearse: oneByOne
  ).transformation
  let search = GradientTransformation.backtracking(try BacktrackingRule())
  func newton(_ product: HessianProductMethod) throws -> GradientTransformation {
    try .newtonCG(NewtonRule(product: product))
  }
  switch name {
  case "FDM,NewtonCG(fd_forward),Backtracking":
    return (.chain([differences, try newton(.forward), search]), true)
  case "FDM,NewtonCG(fd_central),Backtracking":
    return (.chain([differences, try newton(.central), search]), true)
  case "NewtonCG(autograd),Backtracking": return (.chain([try newton(.autodiff), search]), false)
  case "FDM,LR(0.1)": return (.chain([differences, try .sgd(learningRate: 0.1)]), true)
  case "Backtracking": return (search, true)
  default:
    return (.chain([try .heavyBall(momentum: 0.9), try .sgd(learningRate: 0.01)]), true)
  }
}

@Test(arguments: TorchzeroReference.trajectories.keys.sorted())
func `trajectories are those of torchzero`(_ key: String) throws {
  let names = key.split(separator: "|").map(String.init)
  let function = Counted(names[0])
  let (transformation, counts) = try transformation(names[1])
  var parameters = try point(function.start)
  var state = try transformation.initialize(parameters)
  for reference in try #require(TorchzeroReference.trajectories[key]) {
    let step = StepObjective(Objective { try function($0) }, at: parameters)
    let result = try transformation.update(nil, state, step)
    state = result.state
    parameters = try applyUpdates(parameters, result.updates)
    #expect(distance(parameters, reference.point) < 2e-6)
    #expect(!counts || function.evaluations == reference.evaluations)
  }
}

/// Rosenbrock's Hessian times (3, 4), exactly (3122, 2120), by differences of gradients whose points
/// lie h apart whatever the direction's length.
@Test(arguments: [
  (HessianProductMethod.forward, 0.1, [2792.72, 2084.0]),
  (.central, 0.1, [3126.32, 2120.0]),
  (.forward, 0.001, [3118.66443200, 2119.64]),
  (.central, 0.001, [3122.00043200, 2120.0]),
])
func `a Newton step uses products by differences`(
  _ method: HessianProductMethod, _ h: Double, _ product: [Double]
) throws {
  // One product, along v = g: the step is ⟨v, v⟩ / ⟨v, H v⟩ v.
  let function = Counted("rosen")
  let rule = try NewtonRule(product: method, maximumProducts: 1, ridge: 0, h: h)
  let newton = try GradientTransformation.newtonCG(rule)
  let parameters = try point(function.start)
  let step = StepObjective(Objective { try function($0) }, at: parameters)
  let found = try newton.update(try point([3, 4]), newton.initialize(parameters), step).updates
  let scale = -25 / (3 * product[0] + 4 * product[1])
  #expect(distance(found, [3 * scale, 4 * scale]) < 1e-9)
}
