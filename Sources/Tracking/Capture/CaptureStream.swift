import Glibc

/// An open input: a file, a pipe or standard input.
struct CaptureStream: ~Copyable {
    let name: String
    let descriptor: Int32
    /// In octets, `nil` for a pipe.
    let size: UInt64?

    /// Opens the file at `path`, or standard input for `-`.
    init(path: String) throws(CaptureError) {
        let opened = unsafe path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw CaptureError(input: path, reason: Self.complaint(errno)) }
        var status = stat()
        let isKnown = unsafe fstat(opened, &status) == 0
        guard !isKnown || status.st_mode & S_IFMT != S_IFDIR else {
            close(opened)
            throw CaptureError(input: path, reason: "is a directory, not a capture file")
        }
        let isFile = isKnown && status.st_mode & S_IFMT == S_IFREG
        name = path
        descriptor = opened
        size = isFile ? UInt64(clamping: status.st_size) : nil
    }

    deinit {
        close(descriptor)
    }

    /// Reads what is there, up to the length of `octets`, and waits if there is nothing yet.
    ///
    /// - Returns: how many octets, 0 at the end or where the reading is interrupted; below 0 the
    ///   error's number, negated.
    static func read(_ descriptor: Int32, into octets: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            guard Interruption.admitsReading(of: descriptor) else { return 0 }
            let got = unsafe Glibc.read(descriptor, octets.baseAddress, octets.count)
            if got >= 0 { return got }
            if errno != EINTR { return -Int(errno) }
        }
    }

    /// The same from an offset on, wherever the file was read before.
    static func read(
        _ descriptor: Int32,
        at offset: UInt64,
        into octets: UnsafeMutableRawBufferPointer
    ) -> Int {
        while true {
            guard Interruption.admitsReading else { return 0 }
            let got = unsafe pread(
                descriptor,
                octets.baseAddress,
                octets.count,
                off_t(clamping: offset)
            )
            if got >= 0 { return got }
            if errno != EINTR { return -Int(errno) }
        }
    }

    /// What the operating system says of an error.
    static func complaint(_ number: Int32) -> String {
        unsafe String(cString: strerror(number))
    }
}
