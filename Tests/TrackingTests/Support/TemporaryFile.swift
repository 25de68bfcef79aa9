import Foundation

/// A file that lives as long as the value.
struct TemporaryFile: ~Copyable {
    let path: String

    init(_ octets: [UInt8]) throws {
        let folder = FileManager.default.temporaryDirectory
        let url = folder.appendingPathComponent("synopsis-test-\(UUID().uuidString).pcap")
        try Data(octets).write(to: url)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
