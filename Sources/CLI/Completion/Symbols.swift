// `\alpha` → `α`: letters that keyboards lack, by their names in TeX.

/// Letters by name.
enum Symbols {
  static let all: [(name: String, symbol: String)] = [
    ("alpha", "α"), ("beta", "β"), ("gamma", "γ"), ("delta", "δ"), ("epsilon", "ϵ"),
    ("varepsilon", "ε"), ("zeta", "ζ"), ("eta", "η"), ("theta", "θ"), ("vartheta", "ϑ"),
    ("iota", "ι"), ("kappa", "κ"), ("varkappa", "ϰ"), ("lambda", "λ"), ("mu", "μ"), ("nu", "ν"),
    ("xi", "ξ"), ("omicron", "ο"), ("pi", "π"), ("varpi", "ϖ"), ("rho", "ρ"), ("varrho", "ϱ"),
    ("sigma", "σ"), ("varsigma", "ς"), ("tau", "τ"), ("upsilon", "υ"), ("phi", "ϕ"),
    ("varphi", "φ"), ("chi", "χ"), ("psi", "ψ"), ("omega", "ω"), ("Gamma", "Γ"), ("Delta", "Δ"),
    ("Theta", "Θ"), ("Lambda", "Λ"), ("Xi", "Ξ"), ("Pi", "Π"), ("Sigma", "Σ"), ("Upsilon", "Υ"),
    ("Phi", "Φ"), ("Psi", "Ψ"), ("Omega", "Ω"), ("ell", "ℓ"), ("hbar", "ℏ"), ("imath", "ı"),
    ("jmath", "ȷ"), ("aleph", "ℵ"), ("beth", "ℶ"),
  ]

  /// What a word behind a backslash becomes; nil where there is no backslash.
  static func completion(_ context: CursorContext) -> Completion? {
    let start = context.wordStart
    guard start > 0, context.utf8[start - 1] == UInt8(ascii: "\\"), start < context.cursor else {
      return nil
    }
    let word = context.word
    let found = all.filter { $0.name.hasPrefix(word) }
    if let symbol = found.first(where: { $0.name == word }) ?? (found.count == 1 ? found[0] : nil) {
      return Completion(start: start - 1, candidates: [.init(symbol.symbol)])
    }
    // In a text a backslash may begin something else.
    if found.isEmpty, context.open.textStart != nil { return nil }
    return Completion(
      start: start - 1,
      candidates: found.map { .init("\\\($0.name)", title: "\($0.symbol) \\\($0.name)") })
  }
}
