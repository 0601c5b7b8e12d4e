using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Functions.Settings;
using Serverless.Service.Pipeline;

namespace Serverless.Functions.Activities;

/// <summary>Runs activities of the service within a function's limits: its time, and the host's wish to stop.</summary>
public sealed class ActivityRuns(
    IServiceProvider services, FunctionLimits limits, CloudSettings settings, TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<ActivityRuns> logger)
{
    private static readonly Func<ILogger, string, string, IDisposable?> s_scope = LoggerMessage.DefineScope<string, string>("{InstanceId} {Activity}");

    /// <summary>Runs one activity once; the engine's retries and its record of the result are around this.</summary>
    public async Task<TOut> RunAsync<TActivity, TIn, TOut>(TIn input, FunctionContext context)
        where TActivity : IActivity<TIn, TOut>
    {
        var instanceId = context.BindingContext.BindingData["instanceId"]?.ToString()
            ?? throw new InvalidOperationException($"{typeof(TActivity).Name} was called by no workflow");
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        using var scope = s_scope(logger, instanceId, typeof(TActivity).Name);
        var deadline = clock.GetUtcNow() + limits.Budget(TimeSpan.FromSeconds(settings.ChunkSeconds));
        return await services.GetRequiredService<TActivity>().RunAsync(input, new ActivityScope(instanceId, deadline, stopping.Token));
    }
}
