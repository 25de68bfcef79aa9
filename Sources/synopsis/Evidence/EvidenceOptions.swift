import ArgumentParser
import Glibc
import Reporting
import Tracking

/// Evidence to hand over: a capture with the diagnosis in it, and reports without names.
struct EvidenceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write the packets of the incidents to this pcapng file, with what each proves in its comments.",
            valueName: "file"
        )
    )
    var annotate: String?

    @Flag(help: "With --annotate, write every packet.")
    var annotateAll = false

    @Flag(help: "Replace addresses, and names of hosts, files and interfaces, in all outputs.")
    var anonymise = false

    @OptionGroup var secret: AnonymityKeyOptions

    @Flag(help: "With --anonymise, keep the lines of logs, which may hold names.")
    var logKeep = false

    func validate() throws {
        if annotateAll, annotate == nil {
            throw ValidationError("--annotate-all adds to --annotate, which names the file.")
        }
        if !anonymise, secret.anonymiseKey != nil {
            throw ValidationError("--anonymise-key is for --anonymise.")
        }
        if logKeep, !anonymise { throw ValidationError("--log-keep is for --anonymise.") }
    }

    /// Whether the capture must be read twice.
    var readsAgain: Bool { annotate != nil }

    /// The key, if addresses and names are to be replaced.
    ///
    /// - Throws: when its file is not usable, which is said.
    func key() throws(ExitStatus) -> AnonymityKey? { anonymise ? try secret.key() : nil }

    /// The file that is to be annotated.
    ///
    /// - Throws: when it must not be written, or an input cannot be read twice, which is said.
    func file(beside inputs: [String], isForced: Bool) throws(ExitStatus) -> OutputFile? {
        guard let annotate else { return nil }
        for input in inputs {
            var status = stat()
            let isThere = unsafe stat(input, &status) == 0
            if input == "-" || isThere && status.st_mode & S_IFMT != S_IFREG {
                let name: ShownText = input == "-" ? "standard input" : "\(foreign: input)"
                Output.error(
                    "synopsis: \(name): cannot be read twice, as --annotate must; save it to a file first\n"
                )
                throw ExitStatus(code: Program.failure)
            }
        }
        return try Output.file(annotate, beside: inputs, isForced: isForced)
    }
}

/// Where the key of an anonymised output is.
struct AnonymityKeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Replace by the key in this file, which is made if it does not exist: the same key gives the same names.",
            valueName: "file"
        )
    )
    var anonymiseKey: String?

    /// The key in the file, which is made where there is none; a random one without a file.
    ///
    /// - Throws: when the file cannot be read or made, or holds no key, which is said.
    func key() throws(ExitStatus) -> AnonymityKey {
        guard let path = anonymiseKey else { return .random() }
        let flags = O_RDONLY | O_CLOEXEC | O_NOCTTY
        let descriptor = unsafe open(path, flags)
        if descriptor < 0, errno == ENOENT { return try Self.make(path) }
        guard descriptor >= 0 else { throw Self.complaint(about: path, errno) }
        defer { close(descriptor) }
        var octets = [UInt8](repeating: 0, count: 256)
        let count = unsafe read(descriptor, &octets, octets.count)
        guard count >= 0 else { throw Self.complaint(about: path, errno) }
        let text = String(decoding: octets.prefix(count), as: UTF8.self)
        guard let key = AnonymityKey(text) else {
            Output.error(
                "synopsis: \(foreign: path): is not a key: expected 32 hexadecimal digits\n"
            )
            throw ExitStatus(code: Program.failure)
        }
        return key
    }

    private static func make(_ path: String) throws(ExitStatus) -> AnonymityKey {
        let key = AnonymityKey.random()
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = unsafe open(path, flags, 0o600)
        guard descriptor >= 0 else { throw Output.complaint(about: path, errno) }
        defer { close(descriptor) }
        guard Output.write(Array("\(key.text)\n".utf8), to: descriptor), fsync(descriptor) == 0
        else {
            let complaint = Output.complaint(about: path, errno)
            _ = unsafe unlink(path)
            throw complaint
        }
        return key
    }

    private static func complaint(about path: String, _ error: Int32) -> ExitStatus {
        let reason = unsafe String(cString: strerror(error))
        Output.error("synopsis: \(foreign: path): cannot be read: \(foreign: reason)\n")
        return ExitStatus(code: Program.failure)
    }
}
