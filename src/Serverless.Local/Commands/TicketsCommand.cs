using System.Collections.Immutable;
using Serverless.Local.Tasks;

namespace Serverless.Local.Commands;

/// <summary>Writes the sample task's three files.</summary>
internal sealed class TicketsCommand(TextWriter output) : ICommand
{
    public string Name => "tickets";

    public string Summary => "Writes the sample task, support tickets and their teams, as chat data sets (train, validation, test).";

    public ImmutableArray<CommandOption> Options { get; } =
    [
        new("--to", "FOLDER", "where the files go; needed"),
        new("--train", "COUNT", "tickets to train on (2400)"),
        new("--validation", "COUNT", "tickets to validate on (240)"),
        new("--test", "COUNT", "tickets to test on (240)"),
        new("--seed", "NUMBER", "seed of the generator (1)"),
    ];

    public async Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
    {
        var folder = Path.GetFullPath(arguments.Required("--to"));
        var tickets = TicketGenerator.Generate(
            arguments.WholeNumber("--train", 1, MostTickets) ?? 2400,
            arguments.WholeNumber("--validation", 1, MostTickets) ?? 240,
            arguments.WholeNumber("--test", 1, MostTickets) ?? 240,
            arguments.WholeNumber("--seed", 0, int.MaxValue) ?? 1);
        Directory.CreateDirectory(folder);
        foreach (var (name, set) in new[] { ("train", tickets.Train), ("validation", tickets.Validation), ("test", tickets.Test) })
        {
            var path = Path.Combine(folder, $"{name}.jsonl");
            TicketFile.Write(path, set);
            await output.WriteLineAsync($"{path}: {set.Length} tickets");
        }
        return 0;
    }

    // A set larger than this would repeat its sentences over and over.
    private const int MostTickets = 20_000;
}
