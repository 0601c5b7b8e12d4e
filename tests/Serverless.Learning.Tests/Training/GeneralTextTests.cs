using Serverless.Learning.Training;

namespace Serverless.Learning.Tests.Training;

public sealed class GeneralTextTests
{
    private const int Separator = 9999;

    [Theory]
    [InlineData(new[] { 700 }, 4)]
    [InlineData(new[] { 5, 5, 5, 5, 5, 5 }, 4)]
    [InlineData(new[] { 3, 4 }, 4)]
    [InlineData(new[] { 30, 1, 0, 2 }, 8)]
    public void What_is_read_and_what_is_held_back_are_the_whole_text_in_its_order(int[] lengths, int context)
    {
        var documents = Documents(lengths);
        var text = new GeneralText(documents, Separator, context);
        int[] whole = [.. documents.SelectMany(document => (int[])[Separator, .. document])];
        int[] read = [.. text.Replayed.SelectMany(document => (int[])[Separator, .. document])];

        Assert.Equal(whole.AsEnumerable(), read.Concat(text.HeldBack.SelectMany(row => row.Ids)));
        Assert.True(read.Length > text.Time, "what is read fills no row");
        Assert.All(text.HeldBack, row => Assert.Equal((context, context - 1), (row.Length, row.SupervisedCount)));
    }

    [Theory]
    [InlineData(257, 128, 1)] // two rows
    [InlineData(128 * 100, 128, 5)]
    [InlineData(128 * 100_000, 128, 64)]
    [InlineData(32 * 40, 32, 2)] // a context shorter than a row
    [InlineData(128 * 40, 4096, 2)] // and one that is longer
    public void Five_percent_are_held_back_at_least_one_row_and_at_most_sixty_four(int tokens, int context, int rows) =>
        Assert.Equal(rows, new GeneralText(Documents(tokens - 1), Separator, context).HeldBack.Count);

    [Fact]
    public void Text_that_does_not_fill_two_rows_is_refused_with_what_it_has()
    {
        var error = Assert.Throws<InputError>(() => new GeneralText(Documents(100, 154), Separator, 128));
        Assert.Equal(("method.replay.file: found 256 tokens; allowed: 257 or more", "method.replay.file", "invalid_replay_file"), (error.Message, error.Parameter, error.Code));
    }

    [Theory]
    [InlineData(0, 16, 0)]
    [InlineData(0.01, 16, 1)]
    [InlineData(0.1, 16, 2)]
    [InlineData(0.5, 32, 16)]
    public void A_step_reads_the_texts_share_of_the_batch_and_at_least_one_row(double share, int batch, int rows) =>
        Assert.Equal(rows, ReplayTask.RowsOfStep(share, batch));

    private static List<int[]> Documents(params int[] lengths) =>
        [.. lengths.Select((length, document) => Enumerable.Range(0, length).Select(at => (1000 * document) + (at % 997)).ToArray())];
}
