using System.Globalization;
using Serverless.Tests.Heads;
using Serverless.Tests.Shared;

namespace Serverless.Load.Running;

/// <summary>A load while it is put on a head, and what was measured of it.</summary>
/// <param name="share">The part of the whole load that is put on, above 0 and at most 1.</param>
internal sealed class LoadRun(AzuriteFixture azurite, string name, double share, TextWriter output, CancellationToken cancellation)
{
    private readonly List<LoadFigure> figures = [];

    public CancellationToken Cancellation => cancellation;

    public IReadOnlyList<LoadFigure> Figures => figures;

    /// <summary>The share of a count, at least so much.</summary>
    public int Of(int whole, int least) => Math.Max(least, (int)Math.Round(share * whole));

    /// <summary>A place for a head, on containers of this load's own.</summary>
    public async Task<HeadPlace> PlaceAsync(params (string Name, object Value)[] settings)
    {
        var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        place.Variables["SERVERLESS_REQUESTS_PER_MINUTE"] = 0;
        place.Variables["SERVERLESS_STREAMS_PER_CALLER"] = 0;
        foreach (var (variable, value) in settings) place.Variables[variable] = value;
        return place;
    }

    /// <summary>Adds a figure that has no bound.</summary>
    public void Add(string what, FormattableString figure) => figures.Add(new LoadFigure(name, what, figure.ToString(CultureInfo.InvariantCulture), "", true));

    /// <summary>Adds a figure and whether it is within its bound.</summary>
    public void Add(string what, FormattableString figure, string bound, bool holds) =>
        figures.Add(new LoadFigure(name, what, figure.ToString(CultureInfo.InvariantCulture), bound, holds));

    public Task SayAsync(FormattableString line) => output.WriteLineAsync($"  {line.ToString(CultureInfo.InvariantCulture)}");
}
