import Tracking

/// Names of remote programs by number, as administrators say them (IANA's rpc-program-numbers).
enum RPCProgram {
    private static let names: [UInt32: String] = [
        100_000: "portmapper", 100_001: "rstatd", 100_002: "rusersd", 100_003: "NFS",
        100_004: "ypserv", 100_005: "mountd", 100_007: "ypbind", 100_008: "walld",
        100_009: "yppasswdd", 100_010: "etherstatd", 100_011: "rquotad", 100_012: "sprayd",
        100_017: "rexd", 100_020: "llockmgr", 100_021: "NLM", 100_023: "statmon", 100_024: "statd",
        100_026: "bootparamd", 100_028: "ypupdated", 100_029: "keyserv", 100_068: "cmsd",
        100_069: "ypxfrd", 100_083: "ttdbserverd", 100_099: "autofs", 100_133: "nsm_addrand",
        100_155: "smserverd", 100_227: "nfs_acl", 100_229: "metad", 100_230: "metamhd",
        100_300: "nisd", 100_303: "nispasswdd", 150_001: "pcnfsd", 300_019: "amd",
        391_002: "fam", 1_073_741_824: "NFS callback",
    ]

    static func name(_ program: UInt32) -> String? { names[program] }

    /// What programs are whose names say little.
    static let explanations: [UInt32: String] = [
        100_021: "NFS lock manager", 100_024: "NFS status monitor", 100_005: "NFS mount service",
        100_011: "quota service",
    ]
}

extension RPCService {
    /// `NLM`, or `RPC program 200001` for one without a name here.
    package var programName: String { RPCProgram.name(program) ?? "RPC program \(program)" }

    /// `NLM v4`.
    package var name: String { "\(programName) v\(version)" }

    /// `NFS lock manager`; `nil` where the name says it.
    var explanation: String? { RPCProgram.explanations[program] }

    /// `NLM v4 over TCP`.
    var nameWithTransport: String { transport.map { "\(name) over \($0.name)" } ?? name }

    /// `NLM(100021)`, as packet analysers print it.
    var code: String { "\(RPCProgram.name(program) ?? "")(\(program))" }
}
