using System.Collections.Immutable;

namespace Serverless.Local.Tasks;

/// <summary>What the ticket generator says, read from the text files in Tasks/Tickets that are built into the assembly.</summary>
internal sealed class TicketTexts
{
    private const string Folder = "Tickets/";
    private static readonly string[] s_shared = ["openers", "contexts", "closers", "slots"];

    private TicketTexts()
    {
        Teams = [.. ResourceNames().Except(s_shared).Select(ReadTeam)];
        Openers = [.. ReadLines("openers")];
        Contexts = [.. ReadLines("contexts").Select(line => new SentenceFrame(line))];
        Closers = [.. ReadLines("closers").Select(line => new SentenceFrame(line))];
        Slots = ReadLines("slots").Select(line => line.Split(": ")).ToDictionary(pair => pair[0], pair => pair[1].Split(" | "));
    }

    public static TicketTexts Load() => new();

    /// <summary>The teams, in ordinal order of their names.</summary>
    public ImmutableArray<TicketTeam> Teams { get; }

    /// <summary>Greetings that lead into a ticket's first sentence.</summary>
    public ImmutableArray<string> Openers { get; }

    /// <summary>Sentences that any ticket may hold.</summary>
    public ImmutableArray<SentenceFrame> Contexts { get; }

    /// <summary>Sentences that any ticket may end with.</summary>
    public ImmutableArray<SentenceFrame> Closers { get; }

    /// <summary>Words by slot.</summary>
    public IReadOnlyDictionary<string, string[]> Slots { get; }

    private static IEnumerable<string> ResourceNames() => typeof(TicketTexts).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
        .Select(name => name[Folder.Length..^".txt".Length])
        .Order(StringComparer.Ordinal);

    // Blocks of lines with an empty line between them: an issue each, the last one (headed "# asides") the asides.
    private static TicketTeam ReadTeam(string name)
    {
        var issues = new List<ImmutableArray<SentenceFrame>>();
        var block = new List<SentenceFrame>();
        foreach (var line in ReadLines(name).Append(""))
        {
            if (line.StartsWith('#'))
                continue;
            if (line.Length > 0)
                block.Add(new SentenceFrame(line));
            else if (block.Count > 0)
            {
                issues.Add([.. block]);
                block.Clear();
            }
        }
        return new TicketTeam(name.Replace('-', ' '), [.. issues[..^1]], issues[^1]);
    }

    private static IEnumerable<string> ReadLines(string name)
    {
        using var reader = new StreamReader(typeof(TicketTexts).Assembly.GetManifestResourceStream($"{Folder}{name}.txt")!);
        while (reader.ReadLine() is { } line)
            yield return line.Trim();
    }
}
