/// One value for each end of a flow, found by its side without a branch.
struct PerEndpoint<Value: BitwiseCopyable>: BitwiseCopyable {
    private var values: InlineArray<2, Value>

    /// Two ends that are alike.
    @inline(always)
    init(both value: Value) {
        values = InlineArray(repeating: value)
    }

    @inline(always)
    subscript(side: Side) -> Value {
        // Not by a number that is computed: what is read would be copied as a whole.
        get { side == .low ? values[0] : values[1] }
        _modify { yield &values[Int(side.rawValue)] }
    }
}
