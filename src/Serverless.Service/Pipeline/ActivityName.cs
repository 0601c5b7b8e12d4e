namespace Serverless.Service.Pipeline;

/// <summary>Names an activity to the engine and its input and output to the compiler. The name is that of the activity's class.</summary>
/// <typeparam name="TIn">Small and serialisable as JSON: ids, never payloads.</typeparam>
/// <typeparam name="TOut">Small and serialisable as JSON; the faults of callers are among its values.</typeparam>
public readonly record struct ActivityName<TIn, TOut>(string Value)
{
    public override string ToString() => Value;
}
