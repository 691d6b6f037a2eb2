// Swift values in programs and back.

import Foundation
import Mos
import Testing

private struct Fit: Codable, MosConvertible, Equatable {
  var loss: Double
  var weights: [[Float]]
  var name: String?
  var steps = 3
}

private enum Mode: String, Codable, MosConvertible { case train, test }
private enum Level: Int, MosConvertible { case low, high }
private enum Event: Codable, MosConvertible, Equatable { case start, step(Int) }

private struct Run: Codable, MosConvertible, Equatable {
  var fits: [Fit]
  var mode: Mode
  var event: Event
  var table: [String: Double]
  var weight: Tensor
  static func == (a: Run, b: Run) -> Bool {
    a.fits == b.fits && a.mode == b.mode && a.event == b.event && a.table == b.table
      && a.weight.description == b.weight.description
  }
}

@Suite struct ConversionTests {
  private let mos = Interpreter()

  private func shown(_ value: some MosConvertible) throws -> String {
    try mos.set("v", to: value)
    return try mos.evaluate("\"{v} {type(v)}\"")
  }

  @Test func `plain values`() throws {
    #expect(try shown(3) == "3 Int")
    #expect(try shown(3.5) == "3.5 Float")
    #expect(try shown(true) == "true Bool")
    #expect(try shown("é") == "é String")
    #expect(try shown(Int?.none) == "nil nil")
    #expect(try shown(Mode.test) == "test String")
    #expect(try shown(Level.high) == "1 Int")
    #expect(try shown(["b": 1, "a": 2]) == "{a: 2, b: 1} Record")
  }

  @Test func `arrays of numbers are tensors where they have one shape`() throws {
    #expect(try shown([1.0, 2.0]) == "[1.0, 2.0] Tensor")
    #expect(try shown([[1, 2], [3, 4]]).hasSuffix("Tensor"))
    #expect(try mos.evaluate("str(v.dtype)") == "i64")
    #expect(try shown([Float(1.5)]) == "[1.5] Tensor")
    #expect(try mos.evaluate("str(v.dtype)") == "f32")
    #expect(try shown([true, false]) == "[true, false] Tensor")
    #expect(try shown([[1.0], [2.0, 3.0]]) == "([1.0], [2.0, 3.0]) List")
    #expect(try shown(["a", "b"]) == "(\"a\", \"b\") List")
    #expect(try shown([Double]()) == "[] Tensor")
    #expect(try shown([[Double]]()).hasSuffix("Tensor"))
    #expect(try shown([Int?.some(1), nil]) == "(1, nil) List")
  }

  @Test func `values come back as what they are asked for`() throws {
    #expect(try mos.evaluate("[1.0, 2.0]") == [1.0, 2.0])
    #expect(try mos.evaluate("(1, 2.5)") == [1.0, 2.5])
    #expect(try mos.evaluate("0..4") == [0, 1, 2, 3])
    #expect(try mos.evaluate("[[1, 2], [3, 4]]") == [[1, 2], [3, 4]])
    #expect(try mos.evaluate("[[1, 2], [3, 4]]", as: [[Float]].self) == [[1, 2], [3, 4]])
    #expect(try mos.evaluate("[true, false]") == [true, false])
    #expect(try mos.evaluate("{a: 1, b: 2}") == ["a": 1, "b": 2])
    #expect(try mos.evaluate("nil", as: Int?.self) == nil)
    #expect(try mos.evaluate("param(2.5)") == 2.5)
    #expect(try mos.evaluate("param([2.5, 1.0])") == [2.5, 1.0])
    #expect(try mos.evaluate("sum([1, 2])") == 3)
    #expect(try mos.evaluate("\"train\"", as: Mode.self) == .train)
    #expect(try mos.evaluate("let p = param(2.0); p * p") == 4.0)
  }

  @Test(arguments: [
    ("2.5", "expected an Int, found the Float 2.5"),
    ("[1.0, 2.0]", "expected an Int, found "),
    ("\"a\"", "expected an Int, found "),
    ("1e400", "expected an Int, found "),
  ])
  func `a number that is no Int is none`(program: String, message: String) throws {
    let error = #expect(throws: MosError.self) { try mos.evaluate(program, as: Int.self) }
    #expect(error?.kind == "type")
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
  }

  @Test func `a failure says where`() throws {
    let error = #expect(throws: MosError.self) {
      try mos.evaluate(
        "{fits: ({loss: 1.0, weights: [[1.0]], steps: \"x\"},), mode: \"train\"}", as: Run.self)
    }
    #expect(error?.message == "expected an Int at `.fits[0].steps`, found the String \"x\"")
    let missing = #expect(throws: MosError.self) { try mos.evaluate("{a: 1}", as: Fit.self) }
    #expect(missing?.message.contains("`loss`") == true)
    let deep = #expect(throws: MosError.self) {
      try mos.evaluate("{a: (1, {b: \"c\"})}", as: [String: [[String: Int]]].self)
    }
    #expect(deep?.message.contains("`.a[0]`") == true)
  }

  @Test func `what is codable is a record, there and back`() throws {
    let run = Run(
      fits: [Fit(loss: 0.5, weights: [[1, 2], [3, 4]], name: "a"), Fit(loss: 1, weights: [])],
      mode: .train, event: .step(4), table: ["x": 1.5], weight: Tensor([1.0, 2.0]))
    try mos.set("run", to: run)
    #expect(try mos.evaluate("run.fits[0].weights.shape") == [2, 2])
    #expect(try mos.evaluate("run.fits[0].loss") == 0.5)
    #expect(try mos.get("run", as: Run.self) == run)
    struct Plain: Decodable { var loss: Double }
    #expect(try mos.run("{loss: 2.0}").decode(Plain.self).loss == 2)
  }

  @Test func `numbers of every width are encoded, and what is out of range is an error`() throws {
    struct Widths: Codable, MosConvertible, Equatable {
      var a: UInt8 = 255
      var b: Int64 = -3
      var c: UInt = 7
      var d: [[Int16]] = [[1], [2]]
      var e: [UInt8: Float]? = [4: 0.5]
      var data = Data([1, 2])
    }
    try mos.set("v", to: Widths())
    #expect(try mos.evaluate("v.a + v.b + v.c + v.data[1]") == 261)
    #expect(try mos.get("v", as: Widths.self) == Widths())
    let small = #expect(throws: MosError.self) {
      try mos.run("{...v, a: 256}").decode(Widths.self)
    }
    #expect(small?.message == "expected a number that UInt8 has at `.a`, found the Int 256")
    #expect(
      #expect(throws: MosError.self) { try mos.set("v", to: Widths(c: .max)) }?.kind == "type")
  }

  @Test func `a value deeper than the stack is a limit error where a type follows it`() throws {
    final class Chain: Decodable {
      var next: Chain?
    }
    let chain = try mos.run("let v = {next: nil}\nfor i in 0..100_000 { v = {next: v} }\nv")
    #expect(#expect(throws: MosError.self) { try chain.decode(Chain.self) }?.kind == "limit")
    #expect(try mos.run("{next: {next: nil}}").decode(Chain.self).next != nil)
  }

  @Test func `a model's fields are decoded`() throws {
    struct Net: Decodable { var w: [Double]; var b: Double }
    let net = try mos.run("model Net() { param w = ones(2); param b = 0.5 }\nNet()")
    let decoded = try net.decode(Net.self)
    #expect(decoded.w == [1, 1])
    #expect(decoded.b == 0.5)
    #expect(try net["b"]?.as(Double.self) == 0.5)
  }

  @Test func `tensors are encoded`() throws {
    for tensor in [
      Tensor([1.5, 2]), Tensor([Float(1)]), Tensor([[1, 2], [3, 4]] as [[Int]]),
      Tensor([true] as [Bool]),
    ] {
      let data = try JSONEncoder().encode(tensor)
      let back = try JSONDecoder().decode(Tensor.self, from: data)
      #expect(back.description == tensor.description)
      #expect(back.dtype == tensor.dtype)
    }
    #expect(throws: (any Error).self) {
      try JSONDecoder().decode(
        Tensor.self, from: Data(#"{"dtype":"f64","shape":[3],"elements":[1]}"#.utf8))
    }
  }

  @Test func `a large tensor is not copied`() throws {
    let tensor = try Tensor(shape: [1000], of: Double.self) { span in
      for i in 0..<1000 { span.append(Double(i)) }
    }
    try mos.set("x", to: tensor)
    let back: Tensor = try mos.get("x")
    try tensor.withElements(as: Double.self) { first in
      try back.withElements(as: Double.self) { second in
        first.withUnsafeBufferPointer { first in
          second.withUnsafeBufferPointer { second in
            #expect(first.baseAddress == second.baseAddress)
          }
        }
      }
    }
  }
}
