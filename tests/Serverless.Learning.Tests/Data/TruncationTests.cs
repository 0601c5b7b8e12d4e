using System.Text;
using System.Text.Json;
using Serverless.Learning.Data;
using Serverless.Tests;

namespace Serverless.Learning.Tests.Data;

/// <summary>Data sets whose examples are cut off at their end.</summary>
public sealed class TruncationTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    [Fact]
    public async Task Longer_examples_are_counted_as_they_are_cut_and_what_is_cut_off_apart()
    {
        using var model = tiny.Load();
        var text = TinyModel.Dataset(12);
        var lengths = LoadedTinyModel.Sequences(model, 12).Select(sequence => sequence.Length).ToList();
        var limit = lengths.Order().ElementAt(6);
        var (whole, cut) = (await ScanAsync(null), await ScanAsync(limit));

        Assert.Equal((0, 0L), (whole.TruncatedExamples, whole.TruncatedTokens));
        Assert.Equal(lengths.Count(length => length > limit), cut.TruncatedExamples);
        Assert.InRange(cut.TruncatedExamples, 1, 6);
        Assert.Equal(lengths.Sum(length => Math.Max(0, length - limit)), cut.TruncatedTokens);
        Assert.Equal(1 + lengths.FindIndex(length => length > limit), cut.FirstTruncatedLine);
        Assert.Equal((whole.Tokens - cut.TruncatedTokens, limit, 12), (cut.Tokens, cut.LongestTokens, cut.Examples));

        async Task<DatasetScan> ScanAsync(int? longest)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            var scan = DatasetScan.Start;
            while (!scan.Finished)
            {
                scan = JsonSerializer.Deserialize<DatasetScan>(JsonSerializer.Serialize(scan))!;
                scan = await new DatasetScanner("train.jsonl", encoder: model.Chat, longest: longest)
                    .ContinueAsync(new MemoryStream(bytes[(int)scan.Offset..]), scan, TimeSpan.Zero, TestContext.Current.CancellationToken);
            }
            return scan;
        }
    }

    [Fact]
    public async Task An_example_whose_answer_is_cut_off_is_one_that_nothing_is_learned_from()
    {
        using var model = tiny.Load();
        var scan = await new DatasetScanner("train.jsonl", encoder: model.Chat, longest: 4)
            .ContinueAsync(new MemoryStream(Encoding.UTF8.GetBytes(TinyModel.Dataset(12))), DatasetScan.Start, TimeSpan.MaxValue, TestContext.Current.CancellationToken);
        Assert.Equal((12, 12, 0L, 48L), (scan.TruncatedExamples, scan.UnsupervisedExamples, scan.SupervisedTokens, scan.Tokens));
        Assert.Contains("train.jsonl line 1: no token is learned, every assistant message has weight 0 or was cut off (12 lines are like this)", scan.Warnings);
    }

    [Fact]
    public void A_sequence_is_cut_at_its_end_with_its_targets()
    {
        var sequence = new TrainingSequence([5, 6, 7, 8], [false, true, false, true], line: 3);
        Assert.Same(sequence, sequence.CutAt(4));
        var cut = sequence.CutAt(2);
        Assert.Equal([5, 6], cut.Ids);
        Assert.Equal([false, true], cut.Supervised);
        Assert.Equal(3, cut.Line);
    }
}
