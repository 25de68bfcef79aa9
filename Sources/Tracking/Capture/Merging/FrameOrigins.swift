/// Which file each frame of several came from, and its number there.
///
/// Kept as runs of frames of one file; files that do not overlap in time have one each.
package struct FrameOrigins: Hashable, Sendable {
    private struct Run: Hashable, Sendable {
        /// Among the frames of all files.
        let first: UInt64
        let firstInFile: UInt64
        let file: Int
    }

    /// Which input of the report each file is, by its position in the user's order.
    private var inputs: [Int]
    /// Whether there were more runs than are remembered; of the frames behind them nothing is
    /// known.
    package private(set) var isIncomplete = false
    private var runs: [Run] = []

    /// As many runs are remembered.
    package static let limit = 1_048_576

    /// None yet, of so many files.
    package init(files: Int) {
        inputs = Array(0..<files)
    }

    /// Says in which order the report lists the files, by their positions in the user's order.
    mutating func arrange(_ order: [Int]) {
        for (input, file) in order.enumerated() { inputs[file] = input }
    }

    /// From the frame `number` on all are of one file, until the next call.
    package mutating func begin(at number: UInt64, file: Int, numberInFile: UInt64) {
        guard !isIncomplete else { return }
        // The last one says where knowledge ends.
        isIncomplete = runs.count == Self.limit
        runs.append(
            Run(first: number, firstInFile: numberInFile, file: isIncomplete ? -1 : file)
        )
    }

    /// Where the frame of that number came from: which input of the report, from 0, and its number
    /// there; `nil` if nobody remembers.
    package func origin(of number: UInt64) -> (input: Int, number: UInt64)? {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].first <= number { low = middle + 1 } else { high = middle }
        }
        guard low > 0, inputs.indices.contains(runs[low - 1].file) else { return nil }
        let run = runs[low - 1]
        return (inputs[run.file], run.firstInFile + (number - run.first))
    }
}
