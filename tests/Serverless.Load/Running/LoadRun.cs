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

    /// <summary>A place for a head, on containers of this load's own; its callers have no limits, unless the load removes these variables.</summary>
    public async Task<HeadPlace> PlaceAsync(params (string Name, object Value)[] settings)
    {
        var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        place.Variables["SERVERLESS_REQUESTS_PER_MINUTE"] = 0;
        place.Variables["SERVERLESS_STREAMS_PER_CALLER"] = 0;
        foreach (var (variable, value) in settings) place.Variables[variable] = value;
        return place;
    }

    /// <summary>Adds a figure that has no bound.</summary>
    public void Add(string what, FormattableString figure) => Add(new LoadFigure(name, what, Text(figure), "", true));

    /// <summary>Adds a figure and whether it is within its bound.</summary>
    public void Add(string what, FormattableString figure, string bound, bool holds) => Add(new LoadFigure(name, what, Text(figure), bound, holds));

    /// <summary>The same of what depends on what else the machine does.</summary>
    public void AddTimed(string what, FormattableString figure, string bound, bool holds) => Add(new LoadFigure(name, what, Text(figure), bound, holds, OnQuietMachine: true));

    /// <summary>Adds how long something took, in seconds, and whether that is within its bound.</summary>
    public void AddTime(string what, double seconds, double most) => AddTimed(what, $"{seconds:F1} s", string.Create(CultureInfo.InvariantCulture, $"{most:0.#} s"), seconds <= most);

    public Task SayAsync(FormattableString line) => output.WriteLineAsync($"  {Text(line)}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Add(LoadFigure figure)
    {
        figures.Add(figure);
        // Long loads are watched while they run.
        output.WriteLine($"  {figure.What}: {figure.Figure}");
    }
}
