/// What the tracker knows of the capture as a whole.
extension Tracker {
    /// What is known of the capture up to here; whole after `close()`.
    package borrowing func facts() -> CaptureFacts {
        facts(until: tally.window?.last ?? 0, isAnswered: tally.outcome(.completed) > 0)
    }

    /// What is known of the capture, as if it ended now.
    package borrowing func facts(at time: Int64) -> CaptureFacts {
        // No connection is counted before its end: whoever answered found the checksum right.
        facts(
            until: max(tally.window?.last ?? 0, time),
            isAnswered: tally.answerDelays.contains { $0 > 0 }
        )
    }

    private borrowing func facts(until end: Int64, isAnswered: Bool) -> CaptureFacts {
        CaptureFacts(
            begin: tally.window?.first ?? 0,
            end: end,
            hasClock: tally.hasClock,
            pauses: tally.pauses,
            oneWayInitiators: aggregates.hosts.oneWayInitiators,
            localHosts: aggregates.hosts.local,
            rightChecksums: tally.rightChecksums,
            wrongChecksums: tally.wrongChecksums,
            hasEditedChecksums: tally.hasWrongChecksumsThroughout && isAnswered,
            lossSigns: tally.lossSigns,
            isFiltered: tally.isFiltered,
            hasBothDirections: tally.answerDelays.contains { $0 > 0 },
            timeReversals: tally.timeReversals,
            unsolicitedSYNACKs: aggregates.unsolicitedSYNACKs,
            handshakeTimes: aggregates.handshakeTimes,
            slowAnswers: aggregates.slowAnswers,
            pairsWithECN: aggregates.hosts.pairsWithECN,
            signed: aggregates.hosts.signed,
            unusedSessions: streams.unusedSessions,
            neighbours: aggregates.neighbours,
            sightings: aggregates.sightings,
            answerCards: aggregates.answerCards,
            askCards: aggregates.askCards,
            outcomes: aggregates.outcomes,
            drops: drops,
            thresholds: flows.thresholds
        )
    }

    /// Only after `close()`.
    borrowing func survey() -> Survey {
        Survey(
            aggregates: aggregates,
            neighbours: aggregates.neighbours,
            portmap: streams.portmap,
            capture: facts()
        )
    }
}
