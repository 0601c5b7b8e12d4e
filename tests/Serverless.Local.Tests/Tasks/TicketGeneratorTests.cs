using System.Text.RegularExpressions;
using Serverless.Local.Tasks;

namespace Serverless.Local.Tests.Tasks;

public sealed partial class TicketGeneratorTests
{
    private static readonly TicketSets s_tickets = TicketGenerator.Generate();

    [Fact]
    public void No_sentence_occurs_in_two_of_the_sets()
    {
        var train = Sentences(s_tickets.Train);
        var validation = Sentences(s_tickets.Validation);
        var test = Sentences(s_tickets.Test);
        Assert.True(train.Count > 2000, $"found {train.Count} distinct sentences to train on");
        Assert.Empty(train.Intersect(test));
        Assert.Empty(train.Intersect(validation));
        Assert.Empty(validation.Intersect(test));
    }

    [Fact]
    public void Each_team_has_the_same_share_and_no_ticket_occurs_twice()
    {
        Assert.Equal(12, TicketGenerator.Teams.Length);
        Assert.All(s_tickets.Train.GroupBy(ticket => ticket.Label), team => Assert.Equal(200, team.Count()));
        Assert.All(s_tickets.Test.GroupBy(ticket => ticket.Label), team => Assert.Equal(20, team.Count()));
        Assert.Equal(TicketGenerator.Teams, s_tickets.Test.Select(ticket => ticket.Label).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(2400, s_tickets.Train.Select(ticket => ticket.Text).Distinct().Count());
    }

    [Fact]
    public void The_same_seed_gives_the_same_tickets_and_another_seed_others()
    {
        Assert.Equal(s_tickets.Train, TicketGenerator.Generate().Train);
        Assert.NotEqual(s_tickets.Train, TicketGenerator.Generate(seed: 2).Train);
    }

    [Fact]
    public void No_choice_or_slot_is_left_in_a_ticket() =>
        Assert.All(s_tickets.Train.Concat(s_tickets.Test), ticket => Assert.DoesNotMatch(@"[\[\]{}|]", ticket.Text));

    [Fact]
    public void Tickets_are_short_texts_of_one_to_six_sentences()
    {
        Assert.InRange(s_tickets.Train.Average(ticket => ticket.Text.Split(' ').Length), 20, 40);
        Assert.InRange(s_tickets.Train.Max(ticket => ticket.Text.Split(' ').Length), 30, 90);
    }

    // Without greetings and capitals, so that the same sentence behind another greeting counts as the same.
    private static HashSet<string> Sentences(IEnumerable<LabelledText> tickets) =>
        [.. tickets.SelectMany(ticket => SentenceEnd().Split(Greeting().Replace(ticket.Text.ToLowerInvariant(), "")))];

    [GeneratedRegex("(?<=[.!?]) ")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex("^(hello|hi|hi there|good morning|good evening|dear team|dear sir or madam|hey|to whom it may concern|sorry to bother you"
        + "|quick question|one more thing|help|excuse me|hello everyone), ")]
    private static partial Regex Greeting();
}
