/// What the tracker knows of the capture as a whole.
extension Tracker {
    /// What is known of the capture up to here; whole after `close()`.
    package borrowing func facts() -> CaptureFacts {
        let window = tally.window ?? (0, 0)
        return CaptureFacts(
            begin: window.first,
            end: window.last,
            pauses: tally.pauses,
            oneWayInitiators: aggregates.hosts.oneWayInitiators,
            localHosts: aggregates.hosts.local,
            rightChecksums: tally.rightChecksums,
            wrongChecksums: tally.wrongChecksums,
            hasEditedChecksums: tally.hasWrongChecksumsThroughout
                && tally.outcome(.completed) > 0,
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
