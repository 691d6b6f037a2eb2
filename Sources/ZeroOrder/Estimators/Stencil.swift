// Finite-difference formulas for the slope of φ(t) = f(x + t z) at t = 0, with φₖ = φ(k h).
//
//     forward2    (φ₁ - φ₀) / h                                 + h φ″/2
//     backward2   (φ₀ - φ₋₁) / h                                - h φ″/2
//     central2    (φ₁ - φ₋₁) / 2h                               + h² φ‴/6
//     forward3    (-3φ₀ + 4φ₁ - φ₂) / 2h                        - h² φ‴/3
//     backward3   (φ₋₂ - 4φ₋₁ + 3φ₀) / 2h                       - h² φ‴/3
//     forward4    (2φ₃ - 9φ₂ + 18φ₁ - 11φ₀) / 6h                + h³ φ⁗/4
//     central4    (φ₋₂ - 8φ₋₁ + 8φ₁ - φ₂) / 12h                 - h⁴ φ⁗′/30
//     forward5    (-3φ₄ + 16φ₃ - 36φ₂ + 48φ₁ - 25φ₀) / 12h      - h⁴ φ⁗′/5
//
// The last column is the error's leading term.

/// A finite-difference formula.
public struct Stencil: Sendable {
  /// The name in the language.
  public let name: String
  /// Where φ is evaluated besides 0, in steps of h and in this order, and with what weights.
  let points: [(offset: Double, weight: Double)]
  /// The weight of φ₀; 0 where it is not needed.
  let center: Double
  /// What the sum is divided by, in steps of h.
  let divisor: Double

  private init(
    _ name: String, _ points: [(offset: Double, weight: Double)], center: Double = 0,
    over divisor: Double = 1
  ) {
    self.name = name
    self.points = points
    self.center = center
    self.divisor = divisor
  }

  /// `forward2`.
  public static let forwardDifference = Stencil("forward2", [(1, 1)], center: -1)

  /// `central2`.
  public static let centralDifference = Stencil("central2", [(1, 1), (-1, -1)], over: 2)

  /// Every formula.
  public static let all: [Stencil] = [
    forwardDifference,
    Stencil("backward2", [(-1, -1)], center: 1),
    centralDifference,
    Stencil("forward3", [(1, 4), (2, -1)], center: -3, over: 2),
    Stencil("backward3", [(-1, -4), (-2, 1)], center: 3, over: 2),
    Stencil("forward4", [(1, 18), (2, -9), (3, 2)], center: -11, over: 6),
    Stencil("central4", [(1, 8), (2, -1), (-1, -8), (-2, 1)], over: 12),
    Stencil("forward5", [(1, 48), (2, -36), (3, 16), (4, -3)], center: -25, over: 12),
  ]

  /// Other names of formulas.
  public static let aliases = [
    "forward": "forward2", "backward": "backward2", "central": "central2", "central3": "central2",
    "fd_forward": "forward2", "fd_backward": "backward2", "fd_central": "central2",
  ]

  /// The formula of a name or an alias.
  public init?(named name: String) {
    let known = Stencil.aliases[name] ?? name
    guard let stencil = Stencil.all.first(where: { $0.name == known }) else { return nil }
    self = stencil
  }
}
