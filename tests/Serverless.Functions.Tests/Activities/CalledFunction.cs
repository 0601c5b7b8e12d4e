using Microsoft.Azure.Functions.Worker;

namespace Serverless.Functions.Tests.Activities;

/// <summary>What a function is told about a call that a workflow's instance has made; the rest is not asked for.</summary>
internal sealed class CalledFunction(string instanceId) : FunctionContext
{
    public override string InvocationId => "a call";

    public override string FunctionId => "a function";

    public override TraceContext TraceContext => throw new NotSupportedException();

    public override BindingContext BindingContext { get; } = new Instance(instanceId);

    public override RetryContext RetryContext => throw new NotSupportedException();

    public override IServiceProvider InstanceServices { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override FunctionDefinition FunctionDefinition => throw new NotSupportedException();

    public override IDictionary<object, object> Items { get; set; } = new Dictionary<object, object>();

    public override IInvocationFeatures Features => throw new NotSupportedException();

    private sealed class Instance(string id) : BindingContext
    {
        public override IReadOnlyDictionary<string, object?> BindingData { get; } = new Dictionary<string, object?> { ["instanceId"] = id };
    }
}
