namespace Serverless.Service.Pipeline;

/// <summary>
/// One step of a workflow that touches the world. It may be run more than once for one call (the process can die after the work and
/// before the result is recorded), so running it twice has the effect of running it once.
/// </summary>
public interface IActivity<in TIn, TOut>
{
    /// <summary>
    /// Does the work, or as much of it as fits before <see cref="ActivityScope.Deadline"/>, committing what is done. The faults of
    /// callers are returned, as a value of <typeparamref name="TOut"/>; only our own are thrown, and every thrown one is retried.
    /// </summary>
    Task<TOut> RunAsync(TIn input, ActivityScope scope);
}
