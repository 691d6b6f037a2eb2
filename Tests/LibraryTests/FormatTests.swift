// The form of programs: what changes, that formatting again changes nothing, and that no tree changes.

import Language
import Library
import Syntax
import TestSupport
import Testing

@Suite struct `The form of programs` {
  private func formatted(_ text: String) throws -> String {
    try format(Source(name: "program.mos", text: text))
  }

  @Test(arguments: [
    ("let   x=1+2 *3", "let x = 1 + 2 * 3"),
    ("fn f ( x,y = 2 ,*rest )->[n]{x+ y}", "fn f(x, y=2, *rest) -> [n] { x + y }"),
    ("f( x , lr = 3 )", "f(x, lr=3)"),
    ("x [ 1 : 2 ][ : , 0 ]", "x[1:2][:, 0]"),
    ("let r={a:1,\"b\" :2,...s}", "let r = {a: 1, \"b\": 2, ...s}"),
    ("if x==1{y}else{- 1}", "if x == 1 { y } else { -1 }"),
    ("for i in 0 .. 10 : 2 { print( i ) }", "for i in 0..10:2 { print(i) }"),
    ("let g=x=>x**- 1", "let g = x => x ** -1"),
    ("a|>f( 1 )|>g", "a |> f(1) |> g"),
    ("not x and- y", "not x and -y"),
    ("x+=1;y=2 ;z", "x += 1; y = 2; z"),
    ("f( * xs,** options )", "f(*xs, **options)"),
    ("let( a,*b )=c", "let (a, *b) = c"),
    ("print( \"{x+1} {  y }\" )", "print(\"{x+1} {  y }\")"),
    ("@ vmap\nfn f(x:f64[n , d],w:[...,3]){x}", "@vmap\nfn f(x: f64[n, d], w: [..., 3]) { x }"),
    ("with no_grad,seed( 0 ){ }", "with no_grad, seed(0) { }"),
    ("try{f()}catch e{e}", "try { f() } catch e { e }"),
    ("let f=( x )=>({a:x})", "let f = (x) => ({a: x})"),
    ("(1 ,)", "(1,)"), ("x . shape [ 0 ]", "x.shape[0]"), ("- -x + 1", "- -x + 1"),
    ("1. .foo", "1. .foo"), ("x not  in xs", "x not in xs"), ("~ mask&( x>0 )", "~mask & (x > 0)"),
    ("extract (x, y) as s", "extract (x, y) as s"), ("extract(x)", "extract(x)"),
  ])
  func `words of a line stand as in the language's page`(_ text: String, _ wanted: String) throws {
    #expect(try formatted(text) == wanted + "\n")
  }

  @Test(arguments: [
    // Blocks, four columns deep.
    ("if a {\nb\n} else {\n        c\n}", "if a {\n    b\n} else {\n    c\n}"),
    // A statement that goes on.
    ("let x = a +\nb\n|> f", "let x = a +\n    b\n    |> f"),
    ("x\n.f()\n.g(y => {\ny\n})", "x\n    .f()\n    .g(y => {\n        y\n    })"),
    // Brackets that end a line, and brackets that do not.
    ("f(\na,\n  b\n  )", "f(\n    a,\n    b\n)"),
    ("f(a,\n  b)", "f(a,\n  b)"), ("let m = [[1, 2],\n [3, 4]]", "let m = [[1, 2],\n    [3, 4]]"),
    ("let m=[[1, 2],\n       [3, 4]]", "let m = [[1, 2],\n         [3, 4]]"),
    ("f([1\n, 2])", "f([1\n    , 2])"),
    // The body of a head of several lines.
    ("if a and\nb {\nc\n}", "if a and\n    b {\n    c\n}"),
    ("for d in (\n1, 2,\n) {\nd\n}", "for d in (\n    1, 2,\n) {\n    d\n}"),
    // Blank lines, and comments of their own.
    ("\n\na\n\n\n\nb\n\n", "a\n\nb\n"), ("a\n  # why\nb", "a\n# why\nb"),
    ("{\na\n# last\n}", "{\n    a\n    # last\n}"), ("a\r\nb\r\n", "a\nb"),
    // Margins keep their column, and move together where they must.
    ("a      # one\nbcd    # two", "a      # one\nbcd    # two"),
    ("a=1    # one\nbcd    # two", "a = 1    # one\nbcd      # two"),
    ("a   # one\n    # more", "a   # one\n    # more"), ("a# b", "a  # b"),
    // Carets stay below what they underline.
    (
      "let z=w+zeros( 5 )\n#     ^^^^^^^^^^^^ expect error: no",
      "let z = w + zeros(5)\n#       ^^^^^^^^^^^^ expect error: no"
    ),
    ("#!/usr/bin/env mos\nx", "#!/usr/bin/env mos\nx"), ("", ""),
    ("let t = \"\"\"a\n  b\n\"\"\"   # c", "let t = \"\"\"a\n  b\n\"\"\"   # c"),
  ])
  func `lines begin where their brackets ask`(_ text: String, _ wanted: String) throws {
    let result = try formatted(text)
    let expected = wanted.isEmpty || wanted.hasSuffix("\n") ? wanted : wanted + "\n"
    #expect(result == expected)
    #expect(try formatted(result) == result)
  }

  @Test func `what does not parse is left alone`() {
    #expect(throws: FormatError.self) { try formatted("let x = (1") }
  }

  /// The trees are compared by `format` itself.
  @Test func `every program of this repository is formatted in one go`() throws {
    let folders = [
      "examples", "stdlib", "Tests/Scripts", "Tests/Checks", "Tests/Fuzz/Crashes",
      "../shared/conformance",
    ]
    var texts = folders.flatMap { Files.find(under: Files.root + "/" + $0, endingIn: ".mos") }
      .compactMap(Files.read)
    for page in Page.all { texts += page.blocks.filter { $0.kind == "mos" }.map(\.text) }
    var count = 0
    for text in texts {
      do {
        let once = try formatted(text)
        #expect(try formatted(once) == once)
        count += 1
      } catch FormatError.mistakes {}
    }
    #expect(count > 650)
  }

  @Test func `the standard library, the examples and the pages have the form`() throws {
    for folder in ["examples", "stdlib"] {
      for path in Files.find(under: Files.root + "/" + folder, endingIn: ".mos") {
        let text = try #require(Files.read(path))
        #expect(try formatted(text) == text, "\(path)")
      }
    }
    for page in Page.all {
      #expect(try format(page: page) == Files.read(page.path), "\(page.path)")
    }
  }
}
