using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Learning;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Local.Composition;

/// <summary>
/// The right to run the workflows of a storage account: one head at a time has it. The lease of a head of this machine that is dead is
/// taken over at once, any other dead head's within seconds. A head that lost it to another one ends.
/// </summary>
internal sealed class HeadLease : IAsyncDisposable
{
    // Longer than a lease lasts that nobody renews.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // The blob beside those of the jobs; no job's id looks like it.
    private static readonly JobId s_name = new("local-head");

    private readonly TrainerLease _lease;
    private readonly CancellationTokenRegistration _onLost;

    private HeadLease(TrainerLease lease, CancellationTokenRegistration onLost) => (_lease, _onLost) = (lease, onLost);

    /// <summary>Takes the lease, waiting for a dead head's to run out.</summary>
    /// <exception cref="InputError">Another head has it.</exception>
    public static async Task<HeadLease> AcquireAsync(IServiceProvider services, CancellationToken ct)
    {
        var clock = services.GetRequiredService<TimeProvider>();
        var logger = services.GetRequiredService<ILogger<HeadLease>>();
        var begun = clock.GetTimestamp();
        while (true)
        {
            // A slow storage's refusal may be older than a lease: what counts is when it was asked.
            var asked = clock.GetTimestamp();
            var lease = await TrainerLease.TryAcquireAsync(services.GetRequiredService<BlobAccount>(), s_name, clock, logger, ct);
            if (lease is not null)
                return new HeadLease(lease, lease.Lost.Register(() => End(services, logger)));
            if (clock.GetElapsedTime(begun, asked) > Patience)
                throw new InputError("another head runs the jobs of this storage; stop it, or give this one another storage with --storage or the setting StoragePrefix");
            await Task.Delay(Pause, clock, ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _onLost.DisposeAsync();
        await _lease.DisposeAsync();
    }

    private static void End(IServiceProvider services, ILogger logger)
    {
        logger.LeaseLost();
        services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
    }
}
