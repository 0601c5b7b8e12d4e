using System.Collections.Immutable;

namespace Serverless.Local.Tasks;

/// <summary>
/// The sample task: support tickets and the team, one of twelve, that should handle each. A ticket says an issue of its team, often two, in
/// one of several wordings each, with a greeting, something about the sender, a polite end, and, in a quarter of them, a sentence that speaks
/// another team's language without asking for anything. Wordings are dealt out to the three sets first, so that no sentence occurs in two.
/// </summary>
public sealed class TicketGenerator
{
    private const double OpenerShare = 0.4;
    private const double ContextShare = 0.5;
    private const double AsideShare = 0.25;
    private const double SecondShare = 0.8;
    private const double CloserShare = 0.4;
    private const double LowerCaseShare = 0.12;

    private readonly TicketTexts _texts = TicketTexts.Load();
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly Random _random;
    private readonly SplitFrames[] _frames;

    private TicketGenerator(int seed)
    {
        _random = new Random(seed);
        var splits = Enum.GetValues<TicketSplit>();
        var issues = _texts.Teams.Select(team => team.Issues.Select(Deal).ToArray()).ToArray();
        var asides = _texts.Teams.Select(team => Deal(team.Asides)).ToArray();
        var contexts = Deal(_texts.Contexts);
        var closers = Deal(_texts.Closers);
        _frames = [.. splits.Select(split => (int)split).Select(split => new SplitFrames(
            [.. issues.Select(team => team.Select(issue => issue[split]).ToArray())],
            [.. asides.Select(team => team[split])],
            contexts[split],
            closers[split]))];
    }

    /// <summary>What the model is told before each ticket.</summary>
    public static string SystemPrompt => "Route this support ticket. Reply with the name of the team only.";

    /// <summary>The teams' names.</summary>
    public static ImmutableArray<string> Teams { get; } = [.. TicketTexts.Load().Teams.Select(team => team.Name)];

    /// <summary>
    /// Generates the three sets. Every team has the same share of each, and each ticket occurs once. The same counts and seed give the
    /// same tickets.
    /// </summary>
    public static TicketSets Generate(int train = 2400, int validation = 240, int test = 240, int seed = 1)
    {
        var generator = new TicketGenerator(seed);
        return new TicketSets(
            generator.Tickets(TicketSplit.Train, train),
            generator.Tickets(TicketSplit.Validation, validation),
            generator.Tickets(TicketSplit.Test, test));
    }

    private ImmutableArray<LabelledText> Tickets(TicketSplit split, int count)
    {
        var tickets = new LabelledText[count];
        for (var i = 0; i < count; i++)
        {
            var team = i % _texts.Teams.Length;
            var issue = i / _texts.Teams.Length % _texts.Teams[team].Issues.Length;
            string text;
            do
                text = Ticket(_frames[(int)split], team, issue);
            while (!_taken.Add(text));
            tickets[i] = new LabelledText(text, _texts.Teams[team].Name);
        }
        _random.Shuffle(tickets);
        return [.. tickets];
    }

    private string Ticket(SplitFrames frames, int team, int issue)
    {
        var sentences = new List<string>();
        if (Chance(ContextShare))
            sentences.Add(Say(frames.Contexts));
        if (Chance(AsideShare))
            sentences.Insert(_random.Next(sentences.Count + 1), Say(frames.Asides[Other(team, _texts.Teams.Length)]));
        sentences.Insert(_random.Next(sentences.Count + 1), Say(frames.Issues[team][issue]));
        if (Chance(SecondShare))
            sentences.Add(Say(frames.Issues[team][Other(issue, frames.Issues[team].Length)]));
        if (Chance(CloserShare))
            sentences.Add(Say(frames.Closers));
        if (Chance(OpenerShare))
            sentences[0] = $"{_texts.Openers[_random.Next(_texts.Openers.Length)]}, {Uncapitalised(sentences[0])}";
        var text = string.Join(' ', sentences);
        return Chance(LowerCaseShare) ? text.ToLowerInvariant() : text;
    }

    private int Other(int than, int count) => (than + 1 + _random.Next(count - 1)) % count;

    private string Say(SentenceFrame[] frames) => frames[_random.Next(frames.Length)].Say(_random, _texts.Slots);

    private bool Chance(double share) => _random.NextDouble() < share;

    private static string Uncapitalised(string sentence) =>
        sentence.StartsWith("I ", StringComparison.Ordinal) ? sentence : char.ToLowerInvariant(sentence[0]) + sentence[1..];

    // A sixth of the frames for validation, a sixth for the test, the others to train on.
    private SentenceFrame[][] Deal(ImmutableArray<SentenceFrame> frames)
    {
        var shuffled = frames.ToArray();
        _random.Shuffle(shuffled);
        var held = shuffled.Length / 6;
        return [shuffled[(2 * held)..], shuffled[..held], shuffled[held..(2 * held)]];
    }

    private enum TicketSplit
    {
        Train,
        Validation,
        Test,
    }

    private sealed record SplitFrames(
        SentenceFrame[][][] Issues, SentenceFrame[][] Asides, SentenceFrame[] Contexts, SentenceFrame[] Closers);
}
