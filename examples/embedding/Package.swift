// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "thermostat",
  dependencies: [.package(name: "mos", path: "../..")],
  targets: [
    .executableTarget(name: "Thermostat", dependencies: [.product(name: "Mos", package: "mos")])
  ])
