using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serverless.Local.Composition;
using Serverless.Local.Demo;
using Serverless.Local.Settings;
using Serverless.Local.Tasks;
using Serverless.Service.Models;
using Serverless.Service.Storage;
using Spectre.Console;

namespace Serverless.Local.Commands;

/// <summary>Runs the main job on the sample task and ends.</summary>
internal sealed class DemoCommand(IAnsiConsole console) : ICommand
{
    private const int ShownPrompts = 3;

    public string Name => "demo";

    public string Summary => "Tunes the sample model to route support tickets, scores it and ends; takes some minutes.";

    public ImmutableArray<CommandOption> Options => SettingsOptions.All;

    public async Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        var settings = SettingsOptions.Read(arguments);
        await using var head = await LocalHead.StartAsync(settings, console.WriteLine, LogLevel.Warning, ct);
        using var client = new HeadClient(head.Url);
        console.WriteLine($"Serverless answers at {head.Url}");

        var tickets = TicketGenerator.Generate();
        var task = TicketTask.Write(Path.Combine(settings.Data, "demo"), tickets);
        var request = new JsonObject { ["model"] = SampleModel.Name, ["suffix"] = "tickets", ["seed"] = 1, ["method"] = OnePass() };
        var outcome = await new LabelledRun(head, client, console).RunAsync(task, request, likelihoods: true, ct);
        console.Write(OutcomeTable.Of(outcome));
        console.WriteLine("The job's own evaluation, on its validation file:");
        console.Write(EvaluationTable.Of(await client.EvaluationAsync(outcome.JobId, ct), "base", "tuned"));
        await ShowAnswersAsync(client, outcome, tickets, ct);
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"In all {clock.Elapsed.TotalSeconds:F0} s, at most {PeakMemory.Read() / 1e9:F2} GB of memory in this process."));
        await SayWhereAsync(head, outcome, tickets.Test[0], ct);
        return 0;
    }

    // Many small steps: one pass of them learns as much as the two passes that `auto` would take, from half of the tokens.
    private static JsonObject OnePass() => new()
    {
        ["type"] = "supervised",
        ["supervised"] = new JsonObject { ["hyperparameters"] = new JsonObject { ["n_epochs"] = 1, ["batch_size"] = 8 } },
    };

    private async Task ShowAnswersAsync(HeadClient client, LabelledOutcome outcome, TicketSets tickets, CancellationToken ct)
    {
        foreach (var ticket in tickets.Test.Take(ShownPrompts))
        {
            console.WriteLine(ticket.Text);
            foreach (var (name, model) in new[] { ("base", outcome.Base), ("tuned", outcome.Tuned) })
            {
                var answer = await client.AnswerAsync(model.Value, Prompt(ticket), TestBench.MostAnswerTokens, ct);
                console.WriteLine($"  {name,-6} {answer.ReplaceLineEndings(" ")}");
            }
            console.WriteLine($"  {"right",-6} {ticket.Label}");
        }
    }

    private async Task SayWhereAsync(LocalHead head, LabelledOutcome outcome, LabelledText ticket, CancellationToken ct)
    {
        var record = (await head.Services.GetRequiredService<ModelCatalog>().FindAsync(outcome.Tuned, ct))!;
        var account = head.Services.GetRequiredService<BlobAccount>();
        console.WriteLine($"The model lies in the container {account.Models.Name}, folder {record.Folder}; its evaluation, with twenty answers, in {account.Jobs.Name}, {outcome.JobId}/evaluation.json.");
        console.WriteLine("Start the head with `dotnet run -c Release --project src/Serverless.Local` and ask it:");
        // Written past Spectre, which would break the line at the terminal's width.
        await console.Profile.Out.Writer.WriteLineAsync(CurlLine.Of(head.Url, outcome.Tuned.Value, Prompt(ticket), TestBench.MostAnswerTokens));
    }

    private static (string Role, string Content)[] Prompt(LabelledText ticket) =>
        [("system", TicketGenerator.SystemPrompt), ("user", ticket.Text)];
}
