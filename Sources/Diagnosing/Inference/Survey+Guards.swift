import Tracking

extension Survey {
    /// The guards that apply to every finding about the whole capture.
    var guards: [Guard] {
        var guards: [Guard] = []
        if !capture.oneWayInitiators.isEmpty { guards.append(.oneDirection) }
        if capture.lossSigns > 0 { guards.append(.captureLoss) }
        if capture.isFiltered { guards.append(.filteredCapture) }
        return guards
    }
}
