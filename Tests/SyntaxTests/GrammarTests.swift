// Programs and the trees they make, a table for each chapter of the language reference.

import Syntax
import Testing

/// A text and the outline of its tree.
typealias Case = (text: String, tree: String)

@Suite struct GrammarTests {
  @Test(arguments: [
    ("42", "42"), ("1_000", "1000"), ("3.5", "3.5"), ("1e-3", "0.001"), ("2.", "2.0"),
    ("1_0.2_5e1_0", "102500000000.0"), ("-9223372036854775808", "-9223372036854775808"),
    ("- -9223372036854775808", "(- -9223372036854775808)"),
    ("true; false; nil; self", "true; false; nil; self"),
    ("θ + α1 * x₁", "(+ θ (* α1 x₁))"),
    ("1..5", "(.. 1 5)"), ("1.0..5", "(.. 1.0 5)"), ("1.abs()", "(call (. 1 abs))"),
    (#""a\n\t\"\\\{\}\u{3b8}""#, "\"a\n\t\"\\{}θ\""),
    (#""loss = {loss:.4f} after {i} steps""#, #""loss = {loss:.4f} after {i} steps""#),
    (#""{x[1:3]:>8}""#, #""{(index x 1:3:):>8}""#),
    (#""{f("a", {b: "{c}"})}""#, #""{(call f "a" (record b:"{c}"))}""#),
    (#""{if a { "x" } else { "y" }}""#, #""{(if a {"x"} else {"y"})}""#),
    ("\"\"\"a\n\"b\" {x}\"\"\"", "\"a\n\"b\" {x}\""),
    ("\"{f(\n1)}\"", "\"{(call f 1)}\""),
    ("#!/usr/bin/env mos\n1", "1"), ("1 # one\n# two\n3", "1; 3"), ("\u{FEFF}1\r\n2", "1; 2"),
  ])
  func words(_ sample: Case) { #expect(outline(sample.text) == sample.tree) }

  @Test(arguments: [
    ("a\nb", "a; b"), ("a; b;", "a; b"), ("a +\nb", "(+ a b)"), ("a\n+ b", "a; (+ b)"),
    ("a\n- b", "a; (- b)"), ("f\n(a)", "f; a"), ("x\n[0]", "x; (tensor 0)"),
    ("(a\n+ b)", "(+ a b)"), ("f(\na,\nb,\n)", "(call f a b)"),
    ("x\n  .f()\n  .g", "(. (call (. x f)) g)"),
    ("x\n\n# why\n|> f", "(|> x f)"), ("let x =\n1", "(let x 1)"), ("x =>\nx", "(fn ( x) {x})"),
    ("if a { 1 }\n\nelse { 2 }", "(if a {1} else {2})"),
    ("try { 1 }\ncatch e { 2 }", "(try {1} e {2})"),
    ("f(x => {\nlet y = x\n- y\n})", "(call f (fn ( x) {(let y x); (- y)}))"),
    ("return\n1", "(return); 1"), ("a and\nnot b", "(and a (not b))"),
    ("@f\nfn g() { 1 }", "(declare @f (fn g () {1}))"),
    ("let a = 1\n@ f\nfn g() { 1 }", "(let a 1); (declare @f (fn g () {1}))"),
    ("{ a\nb }", "{a; b}"), ("\n{\n    let x = 1\n}", "{(let x 1)}"),
  ])
  func lines(_ sample: Case) { #expect(outline(sample.text) == sample.tree) }

  @Test(arguments: [
    ("a + b * c - d", "(- (+ a (* b c)) d)"), ("a * b @ c / d", "(/ (@ (* a b) c) d)"),
    ("-x ** 2", "(- (** x 2))"), ("2 ** -1", "(** 2 (- 1))"), ("a ** b ** c", "(** a (** b c))"),
    ("2 ** -x ** 2", "(** 2 (- (** x 2)))"), ("-a.b(c)[d]", "(- (index (call (. a b) c) d))"),
    ("a // b % c", "(% (// a b) c)"), ("~a & b | c", "(| (& (~ a) b) c)"),
    ("0 < x <= 1 != y", "(compare 0 < x <= 1 != y)"), ("a in b", "(compare a in b)"),
    ("a not in b", "(compare a not in b)"), ("not a in b", "(not (compare a in b))"),
    ("not not a", "(not (not a))"), ("a or b and not c", "(or a (and b (not c)))"),
    ("a & b == c", "(compare (& a b) == c)"), ("x in 0..n + 1", "(compare x in (.. 0 (+ n 1)))"),
    ("0..len(ps) - 2:2", "(.. 0 (- (call len ps) 2) 2)"),
    ("x |> f(a) |> g", "(|> (|> x (call f a)) g)"), ("a or b |> f", "(|> (or a b) f)"),
    ("x |> y => y |> f", "(|> x (fn ( y) {(|> y f)}))"),
    ("f = x => x + 1", "(= f (fn ( x) {(+ x 1)}))"),
    ("a => b => a + b", "(fn ( a) {(fn ( b) {(+ a b)})})"),
    ("(a + b) * c", "(* (+ a b) c)"), ("a - -b", "(- a (- b))"), ("a - - -b", "(- a (- (- b)))"),
  ])
  func precedence(_ sample: Case) { #expect(outline(sample.text) == sample.tree) }

  @Test(arguments: [
    ("()", "(list)"), ("(x,)", "(list x)"), ("(1, \"a\", [2.0],)", "(list 1 \"a\" (tensor 2.0))"),
    ("(x)", "x"), ("(*xs, 1)", "(list *xs 1)"), ("[*xs, 1]", "(tensor *xs 1)"), ("[]", "(tensor)"),
    ("{}", "(record)"), ("{a}", "(record a:a)"), ("{w, b: 1,}", "(record w:w b:1)"),
    ("{\"any key\": 1}", "(record any key:1)"), ("{...r, b: 1}", "(record ...r b:1)"),
    ("{for: 1, test: 2}", "(record for:1 test:2)"), ("{ f(x) }", "{(call f x)}"),
    ("{ a + b }", "{(+ a b)}"), ("x => { a }", "(fn ( x) {a})"),
    ("x => ({a: x})", "(fn ( x) {(record a:x)})"), ("() => 1", "(fn () {1})"),
    ("(x, y=1, *rest, **more) => x", "(fn ( x y=1 *rest **more) {x})"),
    ("((a, b), {w}) => a", "(fn ( (list a b) (record w:w)) {a})"),
    ("fn(x) { x * x }", "(fn ( x) {(* x x)})"), ("fn(x) { x }(1)", "(call (fn ( x) {x}) 1)"),
    ("f(x, lr=0.1, from=2, *xs, **o)", "(call f x lr=0.1 from=2 *xs **o)"),
    ("list(e for v in xs if c)", "(list-of e for v xs if c)"),
    (
      "[i * j for i in a for (j, k) in b if i < j if k]",
      "(tensor-of (* i j) for i a for (list j k) b if (compare i < j) if k)"
    ),
    ("sum(x for x in xs)", "(call sum (list-of x for x xs))"),
    ("x[i]", "(index x i)"), ("x[1:3]", "(index x 1:3:)"), ("x[::2]", "(index x ::2)"),
    ("x[::-1]", "(index x ::(- 1))"), ("x[:, 0]", "(index x :: 0)"),
    ("x[:-1]", "(index x :(- 1):)"),
    ("x[..., -1]", "(index x ... (- 1))"), ("x[nil, a:b:c,]", "(index x nil a:b:c)"),
    ("x[0..10:2]", "(index x (.. 0 10 2))"), ("x.test.in", "(. (. x test) in)"),
    ("param(2.0)", "(call param 2.0)"), ("let model = test + from", "(let model (+ test from))"),
  ])
  func values(_ sample: Case) { #expect(outline(sample.text) == sample.tree) }

  @Test(arguments: [
    ("let (a, b) = pair", "(let (list a b) pair)"),
    ("let {w, b: c} = r", "(let (record w:w b:c) r)"),
    ("let (first, *rest) = xs", "(let (list first *rest) xs)"),
    ("let (train, test) = parts", "(let (list train test) parts)"),
    ("## A.\n##  B.\nlet x = 1", "(let ##A.\n B. x 1)"), ("## A.\n\nlet x = 1", "(let x 1)"),
    ("x = 1", "(= x 1)"), ("x[i] = v", "(= (index x i) v)"), ("r.w = v", "(= (. r w) v)"),
    ("(a, b) = (b, a)", "(= (list a b) (list b a))"), ("x += 1", "(+= x 1)"),
    ("a.b **= 2", "(**= (. a b) 2)"), ("w @= m", "(@= w m)"), ("x //= 2", "(//= x 2)"),
    ("for i in 0..5 { f(i) }", "(for i (.. 0 5) {(call f i)})"),
    ("for (k, v) in r { }", "(for (list k v) r {})"),
    ("for x in {a: 1} { x }", "(for x (record a:1) {x})"),
    ("while x < 1 { break; continue }", "(while (compare x < 1) {break; continue})"),
    ("if a { b } else if c { d } else { e }", "(if a {b} c {d} else {e})"),
    ("let x = if a { b } else { c } + 1", "(let x (+ (if a {b} else {c}) 1))"),
    ("with no_grad, seed(0) { x }", "(with no_grad (call seed 0) {x})"),
    ("throw \"a\"", "(throw \"a\")"), ("assert a == b, \"m\"", "(assert (compare a == b) \"m\")"),
    ("test \"t\" { x }", "(test t {x})"), ("test(1)", "(call test 1)"), ("test = 2", "(= test 2)"),
    ("import nn", "(import nn nn)"), ("import nn as n", "(import nn n)"),
    ("import \"lib/tasks.mos\" as tasks", "(import file:lib/tasks.mos tasks)"),
    ("from nn import Linear, MLP as Net", "(from nn Linear:Linear MLP:Net)"),
    (
      "fn f(x: f64[n, d], w: [d, 3], k: Float = 1.0, ...) { x }",
      "error: expected a name, found ..."
    ),
    (
      "fn f(x: f64[n, 3], y: [..., d], k: Float=1.0) -> [n] { x }",
      "(declare (fn f ( x:f64[n 3] y:[... d] k:Float=1.0) ->[n] {x}))"
    ),
    ("## Doc.\n@a(b)\n@c\nfn f() { 1 }", "(declare @(call a b) @c (fn ##Doc. f () {1}))"),
    (
      "## Doc.\nmodel M(a, b=1) {\n  ## Weight.\n  param w = a\n  buffer n = 0\n  let l = ()\n"
        + "  @checkpoint\n  fn forward(x) { self.n += 1; w * x }\n}",
      "(model ##Doc. M ( a b=1) (param ##Weight. w a) (buffer n 0) (let l (list)) "
        + "(method @checkpoint (fn forward ( x) {(+= (. self n) 1); (* w x)})))"
    ),
    ("extract net", "(extract net)"),
    ("extract net, optim as start", "(extract net optim as:start)"),
    ("let s = extract net, optim by copy", "(let s (extract net optim by:copy))"),
    ("extract a by copy as s", "(extract a by:copy as:s)"),
    ("extract session as s", "(extract session as:s)"),
    ("extract (a, b), c by deepcopy", "(extract (list a b) c by:deepcopy)"),
    ("extract(net)", "(call extract net)"), ("f((extract net), 1)", "(call f (extract net) 1)"),
    ("recover net, optim from start", "(recover net optim from:start)"),
    ("recover session from s.t", "(recover session from:(. s t))"),
    ("extract self.layers[0]", "(extract (index (. self layers) 0))"),
    ("let by = as + from", "(let by (+ as from))"),
  ])
  func statements(_ sample: Case) { #expect(outline(sample.text) == sample.tree) }

  @Test(arguments: [
    "f(", "[1, 2", "{a: 1,", "if a {", "fn f(x) {\n  x", "1 +", "let x =", "x =>", "a and", "f(1,",
    "\"\"\"a\nb", "@checkpoint", "try { x }", "\"\"\"{f(", "model M {", "x |>", "0..", "not",
  ])
  func `a text that promises more is incomplete`(_ text: String) {
    #expect(parse(Source(name: "test", text: text)).isIncomplete)
  }

  @Test(arguments: [
    "", "1", "f(1)", "\"abc", "f(]", "if a { b }", "let", "let x", "1 + )", "x = = 1\nf(", "\"{x",
    "if a", "# only a comment", "import",
  ])
  func `a whole or broken text is not incomplete`(_ text: String) {
    #expect(!parse(Source(name: "test", text: text)).isIncomplete)
  }
}
