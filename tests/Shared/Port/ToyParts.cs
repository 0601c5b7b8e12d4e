using Serverless.Service.Pipeline;

namespace Serverless.Tests.Port;

/// <summary>Workflows and activities of a test, written as lambdas; inputs and results are text, so that any engine can carry them.</summary>
public sealed class ToyParts
{
    public Dictionary<string, ToyWorkflow> Workflows { get; } = [];

    public Dictionary<string, ToyActivity> Activities { get; } = [];

    public WorkflowName<string> Workflow(string name, Func<IWorkflowContext, string, Task> script)
    {
        Workflows[name] = new ToyWorkflow(script);
        return new WorkflowName<string>(name);
    }

    public ActivityName<string, string> Activity(string name, Func<string, ActivityScope, Task<string>> body)
    {
        Activities[name] = new ToyActivity(body);
        return new ActivityName<string, string>(name);
    }

    public ActivityName<string, string> Activity(string name, Func<string, string> body) =>
        Activity(name, (input, _) => Task.FromResult(body(input)));
}
