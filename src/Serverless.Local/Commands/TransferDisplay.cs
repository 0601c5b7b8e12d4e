using Serverless.Service.Models.Adding;
using Spectre.Console;

namespace Serverless.Local.Commands;

/// <summary>Shows how many bytes are through: a progress bar for each step on a terminal, a line each quarter of the way elsewhere.</summary>
internal sealed class TransferDisplay(IAnsiConsole console)
{
    /// <summary>Runs <paramref name="work"/>, which reports how far it is.</summary>
    public async Task<T> ShowAsync<T>(Func<Action<AddProgress>, Task<T>> work)
    {
        if (!console.Profile.Capabilities.Interactive)
            return await work(Lines());
        return await console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(progress => work(Bars(progress)));
    }

    /// <summary>The same for work without a result.</summary>
    public Task ShowAsync(Func<Action<AddProgress>, Task> work) => ShowAsync(async report =>
    {
        await work(report);
        return true;
    });

    private static Action<AddProgress> Bars(ProgressContext progress)
    {
        var bars = new Dictionary<string, ProgressTask>(StringComparer.Ordinal);
        return reached =>
        {
            if (!bars.TryGetValue(reached.Step, out var bar))
                bars.Add(reached.Step, bar = progress.AddTask(reached.Step));
            bar.MaxValue = Math.Max(1, reached.TotalBytes);
            bar.Value = reached.Bytes;
        };
    }

    private Action<AddProgress> Lines()
    {
        var last = ("", -1L);
        return reached =>
        {
            var now = (reached.Step, reached.Bytes * 4 / Math.Max(1, reached.TotalBytes));
            if (now == last)
                return;
            last = now;
            console.WriteLine($"  {reached.Step}: {ByteText.Of(reached.Bytes)} of {ByteText.Of(reached.TotalBytes)}");
        };
    }
}
