// swift-tools-version:5.5
import PackageDescription

let package = Package(
    name: "ImsiteClient",
    platforms: [.iOS(.v12), .macOS(.v10_13)],
    products: [.library(name: "ImsiteClient", targets: ["ImsiteClient"])],
    targets: [.target(name: "ImsiteClient", path: "Sources/ImsiteClient")]
)
