import Mos

/// What stands in for a real house: programs see its thermometer, its clock and its heater.
final class House: MosObject {
  private(set) var hour = 0
  private(set) var temperature = 15.0

  /// An hour passes with the heater at some kilowatts.
  func heat(_ power: Double) throws {
    guard (0...5).contains(power) else { throw HeaterError(power: power) }
    temperature += 0.8 * power - 0.12 * (temperature - House.outside(hour))
    hour += 1
  }

  /// The weather: warmest, 9 degrees, in the afternoon.
  static func outside(_ hour: Int) -> Double { 9 - Double(abs(hour % 24 - 14)) / 2 }
}

/// The heater has no such power.
struct HeaterError: Error, CustomStringConvertible {
  let power: Double
  var description: String { "the heater gives 0 to 5 kW, not \(power)" }
}
