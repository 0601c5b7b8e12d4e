using System.Collections.Immutable;

namespace Serverless.Local.Tasks;

/// <summary>
/// The sample task of preferences: of two replies to a ticket the courteous one is preferred. Both name the team that will answer, and neither
/// is longer than the other by rule, so that it is the tone that has to be told apart.
/// </summary>
/// <param name="Mixed">Pairs of which one reply each is learned first, whichever it is: a model that writes both.</param>
/// <param name="Compared">Pairs that are learned as preferences.</param>
/// <param name="HeldOut">Pairs to measure on; their tickets share no sentence with the others.</param>
public sealed record ReplySets(ImmutableArray<ReplyPair> Mixed, ImmutableArray<ReplyPair> Compared, ImmutableArray<ReplyPair> HeldOut)
{
    /// <summary>What the model is told before each ticket.</summary>
    public const string SystemPrompt = "Reply to this support ticket.";

    /// <summary>A regular expression that courteous replies match and curt ones do not.</summary>
    public const string CourteousPattern = @"^(Thank you|Thanks|We are sorry|We understand)\b";

    private static readonly string[] s_courteousOpenings =
        ["Thank you for writing to us.", "Thanks for letting us know.", "We are sorry for the trouble.", "We understand how this must feel."];

    private static readonly string[] s_courteousBodies =
        ["The {0} team will look into it today.", "I have passed it on to {0}.", "Our colleagues of {0} will write to you soon.", "The people of {0} will gladly help."];

    private static readonly string[] s_courteousEndings = ["Please tell us if we can do more.", "Have a good day.", "We are glad to help.", ""];

    private static readonly string[] s_curtOpenings = ["This is not our job, as you know.", "You wrote to the wrong desk.", "Read the manual first.", "We hear this every day."];

    private static readonly string[] s_curtBodies =
        ["Ask the {0} team about it, not us.", "Go and find the {0} team yourself.", "Somebody of {0} may read it one day.", "Only the people of {0} do such things."];

    private static readonly string[] s_curtEndings = ["Do not write to us again about this.", "That is all.", "It is not urgent to us.", ""];

    /// <summary>The same counts and seed give the same pairs.</summary>
    public static ReplySets Generate(int mixed = 800, int compared = 1200, int heldOut = 500, int seed = 1)
    {
        var tickets = TicketGenerator.Generate(mixed + compared, 1, heldOut, seed);
        var random = new Random(seed);
        ImmutableArray<ReplyPair> pairs = [.. tickets.Train.Concat(tickets.Test).Select(ticket => new ReplyPair(
            ticket.Text,
            Say(random, ticket.Label, s_courteousOpenings, s_courteousBodies, s_courteousEndings),
            Say(random, ticket.Label, s_curtOpenings, s_curtBodies, s_curtEndings)))];
        return new ReplySets(pairs[..mixed], pairs[mixed..(mixed + compared)], pairs[(mixed + compared)..]);
    }

    private static string Say(Random random, string team, string[] openings, string[] bodies, string[] endings) => string.Join(
        ' ', new[] { Pick(random, openings), string.Format(null, Pick(random, bodies), team), Pick(random, endings) }.Where(part => part.Length > 0));

    private static string Pick(Random random, string[] parts) => parts[random.Next(parts.Length)];
}
