using System.Diagnostics.CodeAnalysis;
using Serverless.Service.Pipeline;

namespace Serverless.Local.Journal;

/// <summary>The workflows and activities that the journal can run, by name.</summary>
public sealed class JournalParts
{
    private readonly Dictionary<string, JournalWorkflow> _workflows = [];
    private readonly Dictionary<string, JournalActivity> _activities = [];

    /// <exception cref="ArgumentException">The name is taken.</exception>
    public JournalParts Add<TIn>(WorkflowName<TIn> name, IWorkflow<TIn> workflow)
    {
        _workflows.Add(name.Value, JournalWorkflow.Of(workflow));
        return this;
    }

    /// <exception cref="ArgumentException">The name is taken.</exception>
    public JournalParts Add<TIn, TOut>(ActivityName<TIn, TOut> name, IActivity<TIn, TOut> activity)
    {
        _activities.Add(name.Value, JournalActivity.Of(activity));
        return this;
    }

    public bool TryWorkflow(string name, [NotNullWhen(true)] out JournalWorkflow? workflow) => _workflows.TryGetValue(name, out workflow);

    public JournalActivity Activity(string name) =>
        _activities.TryGetValue(name, out var activity)
            ? activity
            : throw new InvalidOperationException($"there is no activity named {name}");
}
