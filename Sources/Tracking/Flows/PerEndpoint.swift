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
        _read { yield values[Int(side.rawValue)] }
        _modify { yield &values[Int(side.rawValue)] }
    }
}
