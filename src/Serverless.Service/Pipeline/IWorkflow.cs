namespace Serverless.Service.Pipeline;

/// <summary>
/// A durable program: it may be run again from the top at any time, with the results it already got, and must then ask for the same
/// things in the same order. So there is no clock, id, random number, input or output in it other than through its context; it awaits
/// one thing of the context at a time, and nothing else. It holds no state between runs.
/// </summary>
public interface IWorkflow<TIn>
{
    /// <summary>Runs the workflow to its end, or to <see cref="IWorkflowContext.ContinueAsNew"/> as the last thing it does.</summary>
    Task RunAsync(IWorkflowContext context, TIn input);

    /// <summary>
    /// The input to begin anew with when the recorded history does not fit this code any more (the software was upgraded).
    /// </summary>
    /// <param name="original">What the instance was started with.</param>
    /// <param name="reason">What did not fit, for people to read.</param>
    TIn RestartInput(TIn original, string reason);
}
