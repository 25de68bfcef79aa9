import CBuild
import CLZ4
import CPcap
import CZlib
import CZstd
import Glibc
import Reporting

/// What this program is, and which libraries it runs with.
enum Version {
    /// Name, version and commit, then the libraries.
    static var text: String {
        let commit = unsafe synopsis_commit_if_known().map {
            " (commit \(unsafe String(cString: $0)))"
        }
        let libraries = unsafe [
            String(cString: pcap_lib_version()),
            "zlib \(String(cString: zlibVersion()))",
            "zstd \(String(cString: ZSTD_versionString()))",
            "lz4 \(String(cString: LZ4_versionString()))",
            "glibc \(String(cString: gnu_get_libc_version()))",
        ]
        return """
            synopsis \(Report.toolVersion)\(commit ?? "")
            \(libraries.joined(separator: ", "))
            """
    }
}
