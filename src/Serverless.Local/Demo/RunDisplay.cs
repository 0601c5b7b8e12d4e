using Spectre.Console;

namespace Serverless.Local.Demo;

/// <summary>Shows a run: a progress bar on a terminal, a line each tenth of the way elsewhere.</summary>
internal sealed class RunDisplay(IAnsiConsole console)
{
    /// <summary>Runs <paramref name="work"/>, which reports how far it is.</summary>
    public async Task ShowAsync(Func<Action<RunProgress>, Task> work)
    {
        if (!console.Profile.Capabilities.Interactive)
        {
            await work(Line());
            return;
        }
        await console.Progress()
            .Columns(new SpinnerColumn(), new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async progress =>
            {
                var bar = progress.AddTask("waiting for the first step");
                await work(reached =>
                {
                    bar.MaxValue = reached.TotalSteps;
                    bar.Value = reached.Step;
                    bar.Description = reached.ToString();
                });
            });
    }

    private Action<RunProgress> Line()
    {
        var tenths = -1;
        return reached =>
        {
            var now = reached.Step * 10 / Math.Max(1, reached.TotalSteps);
            if (now == tenths)
                return;
            tenths = now;
            console.WriteLine($"  {reached}");
        };
    }
}
