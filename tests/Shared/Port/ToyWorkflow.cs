using Serverless.Service.Pipeline;

namespace Serverless.Tests.Port;

/// <summary>A workflow from a lambda. After a mismatch it begins anew with the reason behind its original input.</summary>
public sealed class ToyWorkflow(Func<IWorkflowContext, string, Task> script) : IWorkflow<string>
{
    public Task RunAsync(IWorkflowContext context, string input) => script(context, input);

    public string RestartInput(string original, string reason) => $"{original} after: {reason}";
}
