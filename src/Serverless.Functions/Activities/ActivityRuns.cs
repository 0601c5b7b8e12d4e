using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Functions.Settings;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Functions.Activities;

/// <summary>Runs activities of the service within a function's limits: its time, and the host's wish to stop.</summary>
public sealed partial class ActivityRuns(
    IServiceProvider services, ActivityDeaths deaths, RunningActivities running, FunctionLimits limits, CloudSettings settings, TimeProvider clock,
    IHostApplicationLifetime lifetime, ILogger<ActivityRuns> logger)
{
    private static readonly Func<ILogger, string, string, IDisposable?> s_scope = LoggerMessage.DefineScope<string, string>("{InstanceId} {Activity}");

    /// <summary>Runs one activity once; the engine's retries and its record of the result are around this.</summary>
    public async Task<TOut> RunAsync<TActivity, TIn, TOut>(TIn input, FunctionContext context)
        where TActivity : IActivity<TIn, TOut>
    {
        var instanceId = context.BindingContext.BindingData["instanceId"]?.ToString()
            ?? throw new InvalidOperationException($"{typeof(TActivity).Name} was called by no workflow");
        using var counted = running.Begin();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        using var scope = s_scope(logger, instanceId, typeof(TActivity).Name);
        var deadline = clock.GetUtcNow() + limits.Budget(TimeSpan.FromSeconds(settings.ChunkSeconds));
        try
        {
            var activity = services.GetRequiredService<TActivity>();
            var within = new ActivityScope(instanceId, deadline, stopping.Token);
            // Admission reads a few records, every few seconds for each waiting job: nothing to die of, and too often to count.
            return await (activity is Admit ? activity.RunAsync(input, within) : deaths.RunAsync(activity, input, within));
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stopping.IsCancellationRequested)
        {
            // The edge of the head. The worker logs it too, where nothing says which job it is about.
            LogFailed(fault, typeof(TActivity).Name, instanceId);
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Activity} of {InstanceId} failed; the workflow decides whether it is tried again")]
    private partial void LogFailed(Exception fault, string activity, string instanceId);
}
