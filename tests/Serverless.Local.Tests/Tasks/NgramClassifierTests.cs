using Serverless.Local.Tasks;

namespace Serverless.Local.Tests.Tasks;

public sealed class NgramClassifierTests
{
    [Fact]
    public void It_learns_the_sample_task_well_but_not_perfectly()
    {
        var tickets = TicketGenerator.Generate(seed: 3);
        var accuracy = NgramClassifier.Train(tickets.Train).Accuracy(tickets.Test);
        Assert.InRange(accuracy, 0.88, 0.99);
    }

    [Fact]
    public void Shuffled_labels_teach_it_nothing()
    {
        var tickets = TicketGenerator.Generate(seed: 3);
        var labels = tickets.Train.Select(ticket => ticket.Label).ToArray();
        new Random(5).Shuffle(labels);
        var shuffled = tickets.Train.Select((ticket, index) => ticket with { Label = labels[index] }).ToArray();
        Assert.InRange(NgramClassifier.Train(shuffled).Accuracy(tickets.Test), 0, 0.25);
    }

    [Fact]
    public void The_same_seed_gives_the_same_answers()
    {
        var tickets = TicketGenerator.Generate(train: 240);
        var first = NgramClassifier.Train(tickets.Train);
        var second = NgramClassifier.Train(tickets.Train);
        Assert.All(tickets.Test, ticket => Assert.Equal(first.Classify(ticket.Text), second.Classify(ticket.Text)));
    }

    [Fact]
    public void One_label_alone_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => NgramClassifier.Train([new("a", "x"), new("b", "x")]));
        Assert.StartsWith("found 1 distinct labels; at least 2 are needed", error.Message, StringComparison.Ordinal);
    }
}
