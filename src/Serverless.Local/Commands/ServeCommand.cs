using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Serverless.Local.Composition;
using Serverless.Local.Settings;

namespace Serverless.Local.Commands;

/// <summary>Serves API and dashboard until it is interrupted.</summary>
internal sealed class ServeCommand(TextWriter output) : ICommand
{
    public string Name => "serve";

    public string Summary => "Serves API and dashboard, and runs the jobs, until Ctrl+C.";

    public ImmutableArray<CommandOption> Options => SettingsOptions.All;

    public async Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
    {
        var settings = SettingsOptions.Read(arguments);
        await using var head = await LocalHead.StartAsync(settings, output.WriteLine, LogLevel.Information, ct);
        await output.WriteLineAsync(Banner.Of(head.Url, settings));
        await head.WaitForStopAsync(ct);
        await output.WriteLineAsync("Stopping: what runs commits and goes on at the next start.");
        return 0;
    }
}
