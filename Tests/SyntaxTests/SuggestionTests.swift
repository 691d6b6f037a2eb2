import Syntax
import Testing

@Suite struct SuggestionTests {
  private static let names = ["mse_loss", "mae_loss", "relu", "reshape", "zeros", "sum", "x"]

  @Test(
    arguments: [
      ("mse_Loss", "mse_loss"), ("rleu", "relu"), ("reshpae", "reshape"), ("zero", "zeros"),
      ("sun", "sum"), ("su", nil), ("y", nil), ("gradient", nil), ("relu", nil),
    ] as [(String, String?)])
  func nearest(_ sample: (name: String, found: String?)) {
    #expect(Suggestion.nearest(to: sample.name, among: Self.names) == sample.found)
  }
}
