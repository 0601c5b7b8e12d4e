using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Serverless.Functions.Settings;

/// <summary>How long the platform lets a function run, and what follows from it.</summary>
/// <param name="Timeout">The longest that one call of a function may take; null: as long as it likes.</param>
public sealed record FunctionLimits(TimeSpan? Timeout)
{
    private const string TimeoutName = "functionTimeout";

    /// <summary>The platform cuts off a request that is silent for 230 s.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(200);

    /// <summary>The longest that one answer over HTTP may take. A function that outlives its timeout is ended with its whole process.</summary>
    public TimeSpan LongestAnswer => Timeout is { } timeout && timeout / 2 < LongestSilence ? timeout / 2 : LongestSilence;

    /// <summary>
    /// Reads the limit that the host enforces: <c>functionTimeout</c> of host.json or of the app setting that stands for it, or else the
    /// plan's own, which is 5 minutes on Consumption and 30 on all others. Consumption cuts at 10 minutes whatever is set.
    /// </summary>
    /// <param name="hostFile">The configuration of host.json.</param>
    /// <param name="environment">The process's variables.</param>
    public static FunctionLimits Read(IConfiguration hostFile, IReadOnlyDictionary<string, string> environment)
    {
        var text = environment.GetValueOrDefault("AzureFunctionsJobHost__functionTimeout") ?? hostFile[TimeoutName];
        var consumption = environment.GetValueOrDefault("WEBSITE_SKU") == "Dynamic";
        TimeSpan? timeout = text switch
        {
            null => TimeSpan.FromMinutes(consumption ? 5 : 30),
            "-1" => null,
            _ when TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var set) && set > TimeSpan.Zero => set,
            _ => throw new Learning.InputError($"settings: {TimeoutName} of host.json: found \"{text}\"; allowed: a length such as 00:10:00, or -1 for none"),
        };
        return new FunctionLimits(consumption && (timeout is null || timeout > TimeSpan.FromMinutes(10)) ? TimeSpan.FromMinutes(10) : timeout);
    }

    /// <summary>
    /// The time budget of an activity: what is wanted, if a quarter of the timeout is left behind it for committing and for reading the
    /// last block of examples.
    /// </summary>
    public TimeSpan Budget(TimeSpan wanted) => Timeout is { } timeout && wanted > timeout * 0.75 ? timeout * 0.75 : wanted;
}
