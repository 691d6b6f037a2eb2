// A thermostat whose model is a program of Mos: `model.mos` is fitted to a day's measurements and keeps a
// house warm. The host gives it a function, an object and limits, and shows its mistakes as an editor would.

import Mos

// Twenty seconds and 100 MB are enough for a run. What programs print appears; warnings come as data.
let mos = Interpreter(
  limits: Limits(seconds: 20, memory: 100 << 20, output: 10_000),
  notices: { print("warning: \($0.message), line \($0.place?.line ?? 0)") })

mos.define("outside(hour)", "The temperature outside.") { (hour: Int) in House.outside(hour) }
mos.register(House.self, "A house with a heater.") {
  Method("heat(power)", "Lets an hour pass.") { (house: House, power: Double) in
    try house.heat(power)
  }
  Field("temperature", "Inside, in degrees.") { (house: House) in house.temperature }
  Field("hour", "Since midnight of the first day.") { (house: House) in house.hour }
}

// A day of measurements: the heater's powers, and a thermometer with steps of a tenth of a degree.
let house = House()
let powers = (0..<24).map { Double($0 * 7 % 5) }
var temperatures = [house.temperature]
for power in powers {
  try house.heat(power)
  temperatures.append((house.temperature * 10).rounded() / 10)
}

/// What the program's `fit` gives.
struct Fit: Codable, MosConvertible {
  var loss: Double
  var gain: Double
  var misfit: Double
}

do {
  let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
  try mos.run(contentsOf: folder + "/model.mos")
  let untrained = try mos.extract("home", "optimizer")

  let fit: Fit = try mos.call("fit", temperatures, powers)
  print("fitted: loses \(shown(fit.loss)) of the difference, gains \(shown(fit.gain)) a kilowatt")
  let trained = try mos.extract("home", "optimizer")

  // State is a value: back to the beginning, some steps only, and forth again.
  try mos.recover("home", "optimizer", from: untrained)
  let function = try mos.function("fit")
  let hasty: Fit = try function(temperatures, powers, steps: 5)
  print("after 5 steps the misfit is \(hasty.misfit > fit.misfit ? "larger" : "smaller")")
  try mos.recover("home", "optimizer", from: trained)

  try mos.call("keep", house, 20.0, 24)
} catch {
  print(error)
}

// What somebody types, mistakes and all.
tryOut(mos, "print(\"sensitivity:\", grad(t => home.gain)(18.0))")
tryOut(mos, "let t = house.temperature\nprint(hom.power_for(20.0, t, 8))")
mos["house"] = house
tryOut(mos, "let comfort = home.power_for(20.0, [18.0, 19.0, 20.0], 8) + zeros(2)")
tryOut(mos, "house.heat(9.0)")
tryOut(mos, "while true { house.temperature }", limits: Limits(instructions: 100_000))
tryOut(mos, "write_text(\"/tmp/log\", \"warm\")")

/// Three digits.
func shown(_ number: Double) -> String { "\((number * 1000).rounded() / 1000)" }
