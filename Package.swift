// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
//
// The map of the project. Targets are listed so that each one imports only targets above it.
// `trusted` marks what a reader must believe in order to believe a certificate.
import PackageDescription

let common: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let trusted: [SwiftSetting] = common + [.strictMemorySafety()]

/// Debug builds compile C without optimisation, which would make the numeric tests fifty times slower.
let fastC: [CSetting] = [.unsafeFlags(["-O3"], .when(configuration: .debug))]

func trustedTarget(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: trusted)
}

func target(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: common)
}

/// A target of the prover with inner loops over class-owned buffers: no dynamic exclusivity checks in release builds.
func hotTarget(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(
    name: name, dependencies: dependencies,
    swiftSettings: common + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))])
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies, resources: resources,
    swiftSettings: common)
}

let package = Package(
  name: "axcert",
  products: [
    .executable(name: "axcert", targets: ["axcert"]),
    .executable(name: "axcheck", targets: ["axcheck"]),
    .library(name: "Pipeline", targets: ["Pipeline"]),
    .library(name: "Checker", targets: ["Checker"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
  ],
  targets: [
    // Trusted base: no third-party package, nothing of the prover.
    .target(name: "CDirected", cSettings: fastC),
    trustedTarget("Exact", ["CDirected"]),
    trustedTarget("Graph", ["Exact"]),
    trustedTarget("ONNX", ["Exact", "Graph"]),
    trustedTarget("Properties", ["Exact", "Graph"]),
    trustedTarget("CertificateFormat", ["Exact", "Graph"]),
    trustedTarget("Checker", ["CDirected", "Exact", "Graph", "ONNX", "Properties", "CertificateFormat"]),
    .executableTarget(
      name: "axcheck", dependencies: ["Checker", "CertificateFormat", "Exact", "Properties"], swiftSettings: trusted),

    // The prover and everything around it.
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CKernels", cSettings: fastC),
    hotTarget("Compute", ["CKernels"]),
    hotTarget("Program", ["Compute", "Graph", "Exact"]),
    hotTarget("Inference", ["Compute", "Program", "Graph"]),
    .target(name: "CBounds", cSettings: fastC),
    hotTarget("Bounds", ["CBounds", "Compute", "Program"]),
    hotTarget("Search", ["Bounds", "Compute", "Inference", "Program", "CertificateFormat", "Properties", "Exact", "Graph"]),
    target("Requirements", ["Properties", "Exact", .product(name: "Yams", package: "Yams")]),
    target("Attestation", ["COpenSSL"]),
    target("Store", [.product(name: "GRDB", package: "GRDB.swift"), "Attestation"]),
    target(
      "Pipeline",
      [
        "Exact", "Graph", "ONNX", "Properties", "CertificateFormat", "Checker", "Program", "Inference", "Bounds",
        "Search", "Requirements", "Attestation", "Store", "Compute",
      ]),
    .executableTarget(
      name: "axcert",
      dependencies: [
        "Pipeline", "Requirements", "Attestation", "Store",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: common),

    tests("Exact", []),
    tests("Graph", ["Exact"]),
    tests("ONNX", ["Graph", "Exact"], resources: [.copy("Fixtures")]),
    tests("Properties", ["Exact"]),
    tests("CertificateFormat", ["Exact", "Graph"]),
    tests("Checker", ["CertificateFormat", "ONNX", "Properties", "Graph", "Exact", "CDirected"]),
    tests("Compute", ["CKernels"]),
    tests("Program", ["Compute", "Graph", "ONNX"]),
    tests("Inference", ["Program", "Compute", "Graph", "ONNX"]),
    tests("Bounds", ["Program", "Compute", "Inference", "Graph", "ONNX"]),
    tests("Search", ["Program", "Bounds", "Checker", "Properties", "CertificateFormat", "Graph", "Exact"]),
    tests("Requirements", ["Properties", "Exact"]),
    tests("Attestation", ["COpenSSL"]),
    tests("Store", ["Attestation"]),
    tests(
      "Pipeline",
      ["Checker", "CertificateFormat", "Requirements", "Properties", "Graph", "Search", "Store", "Attestation"]),
  ],
  swiftLanguageModes: [.v6]
)
