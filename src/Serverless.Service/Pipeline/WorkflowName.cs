namespace Serverless.Service.Pipeline;

/// <summary>Names a workflow to the engine and its input to the compiler. The name is that of the workflow's class.</summary>
/// <typeparam name="TIn">Small and serialisable as JSON: ids, never payloads.</typeparam>
public readonly record struct WorkflowName<TIn>(string Value)
{
    public override string ToString() => Value;
}
